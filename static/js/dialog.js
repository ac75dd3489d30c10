/**
 * The one <dialog id="dialog">: it opens once htmx, or rescue.js, has put something into it, and closes on
 * Escape, on a press outside, on a [data-close] button, and on the server's `close-dialog` event.
 */

import { concerned } from "./dom.js";

/** @param {HTMLDialogElement} dialog */
export function mount(dialog) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const close = () => dialog.close();

  dialog.addEventListener("htmx:afterSwap", (event) => {
    if (event.target === dialog && dialog.hasChildNodes()) present(dialog);
  }, options);
  dialog.addEventListener("close", () => {
    // Told a moment later: it may hold the next thing by now.
    if (!dialog.open) dialog.replaceChildren();
  }, options);
  dialog.addEventListener("click", (event) => {
    if (concerned(event, "[data-close]")) close();
  }, options);
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog && !within(dialog, event)) close();
  }, options);
  document.body.addEventListener("close-dialog", close, options);

  return () => listening.abort();
}

/**
 * Opens it, named by its heading.
 * @param {HTMLDialogElement} dialog
 */
export function present(dialog) {
  const heading = dialog.querySelector("h1, h2");
  if (heading) {
    heading.id ||= "dialog-heading";
    dialog.setAttribute("aria-labelledby", heading.id);
  }
  if (!dialog.open && dialog.textContent?.trim()) dialog.showModal();
}

/**
 * A press on the backdrop has the dialog as its target but lies outside its edges.
 * @param {HTMLElement} dialog
 * @param {PointerEvent} press
 */
function within(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect();
  return clientX >= box.left && clientX <= box.right && clientY >= box.top && clientY <= box.bottom;
}
