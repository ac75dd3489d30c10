/** Where a text holds what is looked for: positions in ProseMirror's documents, and how they move. */

/**
 * @typedef {import("prosemirror-model").Node} Node
 * @typedef {{from: number, to: number}} Match
 * @typedef {{text: string, matchCase: boolean, wholeWords: boolean}} Query
 */

/** What people type for what typography has several signs for. @type {Record<string, string>} */
const VARIANTS = { "'": "['’‘]", "\"": "[\"“”„]", " ": "\\s", "-": "[-‐‑]" };
const LETTER = String.raw`[\p{L}\p{N}\p{M}_]`;
/** Written without spaces between words: there every place is the edge of one. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
const WORDLIKE = new RegExp(LETTER, "u");
// Stands for what is in the line but is no text, so that places in both are the same.
const LEAF = "\n";

// Stands for the border of blocks that are suggested to be joined, and is no text.
const BORDER = "\u200b*";

const escape = (/** @type {string} */ character) =>
  VARIANTS[character] ?? character.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");

/**
 * Only ever the words themselves, never an expression of the person's: it cannot take long.
 * @param {Query} query
 */
export function patternOf({ text, matchCase, wholeWords }) {
  if (!text) return null;
  const characters = [...text];
  const isEdge = (/** @type {string | undefined} */ character) =>
    wholeWords && character && WORDLIKE.test(character) && !UNSPACED.test(character);
  const before = isEdge(characters[0]) ? `(?<!${LETTER})` : "";
  const after = isEdge(characters.at(-1)) ? `(?!${LETTER})` : "";
  return new RegExp(before + characters.map(escape).join(BORDER) + after, matchCase ? "gu" : "giu");
}

/** Blocks never change, new ones take their place. @type {WeakMap<Node, string>} */
const texts = new WeakMap();
const textOf = (/** @type {Node} */ block) => {
  const known = texts.get(block);
  if (known !== undefined) return known;
  const text = block.textBetween(0, block.content.size, undefined, LEAF);
  texts.set(block, text);
  return text;
};

/** @type {(doc: Node, pattern: RegExp) => Match[]} */
export function matchesIn(doc, pattern) {
  /** @type {Match[]} */
  const matches = [];
  doc.descendants((node, position) => {
    if (!node.isTextblock) return true;
    for (const { 0: found, index } of textOf(node).matchAll(pattern)) {
      const from = position + 1 + index;
      matches.push({ from, to: from + found.length });
    }
    return false;
  });
  return matches;
}

/**
 * Where a place in `before` is in `after`, a later state of the same text.
 * @type {(place: number, before: Node, after: Node) => number}
 */
export function follow(place, before, after) {
  const start = before.content.findDiffStart(after.content);
  if (start === null || place <= start) return place;
  const end = before.content.findDiffEnd(after.content);
  if (!end || place < end.a) return start;
  return place + end.b - end.a;
}
