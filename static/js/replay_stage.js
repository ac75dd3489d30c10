/** The text of a replay at one step, coloured by author. */

import { all, one } from "./dom.js";

/**
 * @param {HTMLElement} article holds a section for each of the document's
 * @param {object} options
 * @param {HTMLElement[]} options.legend an element for each author, with data-number and data-agent
 * @param {HTMLElement} options.empty is shown where nothing is
 */
export function mount(article, { legend, empty }) {
  const sections = all(article, "section");
  const authors = new Map(legend.map((entry) => [entry.dataset.number, entry]));
  let chosen = "all";
  /** @type {HTMLElement | null} what changed last */
  let newest = null;

  const isShown = (/** @type {string | undefined} */ number) => {
    if (chosen === "all") return true;
    const agent = authors.get(number)?.dataset.agent;
    if (chosen === "people") return agent === "false";
    return chosen === "agents" ? agent === "true" : chosen === number;
  };
  /** @param {HTMLElement} stretch */
  const colour = (stretch) => {
    const author = authors.get(stretch.dataset.by);
    stretch.className = author && isShown(stretch.dataset.by) ? `by ${author.className}` : "";
    stretch.classList.toggle("agent", author?.dataset.agent === "true" && stretch.className !== "");
  };
  /** @param {string} html made and escaped by the server */
  const build = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    const block = /** @type {HTMLElement} */ (template.content.firstElementChild);
    all(block, "[data-by]").forEach(colour);
    return block;
  };
  /** @type {(holder: HTMLElement, keys: string[], blocks: Map<string, string>) => void} */
  const fill = (holder, keys, blocks) => {
    const present = all(holder, ":scope > [data-key]");
    const spare = new Map(present.map((block) => [block.dataset.key, block]));
    const wanted = keys.map((key) => {
      const kept = spare.get(key);
      spare.delete(key);
      if (kept) return kept;
      const block = build(blocks.get(key) ?? "");
      block.dataset.key = key;
      newest = block;
      return block;
    });
    spare.forEach((block) => block.remove());
    let at = holder.firstElementChild;
    for (const block of wanted) {
      if (block === at) at = at.nextElementSibling;
      else holder.insertBefore(block, at);
    }
    while (at) {
      const next = at.nextElementSibling;
      at.remove();
      at = next;
    }
  };

  return {
    /** @type {(frame: {sections: [number, string[]][], isWhole?: boolean}, blocks: Map<string, string>) => void} */
    show: (frame, blocks) => {
      newest = null;
      const told = new Map(frame.sections);
      sections.forEach((section, number) => {
        const keys = told.get(number) ?? (frame.isWhole ? [] : null);
        if (!keys) return;
        fill(one(section, "[data-text]"), keys, blocks);
        section.hidden = keys.length === 0;
      });
      empty.hidden = sections.some((section) => !section.hidden);
    },
    /** Brings what changed last into sight, without motion: it changes again at once. */
    seek: (/** @type {boolean} */ isEnd) => {
      if (!isEnd) newest?.scrollIntoView({ block: "nearest" });
    },
    /** Colours these alone: all, people, agents or an author's number. */
    only: (/** @type {string} */ which) => {
      chosen = which;
      all(article, "[data-by]").forEach(colour);
      for (const [number, entry] of authors) entry.classList.toggle("away", !isShown(number));
    },
  };
}
