/**
 * The bar for finding and replacing in the whole manuscript. Ctrl or Cmd and F opens it; pressed
 * again in it, the browser's own opens.
 */

import { concerned, one, wordsOf } from "./dom.js";
import { finder as createFinder } from "./finder.js";
import { replaceIn } from "./replacing.js";
import { bringIntoView } from "./scrolling.js";
import { isApple } from "./shortcuts.js";
import { show as showToast } from "./toasts.js";
import { formatNumber } from "./words.js";

/**
 * @typedef {import("./sections.js").Section} Section
 * @typedef {import("./finder.js").Found} Found
 */

const COUNT_AFTER_MS = 100;
const LONGEST_TAKEN_OVER = 100;
// What the bars at the edges may cover.
const MARGIN_PX = 120;

/** @param {KeyboardEvent} event */
const isMod = ({ ctrlKey, metaKey, altKey }) => (ctrlKey || metaKey) && !altKey;

/**
 * @param {HTMLFormElement} bar
 * @param {object} options
 * @param {HTMLElement} options.page holds the manuscript and the bar
 * @param {() => Section[]} options.sections in their order
 * @param {HTMLElement} options.toasts
 * @param {boolean} options.readonly
 */
export function mount(bar, { page, sections, toasts, readonly }) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const words = wordsOf(bar);
  const sought = /** @type {HTMLInputElement} */ (one(bar, "[name=sought]"));
  const replacement = /** @type {HTMLInputElement} */ (one(bar, "[name=replacement]"));
  const toggles = { matchCase: one(bar, "[data-toggle=case]"), wholeWords: one(bar, "[data-toggle=words]") };
  const count = one(bar, "[role=status]");
  const finder = createFinder(sections);
  let counting = 0;
  /** Where the focus was. @type {Element | null} */
  let before = null;

  one(bar, ".replacing").hidden = readonly;

  const say = () => {
    counting = 0;
    const total = finder.all().length;
    const index = finder.index();
    const text = index < 0 ? words.total : words.position;
    count.textContent = !sought.value ? "" : !total ? words.none : text
      .replace("{position}", formatNumber(index + 1)).replace("{count}", formatNumber(total));
    bar.classList.toggle("nothing", Boolean(sought.value) && !total);
  };
  const saySoon = () => {
    counting ||= setTimeout(say, COUNT_AFTER_MS);
  };
  const look = () => {
    finder.look({
      text: sought.value,
      matchCase: toggles.matchCase.ariaPressed === "true",
      wholeWords: toggles.wholeWords.ariaPressed === "true",
    });
    go(0);
  };
  /** @type {(step: 1 | -1 | 0) => void} */
  const go = (step) => {
    const found = finder.go(step);
    if (found) {
      // Its text may be newer than what was shown while it was far away.
      found.section.open();
      finder.draw();
      reveal(found);
    } else finder.draw();
    say();
  };

  /** Looks from where the person stands, or from what they see. */
  const startHere = () => {
    const standing = sections().find((section) => section.view()?.hasFocus());
    const seen = sections().find(({ element }) => element.getBoundingClientRect().bottom > MARGIN_PX);
    const at = standing?.view()?.state.selection.from ?? 0;
    const section = standing ?? seen;
    if (section) finder.startAt(section, at);
  };
  const open = () => {
    if (bar.hidden) {
      before = document.activeElement;
      const selected = getSelection()?.toString().trim() ?? "";
      if (selected && selected.length <= LONGEST_TAKEN_OVER && !selected.includes("\n")) sought.value = selected;
      startHere();
    }
    bar.hidden = false;
    look();
  };
  const close = () => {
    const current = finder.current();
    bar.hidden = true;
    finder.look(null);
    finder.draw();
    if (current) select(current);
    else if (before instanceof HTMLElement) (sections().find((section) => section.view()?.dom === before)?.view() ?? before).focus();
    before = null;
  };
  const replace = () => {
    const current = finder.current();
    if (!current) return go(1);
    const { view } = current.section.open();
    if (!view.editable) return;
    replaceIn(view, [current], replacement.value);
    finder.startAt(current.section, current.from + replacement.value.length);
    go(0);
  };
  const replaceAll = () => {
    const holding = new Set(finder.all().map(({ section }) => section));
    /** @type {(() => void)[]} */
    const steps = [];
    let replaced = 0;
    for (const section of holding) {
      const { view } = section.open();
      const found = finder.inSection(section);
      if (!view.editable || !found.length) continue;
      steps.push(replaceIn(view, found, replacement.value));
      replaced += found.length;
    }
    if (replaced) {
      const text = words.replaced.replace("{count}", formatNumber(replaced)).replace("{sections}", formatNumber(steps.length));
      showToast(toasts, text, { label: words.undo, run: () => steps.forEach((undo) => undo()) });
    }
    say();
  };
  /** @type {Record<string, () => void>} */
  const actions = { next: () => go(1), previous: () => go(-1), replace, "replace-all": replaceAll, close };

  bar.addEventListener("submit", (event) => {
    event.preventDefault();
    go(1);
  }, options);
  bar.addEventListener("input", (event) => {
    // What an input method has not finished is not what the person looks for.
    if (event.target === sought && !(event instanceof InputEvent && event.isComposing)) look();
  }, options);
  sought.addEventListener("compositionend", look, options);
  bar.addEventListener("click", (event) => {
    const toggle = concerned(event, "[data-toggle]");
    if (toggle) {
      toggle.ariaPressed = String(toggle.ariaPressed !== "true");
      look();
    }
    actions[concerned(event, "[data-action]")?.dataset.action ?? ""]?.();
  }, options);
  bar.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const isField = event.target === sought || event.target === replacement;
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && isField) {
      if (event.shiftKey) go(-1);
      else if (event.target === replacement) replace();
      else go(1);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }, options);

  document.addEventListener("keydown", (event) => {
    const { activeElement: at } = document;
    const isHere = !at || at === document.body || page.contains(at);
    const key = event.key.toLowerCase();
    const isRepeat = key === "f3" || (key === "g" && isMod(event));
    if (isRepeat && !bar.hidden) go(event.shiftKey ? -1 : 1);
    else if (key === "f" && isMod(event) && !event.shiftKey && isHere && at !== sought) begin(sought);
    else if (key === "h" && !isApple && isMod(event) && !event.shiftKey && isHere && !readonly) begin(replacement);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, { ...options, capture: true });
  /** @param {HTMLInputElement} field */
  const begin = (field) => {
    open();
    const wanted = sought.value ? field : sought;
    wanted.focus();
    wanted.select();
  };
  document.addEventListener("click", (event) => {
    if (concerned(event, "[data-opens-find]")) begin(sought);
  }, options);

  return {
    decorate: finder.decorate,
    /** A section's text may have changed. @type {(id: string, doc: import("prosemirror-model").Node) => void} */
    follow: (id, doc) => {
      if (bar.hidden) return;
      finder.follow(id, doc);
      saySoon();
    },
    destroy: () => {
      clearTimeout(counting);
      listening.abort();
    },
  };
}

/** Scrolls to a match unless it is well in sight. @param {Found} found */
function reveal({ section, from }) {
  const { dom } = section.open().view;
  const find = () => dom.querySelector(".found.current") ?? section.element;
  const { top, bottom } = find().getBoundingClientRect();
  if (top < MARGIN_PX || bottom > innerHeight - MARGIN_PX || !from) bringIntoView(find, "center");
}

/** Selects a match in its text, where one then goes on. @param {Found} found */
function select({ section, from, to }) {
  const { view } = section.open();
  const [start, end] = [view.domAtPos(from), view.domAtPos(to)];
  view.focus();
  getSelection()?.setBaseAndExtent(start.node, start.offset, end.node, end.offset);
}
