/** Shows where something is: it is brought into view and lights up for a moment. */

export const FLASH_MS = 1600;

/** @type {(elements: HTMLElement[], block?: ScrollLogicalPosition) => void} */
export function flash(elements, block = "center") {
  const [first] = elements;
  if (!first) return;
  for (const element of elements) {
    element.classList.add("flash");
    setTimeout(() => element.classList.remove("flash"), FLASH_MS);
  }
  first.scrollIntoView({ block, behavior: "smooth" });
}
