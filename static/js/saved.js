/**
 * Saved, Saving, Offline: the server acknowledges what it has committed, and nothing else counts.
 */

/**
 * @param {HTMLElement} element shows the state; its data attributes hold the words
 * @param {object} options
 * @param {ReturnType<import("./provider.js").connect>} options.connection
 * @param {boolean} options.readonly
 */
export function mount(element, { connection, readonly }) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const word = element.querySelector(".word");
  let wasConnected = false;

  const state = () => {
    if (!connection.isConnected()) return wasConnected ? "offline" : "connecting";
    wasConnected = true;
    if (readonly) return "readonly";
    return connection.isSaved() ? "saved" : "saving";
  };
  const show = () => {
    const now = state();
    const text = now === "offline" && !connection.isSaved() ? "kept" : now;
    element.dataset.state = now;
    element.title = element.dataset[text];
    if (word.textContent !== element.dataset[now]) word.textContent = element.dataset[now];
  };
  connection.changes.addEventListener("change", show, options);
  window.addEventListener("beforeunload", (event) => {
    if (!readonly && wasConnected && !connection.isSaved()) event.preventDefault();
  }, options);
  show();

  return () => listening.abort();
}
