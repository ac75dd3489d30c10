/** The outline's rows: going to a section, and moving one by drag or with Alt and the arrow keys. */

import Sortable from "sortablejs";

import { all, concerned, detailOf, one, wordsOf } from "./dom.js";

/**
 * @param {HTMLElement} outline
 * @param {object} options
 * @param {HTMLElement} options.announcements read aloud by screen readers
 * @param {(id: string) => string} options.moveUrl
 * @param {(id: string, how: {focus: boolean}) => boolean} options.goTo
 * @param {boolean} options.readonly
 */
export function mount(outline, { announcements, moveUrl, goTo, readonly }) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  /** @type {Sortable | null} */
  let sortable = null;
  let dragging = false;

  const rows = () => all(outline, "#sections > [data-section]");
  /** @type {(row: HTMLElement, position: number) => Promise<void>} */
  const post = (row, position) => {
    const { section: id, title } = wordsOf(row);
    announcements.textContent = wordsOf(outline).moved
      .replace("{title}", title)
      .replace("{position}", String(position + 1))
      .replace("{count}", String(rows().length));
    // Not from the outline itself: htmx drops what one source asks while it fetches something.
    return htmx.ajax("POST", moveUrl(id), {
      source: row, target: outline, swap: "morph:innerHTML", values: { position },
    });
  };
  const makeSortable = () => {
    const list = outline.querySelector("#sections");
    if (readonly || !(list instanceof HTMLElement) || sortable?.el === list) return;
    sortable?.destroy();
    sortable = Sortable.create(list, {
      draggable: "[data-section]",
      handle: "[data-handle]",
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 140,
      onStart: () => { dragging = true; },
      onEnd: ({ item, oldDraggableIndex, newDraggableIndex }) => {
        dragging = false;
        if (newDraggableIndex === undefined) return;
        if (oldDraggableIndex !== newDraggableIndex) post(item, newDraggableIndex);
      },
    });
  };

  outline.addEventListener("htmx:afterSettle", makeSortable, options);
  // The list must not change under the hand that drags; the move's own answer brings it up to date.
  outline.addEventListener("htmx:beforeSwap", (event) => {
    if (dragging) detailOf(event).shouldSwap = false;
  }, options);
  outline.addEventListener("click", (event) => {
    const row = concerned(event, "a.outline-title")?.closest("[data-section]");
    if (!(row instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (goTo(wordsOf(row).section, { focus: true })) event.preventDefault();
  }, options);
  outline.addEventListener("keydown", async (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const row = concerned(event, "#sections > [data-section]");
    if (!step || !event.altKey || !row || readonly) return;
    event.preventDefault();
    const position = rows().indexOf(row) + step;
    if (position < 0 || position >= rows().length) return;
    const { section: id } = wordsOf(row);
    await post(row, position);
    one(outline, `[data-section="${id}"] a.outline-title`).focus();
  }, options);
  makeSortable();

  return () => {
    listening.abort();
    sortable?.destroy();
  };
}
