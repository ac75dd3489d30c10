/**
 * hx-swap="morph:innerHTML": a refreshed region changes only where it differs, so that an open
 * menu stays open and what has the focus, or is being typed, stays as it is.
 */

import { Idiomorph } from "idiomorph";

/**
 * What the person, not the server, decided about an element.
 * @param {string} name
 * @param {Element} element
 */
function isTheirs(name, element) {
  if (name === "open") return element.matches("details");
  if (name === "checked") return element instanceof HTMLInputElement && element.checked !== element.defaultChecked;
  if (name !== "value" || !isField(element)) return false;
  return element === document.activeElement || element.value !== element.defaultValue;
}

/** @type {(element: Element) => element is HTMLInputElement | HTMLTextAreaElement} */
const isField = (element) =>
  element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;

export function mount() {
  htmx.defineExtension("morph", {
    isInlineSwap: () => false,
    /** @type {(style: string, target: Element, fragment: DocumentFragment) => unknown} */
    handleSwap: (style, target, fragment) => {
      if (style !== "morph:innerHTML") return false;
      return Idiomorph.morph(target, [...fragment.childNodes], {
        morphStyle: "innerHTML",
        ignoreActiveValue: true,
        callbacks: {
          // What the person's press has filled is brought up to date by itself.
          beforeNodeMorphed: (/** @type {Node} */ node) =>
            !(node instanceof HTMLElement && node.dataset.morph === "keep"),
          beforeAttributeUpdated: (/** @type {string} */ name, /** @type {Element} */ element) =>
            !isTheirs(name, element),
        },
      });
    },
  });
}
