/**
 * The page in the middle: one element per row of the outline, in its order. The outline's list is
 * the truth; whoever is typing is never disturbed when it changes.
 */

import { create } from "./sections.js";
import { formatNumber } from "./words.js";

/**
 * @param {HTMLElement} column where the sections stand
 * @param {object} options
 * @param {HTMLElement} options.outline where htmx puts the list
 * @param {HTMLTemplateElement} options.template of a section
 * @param {HTMLElement} options.byline shows the words of all sections
 * @param {HTMLElement} options.nothing shown while there is no section
 * @param {(id: string) => string} options.editUrl
 * @param {object} options.section what every section is created with
 */
export function mount(column, { outline, template, byline, nothing, editUrl, section }) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  /** @type {Map<string, ReturnType<typeof create>>} */
  const sections = new Map();

  const rename = (id, title) => {
    globalThis.htmx.ajax("POST", editUrl(id), {
      source: outline, target: outline, swap: "morph:innerHTML", values: { title },
    });
  };
  const countAll = () => {
    let total = 0;
    for (const [id, { words }] of sections) {
      total += words();
      const figure = outline.querySelector(`[data-section="${id}"] [data-words]`);
      if (figure) figure.textContent = formatNumber(words());
    }
    const { text, target } = byline.dataset;
    const shown = text.replace("{words}", formatNumber(total)).replace("{target}", formatNumber(target));
    byline.textContent = ` · ${shown}`;
  };
  const open = (id) => {
    const opened = create(template.content, { ...section, id, onRename: rename, onCount: countAll });
    sections.set(id, opened);
    return opened;
  };
  const reconcile = () => {
    const list = outline.querySelector("#sections");
    if (!list) return;
    const rows = [...list.querySelectorAll(":scope > [data-section]")];
    const wanted = new Set(rows.map((row) => row.dataset.section));
    for (const [id, gone] of sections) {
      if (wanted.has(id)) continue;
      gone.destroy();
      sections.delete(id);
    }
    for (const row of rows) {
      const opened = sections.get(row.dataset.section) ?? open(row.dataset.section);
      opened.show(row.dataset, row.querySelector("template.section-state"));
    }
    arrange(column, rows.map((row) => sections.get(row.dataset.section).element));
    nothing.hidden = rows.length > 0;
    countAll();
    watch();
  };

  // The section in view is the current one in the outline.
  let inView = null;
  const seen = new Map();
  const mark = () => {
    for (const row of outline.querySelectorAll("[data-section]")) {
      if (row.dataset.section === inView) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  };
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) seen.set(target.dataset.section, isIntersecting);
    const first = [...sections.keys()].filter((id) => seen.get(id))
      .sort((a, b) => order(sections.get(a).element, sections.get(b).element))[0];
    if (first && first !== inView) inView = first;
    mark();
  }, { rootMargin: "-20% 0px -55% 0px" });
  const watch = () => {
    for (const { element } of sections.values()) watcher.observe(element);
    mark();
  };

  const goTo = (id, { focus }) => {
    const found = sections.get(id);
    if (!found) return false;
    found.element.scrollIntoView({ block: "start", behavior: "smooth" });
    if (focus) found.editor.view.dom.focus({ preventScroll: true });
    return true;
  };

  outline.addEventListener("htmx:afterSettle", reconcile, options);
  reconcile();

  return {
    goTo,
    destroy: () => {
      listening.abort();
      watcher.disconnect();
      for (const { destroy } of sections.values()) destroy();
    },
  };
}

/**
 * Puts `elements` in order around the one that has the focus, which would lose it if it moved.
 * @param {HTMLElement} column
 * @param {HTMLElement[]} elements
 */
function arrange(column, elements) {
  const fixed = elements.findIndex((element) => element.contains(document.activeElement));
  elements.forEach((element, index) => {
    if (index === fixed || column.children[index] === element) return;
    if (index < fixed) column.insertBefore(element, elements[fixed]);
    else if (index === 0) column.prepend(element);
    else elements[index - 1].after(element);
  });
}

const order = (a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1);
