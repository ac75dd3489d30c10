/** The document's name in the bar and on the page follows what anybody makes of it. */

import { detailOf } from "./dom.js";

/**
 * @param {HTMLInputElement} input
 * @param {HTMLElement} heading
 */
export function mount(input, heading) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const site = document.title.slice(document.title.lastIndexOf(" · "));

  /** @param {string} title */
  const show = (title) => {
    heading.textContent = title;
    document.title = title + site;
  };
  input.addEventListener("input", () => show(input.value.trim() || input.defaultValue), options);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      input.value = input.defaultValue;
      show(input.value);
    }
    if (["Enter", "Escape"].includes(event.key) && !event.isComposing) input.blur();
  }, options);
  // Before htmx sees the change: an empty name is taken back, not sent.
  input.addEventListener("change", (event) => {
    input.value = input.value.trim() || input.defaultValue;
    if (input.value === input.defaultValue) event.stopImmediatePropagation();
    input.defaultValue = input.value;
    show(input.value);
  }, { ...options, capture: true });
  document.body.addEventListener("document-changed", (event) => {
    const { title } = detailOf(event);
    if (!title || document.activeElement === input) return;
    input.value = title;
    input.defaultValue = title;
    show(title);
  }, options);

  return () => listening.abort();
}
