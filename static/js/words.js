/** Counts words as the server does (writing/text/output.py): of Chinese and Japanese, characters. */

const CJK = String.raw`\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\u{20000}-\u{3ffff}`;
const LETTER = String.raw`[[\p{L}\p{N}]--[${CJK}]]`;
// Accents and vowel signs that are characters of their own.
const LETTERS = String.raw`${LETTER}+(?:\p{M}+${LETTER}*)*`;
const WORD = new RegExp(String.raw`[${CJK}]|${LETTERS}(?:['’\-.]${LETTERS})*`, "gv");

/** @param {string} text */
export function countWords(text) {
  return text.match(WORD)?.length ?? 0;
}

/**
 * The words that stand there: what is proposed to be deleted does not count.
 * @param {import("prosemirror-model").Fragment} content
 */
export function wordsIn(content) {
  let text = "";
  content.descendants((node) => {
    if (!node.isText) text += "\n";
    else if (!node.marks.some(({ type }) => type.name === "deletion")) text += node.text;
  });
  return countWords(text);
}

// Making one takes longer than a thousand uses.
const numbers = new Intl.NumberFormat(document.documentElement.lang || undefined);

/** @param {number} count */
export function formatNumber(count) {
  return numbers.format(count);
}
