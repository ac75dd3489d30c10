/** Lists as other programs copy them become lists of ours, before the text is parsed. */

import { all } from "./dom.js";

/**
 * @typedef {object} Item a paragraph that Word would show as an item of a list
 * @property {HTMLElement} paragraph
 * @property {string} list which of the text's lists
 * @property {number} level from 1
 * @property {number | null} order the number that its sign shows; null is a bullet
 */

const ROMAN = /** @type {Record<string, number>} */ ({ i: 1, v: 5, x: 10, l: 50, c: 100 });
const CHINESE = "一二三四五六七八九十";

/** @param {string} sign */
function romanOf(sign) {
  const values = [...sign].map((letter) => ROMAN[letter]);
  return values.reduce((sum, value, at) => sum + (value < (values[at + 1] ?? 0) ? -value : value), 0);
}

/** What a sign counts to; null if it is a bullet. @type {(sign: string) => number | null} */
function orderOf(sign) {
  const counted = /^[(（]?(?:[\d.]*?(\d+)|([a-z]+)|([一二三四五六七八九十]+))[.)）、．]?$/i.exec(sign);
  // Word's second bullet is the letter o.
  if (!counted || /^[a-z]$/i.test(sign)) return null;
  const [, digits, letters, chinese] = counted;
  if (digits) return Number(digits);
  if (chinese) return CHINESE.indexOf(chinese) + 1 || 1;
  const small = letters.toLowerCase();
  if (small.length === 1 && !/[ivx]/.test(small)) return small.charCodeAt(0) - 96;
  return /^[ivxlc]+$/.test(small) ? romanOf(small) : null;
}

/** @param {HTMLElement} paragraph its style is put aside: see pasted.js @returns {Item | null} */
function itemOf(paragraph) {
  const style = paragraph.dataset.style ?? "";
  const [, list, level] = /mso-list:\s*(\S+)\s+level(\d+)/i.exec(style) ?? [];
  if (!level) return null;
  const sign = all(paragraph, "[data-style]").find(({ dataset }) => /mso-list:\s*ignore/i.test(dataset.style ?? ""));
  const shown = sign?.textContent?.replace(/\s/g, "") ?? "";
  sign?.remove();
  return { paragraph, list, level: Number(level), order: orderOf(shown) };
}

/** @param {Item} item */
function listFor({ order }) {
  const list = document.createElement(order === null ? "ul" : "ol");
  if (list instanceof HTMLOListElement && order !== null && order !== 1) list.start = order;
  return list;
}

/**
 * Word copies items as paragraphs, with list, level and sign in their styles.
 * @param {Element} dom
 */
function nestWordLists(dom) {
  /** The lists that are open, outermost first. @type {{element: HTMLElement, item: Item}[]} */
  let open = [];
  for (const paragraph of all(dom, "p[data-style*='mso-list' i]")) {
    const item = itemOf(paragraph);
    if (!item) continue;
    if (open.length && paragraph.previousElementSibling !== open[0].element) open = [];
    while (open.length && open[open.length - 1].item.level > item.level) open.pop();
    const innermost = open.at(-1);
    const isOther = innermost?.item.level === item.level &&
      ((innermost.item.order === null) !== (item.order === null) || innermost.item.list !== item.list);
    if (isOther) open.pop();
    if (open.at(-1)?.item.level !== item.level) {
      const element = listFor(item);
      const around = open.at(-1)?.element.lastElementChild;
      if (around) around.append(element);
      else paragraph.before(element);
      open.push({ element, item });
    }
    const entry = document.createElement("li");
    open[open.length - 1].element.append(entry);
    entry.append(paragraph);
  }
}

/**
 * Google Docs puts a nested list beside the item that it belongs to.
 * @param {Element} dom
 */
function nestBesides(dom) {
  for (const list of all(dom, ":is(ul, ol) > :is(ul, ol)")) list.previousElementSibling?.append(list);
}

/** @param {Element} dom */
export function mendLists(dom) {
  nestWordLists(dom);
  nestBesides(dom);
}
