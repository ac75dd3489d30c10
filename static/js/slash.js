/**
 * The menu of blocks: / at the beginning of an empty block, or behind a space in a paragraph, opens it at
 * the caret, and what is typed then chooses among its entries. Focus stays in the text all the while.
 */

import { yUndoPluginKey } from "y-prosemirror";

import { blocksByName } from "./blocks.js";
import { all, concerned, holds, wordsOf } from "./dom.js";
import { moveTo, keepPlaced, visibleBox } from "./floating.js";
import { textBefore } from "./rules.js";
import { schema } from "./schema.js";
import { BORDER } from "./suggested.js";
import { beginStep } from "./typing.js";

/**
 * @typedef {import("prosemirror-view").EditorView} EditorView
 * @typedef {import("prosemirror-state").EditorState} EditorState
 */

/** Chinese keyboards have the other two where others have the first. */
const OPENER = /^[/／、]$/;
const GAP_PX = 6;
/** As Yjs has it: what is typed within this time is one step back. */
const STEP_MS = 500;

/** What stands in its block before the caret; null where no menu is to be. @param {EditorState} state */
function before({ selection: { $from, empty } }) {
  if (!empty || !$from.parent.isTextblock || $from.parent.type.spec.code) return null;
  if (schema.marks.code.isInSet($from.marks())) return null;
  return textBefore($from).replaceAll(BORDER, "");
}

/** Whether a slash that was typed just now asks for the menu. @param {EditorState} state */
function asks(state) {
  const { parent } = state.selection.$from;
  const text = before(state) ?? "";
  if (!OPENER.test(text.slice(-1))) return false;
  return parent.textContent.replaceAll(BORDER, "").length === 1 || (parent.type === schema.nodes.paragraph && /(^|\s)$/.test(text.slice(0, -1)));
}

/** @param {string} text */
const plain = (text) => text.toLowerCase().replace(/\s+/g, "");

/**
 * @param {HTMLElement} option data-words are further words that find it
 * @param {string} query
 */
function answers(option, query) {
  const sought = plain(query);
  const words = (wordsOf(option).words ?? "").split(" ");
  return plain(option.querySelector("span")?.textContent ?? "").includes(sought) || words.some((word) => plain(word).startsWith(sought));
}

