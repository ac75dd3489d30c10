/**
 * The caret goes through the manuscript as through one text: from a section's text down to the next
 * one's title and on into its text, and back, keeping its column.
 */

import { Selection, TextSelection } from "prosemirror-state";

import { concerned } from "./dom.js";

/**
 * @typedef {import("./sections.js").Section} Section
 * @typedef {import("prosemirror-view").EditorView} EditorView
 * @typedef {-1 | 1} Direction
 * @typedef {{section: Section, isTitle: boolean}} Stop
 */

// Of a screen, what stays in sight when one goes a screen on.
const OVERLAP_PX = 96;

/** @type {Record<string, {direction: Direction, isVertical: boolean} | undefined>} */
const ARROWS = {
  ArrowUp: { direction: -1, isVertical: true },
  ArrowDown: { direction: 1, isVertical: true },
  ArrowLeft: { direction: -1, isVertical: false },
  ArrowRight: { direction: 1, isVertical: false },
};
const PAGES = /** @type {Record<string, Direction | undefined>} */ ({ PageUp: -1, PageDown: 1 });

/**
 * Whether no block stands before (or after) the selection. Cells of a row stand side by side.
 * @type {(state: import("prosemirror-state").EditorState, direction: Direction, isVertical: boolean) => boolean}
 */
function isInOutermostBlock({ selection }, direction, isVertical) {
  const $end = direction < 0 ? selection.$from : selection.$to;
  const depth = $end.parent.isTextblock ? $end.depth - 1 : $end.depth;
  for (let level = 0; level <= depth; level += 1) {
    const node = $end.node(level);
    if (isVertical && node.type.spec.tableRole === "row") continue;
    if (direction < 0 ? $end.index(level) > 0 : $end.indexAfter(level) < node.childCount) return false;
  }
  return true;
}

/**
 * Whether the caret, or the end of the selection that moves, stands where the text ends on that side.
 * @type {(view: EditorView, direction: Direction, isVertical: boolean) => boolean}
 */
export function isAtEdge(view, direction, isVertical) {
  const { state } = view;
  if (!isInOutermostBlock(state, direction, isVertical)) return false;
  if (!(state.selection instanceof TextSelection)) return true;
  if (isVertical) return view.endOfTextblock(direction < 0 ? "up" : "down");
  return view.endOfTextblock(direction < 0 ? "backward" : "forward");
}

/**
 * @param {HTMLElement} column where the sections stand
 * @param {object} options
 * @param {() => Section[]} options.sections in their order
 */
