/**
 * A selection over several sections: for copying and counting. While there is one no text can be
 * changed, so that a key that is pressed by accident never replaces a manuscript.
 */

import { AllSelection } from "prosemirror-state";

import { isAtEdge } from "./caret.js";
import { htmlOf, partsOf, textOf } from "./copied.js";
import { remember } from "./copied_here.js";
import { concerned, wordsOf } from "./dom.js";
import { isBlank } from "./schema.js";
import { show } from "./toasts.js";

/**
 * @typedef {import("./sections.js").Section} Section
 * @typedef {import("prosemirror-view").EditorView} EditorView
 */

/** What Shift and these keys extend a selection by, as `Selection.modify` names it. */
const STEPS = /** @type {Record<string, [string, string] | undefined>} */ ({
  ArrowUp: ["backward", "line"],
  ArrowDown: ["forward", "line"],
  ArrowLeft: ["backward", "character"],
  ArrowRight: ["forward", "character"],
});

const isSelectAll = (/** @type {KeyboardEvent} */ event) =>
  (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "a";
/** Whether a key would change the text. @param {KeyboardEvent} event */
const isWriting = ({ key, ctrlKey, metaKey }) =>
  ["Backspace", "Delete", "Enter", "Process"].includes(key) || (key.length === 1 && !ctrlKey && !metaKey);

/**
 * @param {HTMLElement} column where the sections stand; data-locked says why nothing is changed
 * @param {object} options
 * @param {() => Section[]} options.sections in their order
 * @param {HTMLElement} options.toasts
 */
export function mount(column, { sections, toasts }) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const selection = /** @type {Selection} */ (getSelection());
  /** Where the selection began. @type {EditorView | null} */
  let origin = null;
  let isOn = false;
  /** The text that the mouse was pressed in. @type {Section | null} */
  let pressed = null;

  const sectionAt = (/** @type {Node | null} */ node) =>
    sections().find(({ element }) => node && element.contains(node));
  const ask = () => {
    for (const section of sections()) section.view()?.setProps({});
  };
  const begin = () => {
    if (isOn) return;
    origin = sectionAt(selection.anchorNode)?.view() ?? null;
    isOn = true;
    // Leaving takes the selection away in some browsers.
    const { anchorNode, anchorOffset, focusNode, focusOffset } = selection;
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    ask();
    if (anchorNode && focusNode) selection.setBaseAndExtent(anchorNode, anchorOffset, focusNode, focusOffset);
  };
  const end = () => {
    isOn = false;
    ask();
  };
  const backToOrigin = () => {
    end();
    if (origin && !origin.isDestroyed) origin.focus();
    else selection.removeAllRanges();
  };
  const selectAll = () => {
    begin();
    selection.selectAllChildren(column);
  };
  /** @type {(by: [string, string]) => void} */
  const extend = ([direction, by]) => {
    begin();
    selection.modify("extend", direction, by);
  };
  /** Whether the selection is one of several sections, however it came about. */
  const isSpanning = () =>
    !selection.isCollapsed && column.contains(selection.anchorNode) && column.contains(selection.focusNode) &&
    (isOn || sectionAt(selection.anchorNode) !== sectionAt(selection.focusNode));

  /** @param {EditorView} view */
  const isAllSelected = ({ state: { doc, selection: here } }) =>
    here instanceof AllSelection || isBlank(doc) ||
    (here.from <= 1 && here.to >= doc.content.size - 1 && !here.empty);

  /** @type {(view: EditorView, event: KeyboardEvent) => boolean} */
  const onKey = (view, event) => {
    if (isSelectAll(event) && isAllSelected(view)) {
      selectAll();
      return true;
    }
    const step = STEPS[event.key];
    if (!step || !event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return false;
    const isVertical = step[1] === "line";
    if (!isHeadAtEdge(view, step[0] === "forward" ? 1 : -1, isVertical)) return false;
    extend(step);
    return true;
  };

  /** @param {KeyboardEvent} event */
  const onKeyWhileOn = (event) => {
    const step = STEPS[event.key];
    if (isSelectAll(event)) selectAll();
    else if (step && event.shiftKey) extend(step);
    else if (event.key === "Escape" || step) backToOrigin();
    else if (isWriting(event)) show(toasts, wordsOf(column).locked);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("keydown", (event) => {
    const { activeElement } = document;
    const isHere = !activeElement || activeElement === document.body || activeElement.matches("main");
    if (isOn && isHere) onKeyWhileOn(event);
    else if (isSelectAll(event) && (isHere || isWholeTitle(event) || concerned(event, "[aria-readonly=true], [contenteditable=false]"))) {
      event.preventDefault();
      selectAll();
    }
  }, { ...options, capture: true });
  for (const kind of /** @type {const} */ (["cut", "paste"])) {
    document.addEventListener(kind, (event) => {
      if (!isOn) return;
      event.preventDefault();
      show(toasts, wordsOf(column).locked);
    }, { ...options, capture: true });
  }
  document.addEventListener("copy", (event) => {
    if (!isSpanning() || !event.clipboardData) return;
    const parts = partsOf(selection.getRangeAt(0), sections());
    remember(...parts.flatMap(({ title, marked }) => [title ?? "", marked]));
    event.clipboardData.setData("text/html", htmlOf(parts));
    event.clipboardData.setData("text/plain", textOf(parts));
    event.preventDefault();
    event.stopPropagation();
  }, { ...options, capture: true });
  document.addEventListener("selectionchange", () => {
    if (isOn && !isSpanning()) end();
  }, options);

  // The mouse: a browser keeps a selection in the text that it began in, for as long as that can be edited.
  column.addEventListener("pointerdown", (event) => {
    const to = sectionAt(/** @type {Node} */ (event.target));
    const from = sectionAt(selection.anchorNode);
    if (event.shiftKey && to && from && from !== to) {
      event.preventDefault();
      begin();
      extendTo(event);
      return;
    }
    if (isOn) end();
    pressed = event.button === 0 && event.pointerType === "mouse" && concerned(event, ".ProseMirror") ? (to ?? null) : null;
  }, { ...options, capture: true });
  /** @param {PointerEvent} event */
  const extendTo = ({ clientX, clientY }) => {
    const found = pointAt(clientX, clientY);
    if (found && column.contains(found.node)) selection.extend(found.node, found.offset);
  };
  document.addEventListener("pointermove", (event) => {
    if (!pressed || !(event.buttons & 1)) return;
    const under = sectionAt(document.elementFromPoint(event.clientX, event.clientY));
    if (!isOn && (!under || under === pressed || selection.isCollapsed)) return;
    begin();
    extendTo(event);
  }, options);
  document.addEventListener("pointerup", () => { pressed = null; }, options);

  return {
    onKey,
    /** Whether texts are not to be changed now. */
    isLocked: () => isOn,
    destroy: () => listening.abort(),
  };
}

/** @param {KeyboardEvent} event */
function isWholeTitle(event) {
  const title = concerned(event, ".section-title textarea");
  if (!(title instanceof HTMLTextAreaElement)) return false;
  return title.selectionEnd - title.selectionStart === title.value.length;
}

/**
 * Whether the end of a selection that moves stands at the edge of its text.
 * @type {(view: EditorView, direction: -1 | 1, isVertical: boolean) => boolean}
 */
function isHeadAtEdge(view, direction, isVertical) {
  const { selection } = view.state;
  const isOuter = selection.head === (direction < 0 ? selection.from : selection.to);
  return isOuter && isAtEdge(view, direction, isVertical);
}

/** @type {(x: number, y: number) => {node: Node, offset: number} | null} */
function pointAt(x, y) {
  const position = document.caretPositionFromPoint?.(x, y);
  if (position) return { node: position.offsetNode, offset: position.offset };
  // Safari before 18.4, and Chromium before 128.
  const range = document.caretRangeFromPoint?.(x, y);
  return range ? { node: range.startContainer, offset: range.startOffset } : null;
}