/** @param {HTMLElement} list role="listbox" with options [data-block], each with its name in a span */
export function mount(list) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const entries = all(list, "[data-block]");
  /** @type {EditorView | null} */
  let view = null;
  /** What stood before the caret as it opened, and whether a slash is the last of it. */
  let opened = { text: "", hasSlash: false };
  /** The text that somebody typed into last, and whether a slash is on its way. @type {EditorView | null} */
  let typedIn = null;
  let isAwaited = false;
  /** @type {HTMLElement | undefined} */
  let current;

  const shown = () => (list.hidden ? [] : entries.filter((entry) => !entry.hidden));
  /** How long a step back reaches: from the slash to the choice it is one. @type {(view: EditorView, isOne: boolean) => void} */
  const join = ({ state }, isOne) => {
    const manager = yUndoPluginKey.getState(state)?.undoManager;
    if (manager) manager.captureTimeout = isOne ? Infinity : STEP_MS;
  };
  const close = () => {
    if (!view) return;
    join(view, false);
    for (const name of ["controls", "activedescendant", "autocomplete"]) view.dom.removeAttribute(`aria-${name}`);
    view = null;
    list.hidden = true;
  };
  /** @param {HTMLElement | undefined} entry */
  const mark = (entry) => {
    current = entry;
    for (const each of entries) each.ariaSelected = String(each === entry);
    entry?.scrollIntoView({ block: "nearest" });
    if (entry) view?.dom.setAttribute("aria-activedescendant", entry.id);
    else view?.dom.removeAttribute("aria-activedescendant");
  };
  const place = () => {
    if (!view || list.hidden) return;
    const head = view.state.selection.head - queryIn(view.state).length - Number(opened.hasSlash);
    const { left, top, bottom } = view.coordsAtPos(head, 1);
    const seen = visibleBox();
    const below = bottom + GAP_PX;
    const isAbove = below + list.offsetHeight > seen.bottom && top - seen.top > seen.bottom - bottom;
    list.style.maxBlockSize = `${Math.max(120, (isAbove ? top - seen.top : seen.bottom - bottom) - 3 * GAP_PX)}px`;
    moveTo(list, { left: left - GAP_PX, top: isAbove ? top - GAP_PX - list.offsetHeight : below });
  };
  /** @param {EditorState} state */
  const queryIn = (state) => (before(state) ?? "").slice(opened.text.length);
  const draw = () => {
    if (!view) return;
    const { state } = view;
    const query = queryIn(state);
    for (const entry of entries) {
      const { run, isHere } = blocksByName[wordsOf(entry).block];
      entry.hidden = isHere(state) || !run(state) || !answers(entry, query);
    }
    list.hidden = entries.every((entry) => entry.hidden);
    mark(current && shown().includes(current) && query === "" ? current : shown()[0]);
    place();
  };
  /** @type {(on: EditorView, hasSlash: boolean) => void} */
  const open = (on, hasSlash) => {
    close();
    const text = before(on.state);
    if (text === null || !on.editable) return;
    view = on;
    opened = { text, hasSlash };
    current = undefined;
    join(on, true);
    on.dom.setAttribute("aria-controls", list.id);
    on.dom.setAttribute("aria-autocomplete", "list");
    draw();
  };
  /** Closes it once the caret stands elsewhere, or what is typed is no longer a choice. */
  const check = () => {
    if (!view) return;
    const text = view.isDestroyed || !view.editable || !view.hasFocus() ? null : before(view.state);
    const isStill = text !== null && text.startsWith(opened.text);
    if (!isStill || /^\s|[/／、]/.test(queryIn(view.state)) || (!opened.hasSlash && text !== opened.text)) close();
    else if (!view.composing) draw();
  };
  /** @param {HTMLElement} entry */
  const choose = (entry) => {
    const on = view;
    if (!on) return;
    const { head } = on.state.selection;
    const start = head - queryIn(on.state).length - Number(opened.hasSlash);
    const chosen = blocksByName[wordsOf(entry).block];
    if (start < head) on.dispatch(on.state.tr.delete(start, head));
    // The deletion may have closed it, and with that ended the step.
    join(on, true);
    chosen.run(on.state, on.dispatch, on);
    join(on, false);
    beginStep(on.state);
    close();
    on.focus();
  };

  const ask = keepPlaced(() => {
    if (view && !view.hasFocus()) close();
    place();
  }, listening.signal);
  list.addEventListener("pointerdown", (event) => event.preventDefault(), options);
  list.addEventListener("pointermove", (event) => {
    const entry = concerned(event, "[data-block]");
    if (entry && entry !== current) mark(entry);
  }, options);
  list.addEventListener("click", (event) => {
    const entry = concerned(event, "[data-block]");
    if (entry) choose(entry);
  }, options);
  document.addEventListener("pointerdown", (event) => {
    if (!holds(list, event)) close();
  }, { ...options, capture: true });
  document.addEventListener("compositionend", (event) => {
    // The editor reads what the input method gave a moment later.
    setTimeout(() => {
      if (view) check();
      else if (OPENER.test(event.data) && typedIn?.hasFocus() && asks(typedIn.state)) open(typedIn, true);
    });
  }, options);

  return {
    /** @type {(view: EditorView, event: KeyboardEvent) => boolean} */
    onKey: (on, event) => {
      if (on !== view || list.hidden || event.ctrlKey || event.metaKey || event.altKey) return false;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const choices = shown();
      if (step) mark(choices.at((choices.indexOf(/** @type {HTMLElement} */ (current)) + step) % choices.length));
      else if (event.key === "Escape") close();
      else if (["Enter", "Tab"].includes(event.key) && !event.shiftKey && current) choose(current);
      else return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
    /** Before any text is put in. @type {(view: EditorView, from: number, to: number, text: string) => void} */
    onType: (on, from, to, text) => {
      typedIn = on;
      isAwaited = !on.composing && OPENER.test(text);
      if (isAwaited) beginStep(on.state);
    },
    /** Called after every update of any section's text. @param {EditorView} changed */
    follow: (changed) => {
      if (isAwaited && changed === typedIn) {
        isAwaited = false;
        if (asks(changed.state)) open(changed, true);
      } else if (changed === view) check();
      if (view) ask();
    },
    /** Without a slash. @param {EditorView} on */
    open: (on) => {
      beginStep(on.state);
      open(on, false);
    },
    isOpen: () => view !== null,
    destroy: () => {
      close();
      listening.abort();
    },
  };
}
