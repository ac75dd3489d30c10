/** One section of the page: its title, what stands under it, and its text. */

import { one } from "./dom.js";
import { mount as mountText } from "./text.js";
import { wordsIn } from "./words.js";

/** @typedef {ReturnType<typeof create>} Section */

const COUNT_AFTER_MS = 250;

/**
 * @param {HTMLElement} template is copied
 * @param {object} options
 * @param {string} options.id
 * @param {ReturnType<typeof import("./provider.js").connect>} options.connection
 * @param {boolean} options.readonly
 * @param {import("./presence.js").User} options.user
 * @param {(id: string, title: string) => void} options.onRename
 * @param {() => void} options.onCount
 * @param {(id: string, doc: import("prosemirror-model").Node) => void} options.onText whenever it may have changed
 * @param {(id: string, doc: import("prosemirror-model").Node) => import("prosemirror-view").DecorationSet} options.decorate
 * @param {Pick<Parameters<typeof mountText>[1], "onChange" | "onKey" | "onType" | "isLocked" | "images" | "suggesting">} options.editor
 */
export function create(template, { id, connection, readonly, user, onRename, onCount, onText, decorate, editor }) {
  const element = /** @type {HTMLElement} */ (template.cloneNode(true));
  const title = /** @type {HTMLTextAreaElement} */ (one(element, "textarea"));
  const state = one(element, ".section-state");
  element.id = `section-${id}`;
  element.dataset.section = id;
  title.readOnly = readonly;

  let words = 0;
  let counting = 0;
  /** @type {import("prosemirror-model").Node | null} */
  let doc = null;
  const count = () => {
    counting = 0;
    const now = doc ? wordsIn(doc.content) : 0;
    if (now === words) return;
    words = now;
    onCount();
  };
  const text = mountText(one(element, ".section-text"), {
    provider: connection.open(id),
    readonly,
    user,
    ...editor,
    decorate: (now) => decorate(id, now),
    onText: (now) => {
      doc = now;
      counting ||= setTimeout(count, COUNT_AFTER_MS);
      onText(id, now);
    },
  });

  let serverTitle = "";
  const fit = () => {
    if (CSS.supports("field-sizing", "content")) return;
    title.style.blockSize = "auto";
    title.style.blockSize = `${title.scrollHeight}px`;
  };
  title.addEventListener("input", fit);
  title.addEventListener("keydown", (event) => {
    // Enter that ends an IME's composition is not the person's Enter.
    if (event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      text.open().focus();
    } else if (event.key === "Escape") {
      title.value = serverTitle;
      title.blur();
    }
  });
  title.addEventListener("blur", () => {
    const now = title.value.replace(/\s+/g, " ").trim();
    title.value = now || serverTitle;
    fit();
    if (now && now !== serverTitle) onRename(id, now);
  });

  return {
    id,
    element,
    title,
    /** The text as it was last shown, with or without an editor. */
    doc: () => doc,
    /** Its editor, mounted if it was not. */
    open: text.open,
    view: text.view,
    words: () => words,
    /**
     * Takes over what the outline says about this section.
     * @param {Record<string, string>} row
     * @param {HTMLTemplateElement} stateNodes
     */
    show: (row, stateNodes) => {
      const isBeingChanged = document.activeElement === title && title.value !== serverTitle;
      serverTitle = row.title;
      if (!isBeingChanged && title.value !== row.title) {
        title.value = row.title;
        fit();
      }
      element.dataset.status = row.status;
      element.className = `section tone-${row.tone}`;
      element.setAttribute("aria-busy", String(Boolean(row.worker)));
      if (state.dataset.html !== stateNodes.innerHTML) {
        state.dataset.html = stateNodes.innerHTML;
        state.replaceChildren(stateNodes.content.cloneNode(true));
        htmx.process(state);
      }
    },
    destroy: () => {
      clearTimeout(counting);
      text.destroy();
      connection.close(id);
      element.remove();
    },
  };
}
