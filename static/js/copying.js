/** Buttons that copy what stands in a field: [data-copies] holds the field's id. */

import { concerned, one, wordsOf } from "./dom.js";

/** @param {Document} root */
export function mount(root = document) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  root.addEventListener("click", async (event) => {
    const field = concerned(event, "input[data-select]");
    if (field instanceof HTMLInputElement) field.select();
    const button = concerned(event, "[data-copies]");
    if (!button) return;
    const { copies, copied } = wordsOf(button);
    const input = /** @type {HTMLInputElement} */ (one(root, `#${copies}`));
    input.select();
    // Outside of https and this machine a browser has no clipboard: what is selected can be copied.
    if (!navigator.clipboard) return;
    await navigator.clipboard.writeText(input.value);
    button.textContent = copied;
  }, options);
  return () => listening.abort();
}
