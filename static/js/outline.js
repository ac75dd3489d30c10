/** The outline's rows: going to a section, and moving one by drag or with Alt and the arrow keys. */

import Sortable from "sortablejs";

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

  const rows = () => [...outline.querySelectorAll("#sections > [data-section]")];
  const post = (row, position) => {
    const { section: id, title } = row.dataset;
    announcements.textContent = outline.dataset.moved
      .replace("{title}", title)
      .replace("{position}", position + 1)
      .replace("{count}", rows().length);
    return globalThis.htmx.ajax("POST", moveUrl(id), {
      source: outline, target: outline, swap: "morph:innerHTML", values: { position },
    });
  };
  const makeSortable = () => {
    const list = outline.querySelector("#sections");
    if (readonly || !list || sortable?.el === list) return;
    sortable?.destroy();
    sortable = Sortable.create(list, {
      draggable: "[data-section]",
      handle: "[data-handle]",
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 140,
      onStart: () => { dragging = true; },
      onEnd: ({ item, oldDraggableIndex, newDraggableIndex }) => {
        dragging = false;
        if (oldDraggableIndex !== newDraggableIndex) post(item, newDraggableIndex);
      },
    });
  };

  outline.addEventListener("htmx:afterSettle", makeSortable, options);
  // The list must not change under the hand that drags; the move's own answer brings it up to date.
  outline.addEventListener("htmx:beforeSwap", (event) => {
    if (dragging) event.detail.shouldSwap = false;
  }, options);
  outline.addEventListener("click", (event) => {
    const link = event.target.closest("a.outline-title");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (goTo(link.closest("[data-section]").dataset.section, { focus: true })) event.preventDefault();
  }, options);
  outline.addEventListener("keydown", async (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const row = event.target.closest("#sections > [data-section]");
    if (!step || !event.altKey || !row || readonly) return;
    event.preventDefault();
    const position = rows().indexOf(row) + step;
    if (position < 0 || position >= rows().length) return;
    const { section: id } = row.dataset;
    await post(row, position);
    outline.querySelector(`[data-section="${id}"] a.outline-title`)?.focus();
  }, options);
  makeSortable();

  return () => {
    listening.abort();
    sortable?.destroy();
  };
}
