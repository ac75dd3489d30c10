/**
 * Saved, Saving, Offline: the server acknowledges what it has committed, and nothing else counts.
 */

import { one, wordsOf } from "./dom.js";

/**
 * @param {HTMLElement} element shows the state; its data attributes hold the words
 * @param {object} options
 * @param {ReturnType<typeof import("./provider.js").connect>} options.connection
 * @param {ReturnType<typeof import("./unsaved.js").mount>} options.unsaved
 * @param {boolean} options.readonly
 */
export function mount(element, { connection, unsaved, readonly }) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const words = wordsOf(element);
  const word = one(element, ".word");
  let wasConnected = false;

  const state = () => {
    if (!connection.isConnected()) return wasConnected ? "offline" : "connecting";
    wasConnected = true;
    if (readonly) return "readonly";
    if (!connection.isSaved()) return "saving";
    return unsaved.lost().length ? "unsaved" : "saved";
  };
  const show = () => {
    const now = state();
    const kept = unsaved.isLasting() ? "kept" : "keptInWindow";
    const text = now === "offline" && !connection.isSaved() ? kept : now;
    element.dataset.state = now;
    element.title = words[text];
    if (word.textContent !== words[now]) word.textContent = words[now];
  };
  connection.changes.addEventListener("change", show, options);
  window.addEventListener("beforeunload", (event) => {
    if (!readonly && wasConnected && !connection.isSaved()) event.preventDefault();
  }, options);
  show();

  return () => listening.abort();
}
