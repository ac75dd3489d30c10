/**
 * Commenting on words, or suggesting others for them: by the buttons in the selection's toolbar, or
 * Ctrl or Cmd, Alt and a key. Without a selection the paragraph around the caret is meant. The forms
 * are the server's.
 */

import { absolutePositionToRelativePosition, ySyncPluginKey } from "y-prosemirror";

/** @typedef {import("prosemirror-view").EditorView} EditorView */

const QUOTE_CHARACTERS = 300;

/**
 * @param {HTMLElement} button in the toolbar
 * @param {object} options
 * @param {HTMLElement} options.dialog
 * @param {(section: string) => string} options.address of a section's form
 * @param {string} options.code of the key
 */
export function mount(button, { dialog, address, code }) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  /** @type {EditorView | null} */
  let view = null;

  const comment = () => {
    const section = view?.dom.closest("[data-section]");
    if (!view || view.isDestroyed || !(section instanceof HTMLElement)) return;
    const words = chosen(view);
    if (!words) return;
    htmx.ajax("GET", address(section.dataset.section ?? ""), {
      source: dialog, target: dialog, swap: "innerHTML", values: words,
    });
  };

  button.addEventListener("click", comment, options);
  document.addEventListener("keydown", (event) => {
    if (event.code !== code || !event.altKey || !(event.ctrlKey || event.metaKey)) return;
    if (!view?.hasFocus()) return;
    event.preventDefault();
    comment();
  }, options);

  return {
    /** Called after every update of any section's text. */
    follow: (/** @type {EditorView} */ changed) => {
      if (changed.hasFocus()) view = changed;
    },
    destroy: () => listening.abort(),
  };
}

/**
 * The first and the last character that is meant, and the words.
 * @param {EditorView} view
 */
function chosen({ state }) {
  const { selection, doc } = state;
  const { $from } = selection;
  const [from, to] = selection.empty ? [$from.start(), $from.end()] : [selection.from, selection.to];
  let first = -1;
  let last = -1;
  doc.nodesBetween(from, to, (node, at) => {
    if (!node.isText) return;
    if (first < 0) first = Math.max(from, at);
    last = Math.min(to, at + node.nodeSize) - 1;
  });
  if (first < 0) return null;
  const { binding } = ySyncPluginKey.getState(state);
  const named = (/** @type {number} */ at) =>
    JSON.stringify(absolutePositionToRelativePosition(at, binding.type, binding.mapping));
  const quote = doc.textBetween(first, last + 1, " ").slice(0, QUOTE_CHARACTERS);
  return { first: named(first), last: named(last), quote };
}
