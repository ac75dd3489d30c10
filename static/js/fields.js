/** Small help at form fields: how much of a limit is used, and one-press presets. */

/** @returns {() => void} stops helping */
export function mount() {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  document.addEventListener("input", (event) => count(event.target), options);
  document.addEventListener("click", (event) => fill(event.target), options);
  document.addEventListener("change", (event) => weigh(event.target), options);
  for (const field of document.querySelectorAll("textarea[data-limit]")) count(field);
  return () => listening.abort();
}

/**
 * `<textarea data-limit="20000">` tells `<output for="its-id">`.
 * @param {EventTarget | null} field
 */
function count(field) {
  if (!(field instanceof HTMLTextAreaElement) || !field.dataset.limit) return;
  const output = document.querySelector(`output[for="${field.id}"]`);
  if (!(output instanceof HTMLOutputElement)) return;
  const [used, limit] = [[...field.value].length, Number(field.dataset.limit)];
  const language = document.documentElement.lang;
  output.value = `${used.toLocaleString(language)} / ${limit.toLocaleString(language)}`;
  output.classList.toggle("error", used > limit);
}

/**
 * `<input type="file" data-most-bytes="10000000" data-too-large="…">` is emptied of a file that would
 * not be taken, and `<output for="its-id">` says so, before anybody waits for it to be sent.
 * @param {EventTarget | null} field
 */
function weigh(field) {
  if (!(field instanceof HTMLInputElement) || !field.dataset.mostBytes) return;
  const output = document.querySelector(`output[for="${field.id}"]`);
  if (!(output instanceof HTMLOutputElement)) return;
  const isTooLarge = [...(field.files ?? [])].some((file) => file.size > Number(field.dataset.mostBytes));
  output.value = isTooLarge ? (field.dataset.tooLarge ?? "") : "";
  if (isTooLarge) field.value = "";
}

/**
 * `<button data-fill="field-id" value="500">`
 * @param {EventTarget | null} target
 */
function fill(target) {
  const button = target instanceof Element && target.closest("button[data-fill]");
  if (!(button instanceof HTMLButtonElement)) return;
  const field = document.getElementById(button.dataset.fill ?? "");
  if (!(field instanceof HTMLInputElement)) return;
  field.value = button.value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
