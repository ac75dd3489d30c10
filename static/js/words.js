/** Counts words as the server does (writing/text/output.py): of Chinese and Japanese, characters. */

import { BORDER, insertionOf } from "./suggested.js";

const CJK = String.raw`\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\u{20000}-\u{3ffff}`;
const LETTER = String.raw`[[\p{L}\p{N}]--[${CJK}]]`;
// Accents and vowel signs that are characters of their own.
const LETTERS = String.raw`${LETTER}+(?:\p{M}+${LETTER}*)*`;
const WORD = new RegExp(String.raw`[${CJK}]|${LETTERS}(?:['’\-.]${LETTERS})*`, "gv");

/** @param {string} text */
export function countWords(text) {
  return text.match(WORD)?.length ?? 0;
}

/** Whether a block is only suggested to be one of its own. @param {import("prosemirror-model").Node} node */
const isSplitOff = ({ isTextblock, firstChild }) =>
  Boolean(isTextblock && firstChild && insertionOf(firstChild) && firstChild.text?.startsWith(BORDER));

/**
 * The words that are in force: what is suggested to come does not count, what is suggested to go does.
 * @param {import("prosemirror-model").Fragment} content
 */
export function wordsIn(content) {
  let text = "";
  content.descendants((node) => {
    const isSuggested = insertionOf(node) !== undefined;
    if (!node.isText) {
      if (!isSplitOff(node)) text += "\n";
    } else if (!isSuggested) text += node.text;
    return !isSuggested;
  });
  return countWords(text.replaceAll(BORDER, ""));
}

// Making one takes longer than a thousand uses.
const numbers = new Intl.NumberFormat(document.documentElement.lang || undefined);

/** @param {number} count */
export function formatNumber(count) {
  return numbers.format(count);
}
