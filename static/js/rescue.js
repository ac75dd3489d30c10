/** The dialog with what could not be saved, to be copied, downloaded or deleted. */

import { present } from "./dialog.js";
import { one, wordsOf } from "./dom.js";

/** @typedef {import("./store.js").Unsaved} Unsaved */

const NO_ID = "00000000-0000-0000-0000-000000000000";

/**
 * @param {HTMLTemplateElement} template of the dialog; its data attributes hold the words
 * @param {object} options
 * @param {HTMLDialogElement} options.dialog
 * @param {() => Unsaved[]} options.lost
 * @param {(record: Unsaved) => void} options.discard
 */
export function mount(template, { dialog, lost, discard }) {
  const words = wordsOf(template);

  /** @type {(model: HTMLTemplateElement, record: Unsaved) => HTMLElement} */
  const draw = (model, record) => {
    const part = /** @type {HTMLElement} */ (one(model.content, "section").cloneNode(true));
    const text = /** @type {HTMLTextAreaElement} */ (one(part, "textarea"));
    const copy = one(part, "[data-copy]");
    const link = /** @type {HTMLAnchorElement} */ (one(part, "a"));
    const title = record.title || words.untitled;
    one(part, "h3").textContent = title;
    text.value = record.text;
    text.ariaLabel = title;
    const path = words.openUrl.replace(NO_ID, record.document);
    Object.assign(link, { href: path, textContent: record.documentTitle });
    one(part, "p").hidden = path === location.pathname;
    copy.addEventListener("click", async () => {
      await toClipboard(text);
      copy.textContent = words.copied;
    });
    one(part, "[data-download]").addEventListener("click", () => download(title, record.text));
    one(part, "[data-discard]").addEventListener("click", () => {
      if (!confirm(words.discard)) return;
      discard(record);
      part.remove();
      if (!dialog.querySelector(".rescued")) dialog.close();
    });
    return part;
  };

  return {
    words,
    hasText: () => lost().length > 0,
    open: () => {
      const content = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
      const model = /** @type {HTMLTemplateElement} */ (one(content, "template"));
      model.replaceWith(...lost().map((record) => draw(model, record)));
      dialog.replaceChildren(content);
      present(dialog);
    },
  };
}

/** @param {HTMLTextAreaElement} text */
async function toClipboard(text) {
  // Pages without TLS have no clipboard of their own.
  if (navigator.clipboard) return navigator.clipboard.writeText(text.value);
  text.select();
  document.execCommand("copy");
}

/** @type {(title: string, text: string) => void} */
function download(title, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text, "\n"], { type: "text/markdown" }));
  link.download = `${title.replace(/[^\p{L}\p{N} ._-]+/gu, " ").trim() || "text"}.md`;
  link.click();
  URL.revokeObjectURL(link.href);
}
