/** Says why the connection will not come back, and what to do about it. */

import { wordsOf } from "./dom.js";

/** @param {HTMLElement} banner its data attributes hold the words and addresses */
export function mount(banner) {
  const words = wordsOf(banner);
  /** @type {Record<import("./provider.js").Reason, [string, string, string]>} */
  const answers = {
    "signed-out": [words.signedOut, words.signIn, words.signInUrl],
    forbidden: [words.forbidden, words.reload, location.href],
    gone: [words.gone, words.library, "/"],
    refused: [words.refused, words.reload, location.href],
  };
  return {
    /** @param {import("./provider.js").Reason} reason */
    show: (reason) => {
      const [message, label, href] = answers[reason];
      const link = document.createElement("a");
      Object.assign(link, { href, textContent: label });
      const text = document.createElement("span");
      text.textContent = message;
      banner.replaceChildren(text, link);
      banner.hidden = false;
    },
  };
}
