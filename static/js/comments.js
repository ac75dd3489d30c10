/** A remark and the words it means find each other: a press on one shows the other. */

import { all, concerned } from "./dom.js";

const FLASH_MS = 1600;

/**
 * @param {HTMLElement} text holds the marks: .comment[data-thread]
 * @param {object} options
 * @param {HTMLElement} options.review holds the cards, [data-thread-card], and their quotes
 * @param {ReturnType<typeof import("./panels.js").mount>} options.panels
 */
export function mount(text, { review, panels }) {
  const listening = new AbortController();
  const options = { signal: listening.signal };

  /** @param {HTMLElement[]} elements */
  const flash = (elements) => {
    const [first] = elements;
    if (!first) return;
    for (const other of document.querySelectorAll(".flash")) other.classList.remove("flash");
    for (const element of elements) {
      element.classList.add("flash");
      setTimeout(() => element.classList.remove("flash"), FLASH_MS);
    }
    first.scrollIntoView({ block: "center", behavior: "smooth" });
  };
  /** @type {(root: HTMLElement, kind: string, thread?: string) => HTMLElement[]} */
  const find = (root, kind, thread = "") => all(root, `[${kind}="${CSS.escape(thread)}"]`);

  text.addEventListener("click", (event) => {
    // Comments may overlap: the innermost one at the press is meant.
    const mark = concerned(event, ".comment");
    if (!mark || !getSelection()?.isCollapsed) return;
    const cards = find(review, "data-thread-card", mark.dataset.thread);
    if (!cards.length) return;
    cards[0].closest("details")?.setAttribute("open", "");
    panels.reveal("review");
    flash(cards);
  }, options);
  review.addEventListener("click", (event) => {
    const quote = concerned(event, "[data-thread]");
    const marks = quote ? find(text, "data-thread", quote.dataset.thread) : [];
    if (!marks.length) return;
    event.preventDefault();
    panels.close();
    flash(marks);
  }, options);

  return () => listening.abort();
}
