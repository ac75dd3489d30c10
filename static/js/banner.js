/** Says why the connection will not come back, what was not saved, and what to do about it. */

import { wordsOf } from "./dom.js";

/**
 * @param {HTMLElement} banner its data attributes hold the words and addresses
 * @param {object} options
 * @param {ReturnType<typeof import("./rescue.js").mount>} options.rescue
 */
export function mount(banner, { rescue }) {
  const words = wordsOf(banner);
  /** @type {Record<import("./provider.js").Reason, [string, string, string]>} */
  const answers = {
    "signed-out": [words.signedOut, words.signIn, words.signInUrl],
    forbidden: [words.forbidden, words.reload, location.href],
    gone: [words.gone, words.library, "/"],
    refused: [words.refused, words.reload, location.href],
  };
  const open = document.createElement("button");
  Object.assign(open, { type: "button", textContent: rescue.words.open });
  open.addEventListener("click", rescue.open);
  /** @type {import("./provider.js").Reason | null} */
  let refused = null;
  let shown = "";

  const show = () => {
    const isNeeded = rescue.hasText();
    const now = `${refused} ${isNeeded}`;
    // Put in again, the same words would be read out again.
    if (now === shown) return;
    shown = now;
    const text = document.createElement("span");
    const link = document.createElement("a");
    if (refused) {
      const [message, label, href] = answers[refused];
      text.textContent = message;
      Object.assign(link, { href, textContent: label });
    } else text.textContent = rescue.words.offer;
    banner.replaceChildren(text, ...(refused ? [link] : []), ...(isNeeded ? [open] : []));
    banner.hidden = !refused && !isNeeded;
  };
  return {
    show,
    /** @param {import("./provider.js").Reason} reason */
    refuse: (reason) => {
      refused = reason;
      show();
    },
  };
}
