/**
 * The page in the middle: one element per row of the outline, in its order. The outline's list is
 * the truth; whoever is typing is never disturbed when it changes.
 */

import { all, one, wordsOf } from "./dom.js";
import { bringIntoView } from "./scrolling.js";
import { create } from "./sections.js";
import { formatNumber } from "./words.js";

const COUNT_AFTER_MS = 100;

/**
 * @param {HTMLElement} column where the sections stand
 * @param {object} options
 * @param {HTMLElement} options.outline where htmx puts the list
 * @param {HTMLTemplateElement} options.template of a section
 * @param {HTMLElement} options.byline shows the words of all sections
 * @param {HTMLElement} options.nothing shown while there is no section
 * @param {(id: string) => string} options.editUrl
 * @param {(id: string) => void} options.onInView which section is read now
 * @param {() => void} options.onSections once the sections are those of the outline
 * @param {Pick<Parameters<typeof create>[1], "connection" | "readonly" | "user" | "onText" | "decorate" | "editor">} options.section
 *   what every section is created with
 */
export function mount(column, { outline, template, byline, nothing, editUrl, onInView, onSections, section }) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  /** @type {Map<string, ReturnType<typeof create>>} */
  const sections = new Map();

  // The section is the source, since htmx drops requests of one source that overlap, and the
  // outline fetches itself all the time.
  /** @type {(id: string, title: string) => void} */
  const rename = (id, title) => {
    htmx.ajax("POST", editUrl(id), {
      source: sections.get(id)?.element, target: outline, swap: "morph:innerHTML", values: { title },
    });
  };
  let counting = 0;
  // Many sections grow at once: all are counted together.
  const countSoon = () => {
    counting ||= setTimeout(countAll, COUNT_AFTER_MS);
  };
  const countAll = () => {
    clearTimeout(counting);
    counting = 0;
    let total = 0;
    for (const [id, { words }] of sections) {
      total += words();
      const figure = outline.querySelector(`[data-section="${id}"] [data-words]`);
      if (figure) figure.textContent = formatNumber(words());
    }
    const { text, target } = wordsOf(byline);
    const shown = text.replace("{words}", formatNumber(total)).replace("{target}", formatNumber(Number(target)));
    byline.textContent = ` · ${shown}`;
  };
  const model = /** @type {HTMLElement} */ (template.content.firstElementChild);
  const open = (/** @type {string} */ id) => {
    const opened = create(model, { ...section, id, onRename: rename, onCount: countSoon });
    sections.set(id, opened);
    return opened;
  };
  const reconcile = () => {
    const list = outline.querySelector("#sections");
    if (!list) return;
    const rows = all(list, ":scope > [data-section]");
    const wanted = new Set(rows.map((row) => row.dataset.section));
    for (const [id, gone] of sections) {
      if (wanted.has(id)) continue;
      gone.destroy();
      sections.delete(id);
    }
    const elements = rows.map((row) => {
      const said = wordsOf(row);
      const opened = sections.get(said.section) ?? open(said.section);
      opened.show(said, /** @type {HTMLTemplateElement} */ (one(row, "template.section-state")));
      return opened.element;
    });
    arrange(column, elements);
    nothing.hidden = rows.length > 0;
    countAll();
    watch();
    onSections();
  };

  // The section in view is the current one in the outline.
  /** @type {HTMLElement | null} */
  let inView = null;
  const seen = new Set();
  const mark = () => {
    for (const row of all(outline, "[data-section]")) {
      if (inView && row.dataset.section === inView.dataset.section) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  };
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) seen.add(target);
      else seen.delete(target);
    }
    inView = all(column, ":scope > .section").find((section) => seen.has(section)) ?? inView;
    if (inView) onInView(wordsOf(inView).section);
    mark();
  }, { rootMargin: "-20% 0px -55% 0px" });
  const watch = () => {
    for (const { element } of sections.values()) watcher.observe(element);
    mark();
  };

  /** @type {(id: string, how: {focus: boolean}) => boolean} */
  const goTo = (id, { focus }) => {
    const found = sections.get(id);
    if (!found) return false;
    bringIntoView(() => found.element, "start");
    const { view } = found.open();
    if (focus) view.dom.focus({ preventScroll: true });
    return true;
  };

  outline.addEventListener("htmx:afterSettle", reconcile, options);
  reconcile();

  return {
    goTo,
    /** The sections, in their order. */
    sections: () => all(column, ":scope > .section").flatMap(({ dataset }) => sections.get(dataset.section ?? "") ?? []),
    /** The editor of a section. @type {(id: string) => ReturnType<ReturnType<typeof create>["open"]> | undefined} */
    editorOf: (id) => sections.get(id)?.open(),
    /** Mounts the editor of the section that holds an element. @type {(element: Element) => void} */
    openAround: (element) => {
      const section = element.closest(".section");
      if (section instanceof HTMLElement) sections.get(section.dataset.section ?? "")?.open();
    },
    destroy: () => {
      listening.abort();
      clearTimeout(counting);
      watcher.disconnect();
      for (const { destroy } of sections.values()) destroy();
    },
  };
}

/**
 * Puts `elements` in order around the one that has the focus, which would lose it if it moved.
 * @param {HTMLElement} column
 * @param {HTMLElement[]} elements
 */
function arrange(column, elements) {
  const fixed = elements.findIndex((element) => element.contains(document.activeElement));
  elements.forEach((element, index) => {
    if (index === fixed || column.children[index] === element) return;
    if (index < fixed) column.insertBefore(element, elements[fixed]);
    else if (index === 0) column.prepend(element);
    else elements[index - 1].after(element);
  });
}
