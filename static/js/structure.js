/**
 * Dividing a section where the cursor stands, from its menu or with Ctrl+Alt+Enter (Cmd+Alt+Enter).
 * The server moves the text; it is told the place as a Yjs relative position, once it knows the text.
 */

import { absolutePositionToRelativePosition, ySyncPluginKey } from "y-prosemirror";

import { concerned } from "./dom.js";

/**
 * @param {HTMLElement} column where the sections stand
 * @param {object} options
 * @param {HTMLElement} options.outline whose rows have a [data-split] button
 * @param {ReturnType<typeof import("./provider.js").connect>} options.connection
 * @param {ReturnType<typeof import("./manuscript.js").mount>["editorOf"]} options.editorOf
 * @param {(id: string) => string} options.splitUrl
 */
export function mount(column, { outline, connection, editorOf, splitUrl }) {
  const listening = new AbortController();

  // Without a connection the request fails at once, and that is said.
  const whenSaved = (/** @type {() => void} */ action) => {
    if (!connection.isConnected() || connection.isSaved()) return action();
    const later = { once: true, signal: listening.signal };
    connection.changes.addEventListener("change", () => whenSaved(action), later);
  };
  const split = (/** @type {string} */ id) => {
    const view = editorOf(id)?.view;
    if (!view) return;
    const { type, binding } = ySyncPluginKey.getState(view.state);
    const place = absolutePositionToRelativePosition(view.state.selection.from, type, binding.mapping);
    whenSaved(() => {
      htmx.ajax("POST", splitUrl(id), {
        source: outline.querySelector(`[data-section="${id}"]`) ?? outline,
        target: outline,
        swap: "morph:innerHTML",
        values: { position: JSON.stringify(place) },
      });
    });
  };

  outline.addEventListener("click", (event) => {
    const row = concerned(event, "[data-split]")?.closest("[data-section]");
    if (row instanceof HTMLElement && row.dataset.section) split(row.dataset.section);
  }, { signal: listening.signal });
  // Before the editor hears of it, for which Ctrl+Enter breaks the line.
  column.addEventListener("keydown", (event) => {
    const isAsked = event.key === "Enter" && event.altKey && (event.ctrlKey || event.metaKey);
    const section = concerned(event, ".section-text")?.closest(".section");
    if (!isAsked || event.isComposing || !(section instanceof HTMLElement)) return;
    event.preventDefault();
    event.stopPropagation();
    if (section.dataset.section) split(section.dataset.section);
  }, { capture: true, signal: listening.signal });

  return () => listening.abort();
}
