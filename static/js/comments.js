/**
 * A remark and the words it means find each other: a press on one shows the other. Only the words
 * of open threads are underlined; the marks of resolved ones stay in the text, unseen.
 */

import { all, concerned } from "./dom.js";
import { flash } from "./flash.js";
import { formatNumber } from "./words.js";

/**
 * @param {HTMLElement} text holds the marks: .comment[data-thread]
 * @param {object} options
 * @param {HTMLElement} options.review holds the cards, [data-thread-card], and their quotes
 * @param {HTMLElement[]} options.counts show how many threads and suggestions are open
 * @param {ReturnType<typeof import("./panels.js").mount>} options.panels
 * @param {(mark: Element) => void} options.openAround gives the text around a mark its final elements
 */
export function mount(text, { review, counts, panels, openAround }) {
  const listening = new AbortController();
  const options = { signal: listening.signal };

  /** @type {(root: HTMLElement, kind: string, thread?: string) => HTMLElement[]} */
  const find = (root, kind, thread = "") => all(root, `[${kind}="${CSS.escape(thread)}"]`);

  // The text is ProseMirror's, which takes back what others change in it: a style sheet is ours.
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  let marksOfOpen = "";
  const follow = () => {
    // All that are open, whatever the panel's filters leave out.
    const open = (review.querySelector("[data-open-ids]")?.getAttribute("data-open-ids") ?? "").split(" ").filter(Boolean);
    const selectors = open.map((thread) => `.comment[data-thread="${CSS.escape(thread)}"]`);
    marksOfOpen = selectors.join(", ");
    sheet.replaceSync(marksOfOpen && `:is(${marksOfOpen}) { --comment: var(--tone-2); cursor: pointer; }`);
    const [suggestions] = all(review, "[data-open-suggestions]");
    const number = open.length + Number(suggestions?.dataset.openSuggestions ?? 0);
    for (const count of counts) {
      count.textContent = formatNumber(number);
      count.hidden = !number;
    }
  };
  // Whose card the filters leave out is shown once they are off.
  let wanted = location.hash.startsWith("#thread-") ? location.hash.slice("#thread-".length) : "";
  /** @param {string} thread */
  const show = (thread) => {
    panels.reveal("review");
    const cards = find(review, "data-thread-card", thread);
    const everything = review.querySelector("[data-show-all]");
    const isFiltered = everything instanceof HTMLElement;
    // Before the panel has come nobody knows; after that, what is not there is gone.
    wanted = !cards.length && (isFiltered || !review.querySelector("[data-open-ids]")) ? thread : "";
    if (wanted && isFiltered) everything.click();
    for (const card of cards) card.closest("details")?.setAttribute("open", "");
    flash(cards);
    // From a link one comes to read, and goes on by keyboard.
    if (cards.length && !document.activeElement?.closest(".ProseMirror")) cards[0].focus({ preventScroll: true });
  };
  review.addEventListener("htmx:afterSettle", () => {
    follow();
    if (wanted) show(wanted);
  }, options);
  addEventListener("hashchange", () => {
    if (location.hash.startsWith("#thread-")) show(location.hash.slice("#thread-".length));
  }, options);
  follow();

  text.addEventListener("click", (event) => {
    // Comments may overlap: the innermost one at the press is meant.
    const mark = marksOfOpen && concerned(event, marksOfOpen);
    if (!mark || !getSelection()?.isCollapsed) return;
    show(mark.dataset.thread ?? "");
  }, options);
  review.addEventListener("click", (event) => {
    const quote = concerned(event, "[data-thread]");
    const found = quote ? find(text, "data-thread", quote.dataset.thread) : [];
    if (!found.length) return;
    openAround(found[0]);
    const marks = find(text, "data-thread", quote?.dataset.thread);
    event.preventDefault();
    panels.close();
    flash(marks);
  }, options);

  return () => {
    listening.abort();
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet);
  };
}
