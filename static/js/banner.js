/** Says why the connection will not come back, and what to do about it. */

/** @param {HTMLElement} banner its data attributes hold the words and addresses */
export function mount(banner) {
  const { dataset: words } = banner;
  const answers = {
    "signed-out": [words.signedOut, words.signIn, words.signInUrl],
    forbidden: [words.forbidden, words.reload, location.href],
    gone: [words.gone, words.library, "/"],
    refused: [words.refused, words.reload, location.href],
  };
  return {
    /** @param {keyof typeof answers} reason */
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
