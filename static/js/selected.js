/** How many words are selected, in one section or in several. */

import { partsOf, wordsOfParts } from "./copied.js";
import { wordsOf } from "./dom.js";
import { formatNumber } from "./words.js";

const COUNT_AFTER_MS = 120;

/**
 * @param {HTMLElement} figure hidden while nothing is selected
 * @param {object} options
 * @param {HTMLElement} options.column where the sections stand
 * @param {() => import("./sections.js").Section[]} options.sections in their order
 */
export function mount(figure, { column, sections }) {
  const listening = new AbortController();
  const { text } = wordsOf(figure);
  let counting = 0;
  const count = () => {
    counting = 0;
    const selection = getSelection();
    const range = selection?.rangeCount && !selection.isCollapsed ? selection.getRangeAt(0) : null;
    const words = range?.intersectsNode(column) ? wordsOfParts(partsOf(range, sections())) : 0;
    const total = sections().reduce((sum, section) => sum + section.words(), 0);
    figure.hidden = !words;
    figure.textContent = text.replace("{words}", formatNumber(words)).replace("{total}", formatNumber(total));
  };
  document.addEventListener("selectionchange", () => {
    counting ||= setTimeout(count, COUNT_AFTER_MS);
  }, { signal: listening.signal });

  return () => {
    clearTimeout(counting);
    listening.abort();
  };
}