export function mount(column, { sections }) {
  const listening = new AbortController();
  /** Where the caret would like to stand while it goes up or down. @type {number | null} */
  let wanted = null;

  /** @type {(from: Stop, direction: Direction) => Stop | undefined} */
  const after = ({ section, isTitle }, direction) => {
    if (isTitle === direction > 0) return { section, isTitle: !isTitle };
    const all = sections();
    const next = all[all.indexOf(section) + direction];
    return next && { section: next, isTitle: !isTitle };
  };
  /** @type {(stop: Stop, direction: Direction, x: number | null) => boolean} */
  const enter = ({ section, isTitle }, direction, x) =>
    isTitle ? enterTitle(section.title, direction, x) : enterText(section.open().view, direction, x);
  /** @type {(from: Stop, direction: Direction, x: number | null) => boolean} */
  const leave = (from, direction, x) => {
    const next = after(from, direction);
    return Boolean(next && enter(next, direction, x));
  };
  /** @type {(direction: Direction) => boolean} */
  const toEnd = (direction) => {
    const last = sections().at(direction < 0 ? 0 : -1);
    return Boolean(last && enterText(last.open().view, /** @type {Direction} */ (-direction), null));
  };
  /** @type {(view: EditorView, direction: Direction) => boolean} */
  const turnPage = (view, direction) => {
    const { left, top, bottom } = view.coordsAtPos(view.state.selection.head);
    const x = (wanted ??= left);
    const scroller = scrollerOf(column);
    const before = scroller.scrollTop;
    scroller.scrollBy({ top: direction * (scroller.clientHeight - OVERLAP_PX), behavior: "instant" });
    if (scroller.scrollTop === before) return toEnd(direction);
    const y = (top + bottom) / 2;
    const land = () => {
      const there = sections().find(({ element }) => element.getBoundingClientRect().bottom > y);
      if (there) stand(there.open().view, x, y);
    };
    // What was never seen has its height after the first frame.
    requestAnimationFrame(() => requestAnimationFrame(land));
    return true;
  };

  /** @type {(view: EditorView, event: KeyboardEvent) => boolean} */
  const onKey = (view, event) => {
    const section = sections().find((each) => each.view() === view);
    const arrow = ARROWS[event.key];
    const page = PAGES[event.key];
    if (!arrow?.isVertical && !page) wanted = null;
    if (!section || event.shiftKey || event.altKey) return false;
    if (event.ctrlKey || event.metaKey) {
      const edge = toOuterEdge(event);
      return Boolean(edge && isAtEdge(view, edge, false) && toEnd(edge));
    }
    if (page) return turnPage(view, page);
    if (!arrow) return false;
    const { selection } = view.state;
    if (arrow.isVertical) wanted ??= view.coordsAtPos(selection.head).left;
    if (selection instanceof TextSelection && !selection.empty) return false;
    if (!isAtEdge(view, arrow.direction, arrow.isVertical)) return false;
    return leave({ section, isTitle: false }, arrow.direction, arrow.isVertical ? wanted : null);
  };

  column.addEventListener("keydown", (event) => {
    const title = concerned(event, ".section-title textarea");
    const section = title && sections().find((each) => each.title === title);
    const arrow = ARROWS[event.key];
    if (!section || section.title.readOnly) return;
    if (!arrow?.isVertical) wanted = null;
    if (!arrow || event.isComposing || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return;
    const { direction, isVertical } = arrow;
    const { selectionStart: start, selectionEnd: end, value } = section.title;
    const from = { section, isTitle: true };
    if (!isVertical) {
      if (start === end && start === (direction < 0 ? 0 : value.length) && leave(from, direction, null)) event.preventDefault();
      return;
    }
    const x = (wanted ??= caretOf(section.title));
    if (linesOf(section.title) === 1) {
      if (leave(from, direction, x)) event.preventDefault();
      return;
    }
    // Only the browser knows in which of its lines the caret stands: it cannot go on from the last.
    requestAnimationFrame(() => {
      const isStill = section.title.selectionStart === start;
      if (isStill && document.activeElement === section.title) leave(from, direction, x);
    });
  }, { signal: listening.signal });
  column.addEventListener("pointerdown", () => { wanted = null; }, { signal: listening.signal });

  return {
    onKey,
    destroy: () => listening.abort(),
  };
}

/** The keys that go to the beginning or end of everything. @type {(event: KeyboardEvent) => Direction | undefined} */
function toOuterEdge({ key, metaKey }) {
  if (key === "Home" || (metaKey && key === "ArrowUp")) return -1;
  if (key === "End" || (metaKey && key === "ArrowDown")) return 1;
  return undefined;
}

/**
 * Puts the caret into the first line of a text, coming down, or into its last.
 * @type {(view: EditorView, direction: Direction, x: number | null) => boolean}
 */
function enterText(view, direction, x) {
  // Before the first sync there is nothing to write in yet.
  if (!view.editable) return false;
  const { doc, tr } = view.state;
  const edge = direction > 0 ? Selection.atStart(doc) : Selection.atEnd(doc);
  view.focus();
  view.dispatch(tr.setSelection(edge).scrollIntoView());
  if (x === null || !(edge instanceof TextSelection)) return true;
  const { top, bottom } = view.coordsAtPos(edge.head, direction);
  stand(view, x, (top + bottom) / 2);
  return true;
}

/** Puts the caret as near to a point as the text allows. @type {(view: EditorView, x: number, y: number) => void} */
function stand(view, x, y) {
  const box = view.dom.getBoundingClientRect();
  const inside = { left: Math.min(Math.max(x, box.left + 1), box.right - 1), top: Math.min(Math.max(y, box.top + 1), box.bottom - 1) };
  const found = view.posAtCoords(inside);
  view.focus();
  if (found) view.dispatch(view.state.tr.setSelection(Selection.near(view.state.doc.resolve(found.pos))));
}

const lineHeight = (/** @type {HTMLElement} */ element) => parseFloat(getComputedStyle(element).lineHeight);
const linesOf = (/** @type {HTMLElement} */ element) => Math.round(element.clientHeight / lineHeight(element));

/** @type {(title: HTMLTextAreaElement, direction: Direction, x: number | null) => boolean} */
function enterTitle(title, direction, x) {
  if (title.readOnly) return false;
  title.focus({ preventScroll: true });
  title.scrollIntoView({ block: "nearest" });
  const at = (x === null ? null : offsetAt(title, direction, x)) ?? (direction > 0 ? 0 : title.value.length);
  title.setSelectionRange(at, at);
  return true;
}

/**
 * Where in a title's first or last line a column is, if this browser tells.
 * @type {(title: HTMLTextAreaElement, direction: Direction, x: number) => number | null}
 */
function offsetAt(title, direction, x) {
  const { left, right, top, bottom } = title.getBoundingClientRect();
  const half = lineHeight(title) / 2;
  const inside = Math.min(Math.max(x, left + 1), right - 1);
  const found = document.caretPositionFromPoint?.(inside, direction > 0 ? top + half : bottom - half);
  return found?.offsetNode === title ? found.offset : null;
}

/** The column of the caret in a title, of its first line if it has several. @param {HTMLTextAreaElement} title */
function caretOf(title) {
  const pen = document.createElement("canvas").getContext("2d");
  const { left } = title.getBoundingClientRect();
  if (!pen) return left;
  pen.font = getComputedStyle(title).font;
  return left + pen.measureText(title.value.slice(0, title.selectionStart)).width;
}

/** What scrolls the manuscript: its column, or on a phone the window. @param {Element} element */
function scrollerOf(element) {
  const column = element.closest(".page-column");
  return column && getComputedStyle(column).overflowY === "auto"
    ? column
    : /** @type {Element} */ (document.scrollingElement);
}
