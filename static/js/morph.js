/**
 * hx-swap="morph:innerHTML": a refreshed region changes only where it differs, so that an open
 * menu stays open and what has the focus, or is being typed, stays as it is.
 */

import { Idiomorph } from "idiomorph";

/** What the person, not the server, decided about an element. */
function isTheirs(name, element) {
  if (name === "open") return element.matches("details");
  if (name !== "value") return false;
  return element === document.activeElement || element.value !== element.defaultValue;
}

export function mount() {
  globalThis.htmx.defineExtension("morph", {
    isInlineSwap: () => false,
    handleSwap: (style, target, fragment) => {
      if (style !== "morph:innerHTML") return false;
      return Idiomorph.morph(target, fragment.childNodes, {
        morphStyle: "innerHTML",
        ignoreActiveValue: true,
        callbacks: { beforeAttributeUpdated: (name, element) => !isTheirs(name, element) },
      });
    },
  });
}
