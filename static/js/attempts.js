/**
 * `#attempt-<id>` in the address, where a run's page leads: what the attempt wrote is scrolled to
 * and stands out until something is pressed.
 */

import { wordsOf } from "./dom.js";
import { show } from "./toasts.js";

// Sections come one after another; what has not come by then is no longer in the text.
const PATIENCE_MS = 8000;

/**
 * @param {HTMLElement} text holds the marks: .agent[data-attempt]; and the words for `gone`
 * @param {object} options
 * @param {HTMLElement} options.toasts
 */
export function mount(text, { toasts }) {
  const listening = new AbortController();
  // The text is ProseMirror's, which takes back what others change in it: a style sheet is ours.
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  const clear = () => sheet.replaceSync("");

  let wanted = "";
  let patience = 0;
  const look = () => {
    const first = text.querySelector(wanted);
    if (!first) return;
    stop();
    sheet.replaceSync(`${wanted} { background: color-mix(in srgb, var(--c) 22%, transparent); }`);
    first.scrollIntoView({ block: "center", behavior: "smooth" });
    document.addEventListener("pointerdown", clear, { once: true, signal: listening.signal });
  };
  const watcher = new MutationObserver(look);
  const stop = () => {
    clearTimeout(patience);
    watcher.disconnect();
  };
  const giveUp = () => {
    stop();
    show(toasts, wordsOf(text).gone);
  };
  const follow = () => {
    stop();
    clear();
    const [, id] = location.hash.match(/^#attempt-([\w-]+)$/) ?? [];
    if (!id) return;
    wanted = `.agent[data-attempt="${CSS.escape(id)}"]`;
    watcher.observe(text, { childList: true, subtree: true });
    patience = setTimeout(giveUp, PATIENCE_MS);
    look();
  };
  addEventListener("hashchange", follow, { signal: listening.signal });
  follow();

  return () => {
    stop();
    listening.abort();
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet);
  };
}
