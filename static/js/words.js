/** Counts words as the server does: a run of letters and digits is one, a CJK character is one. */

const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;
const WORD = /[\p{L}\p{N}]/u;

/** @param {string} text */
export function countWords(text) {
  const characters = text.match(CJK)?.length ?? 0;
  const rest = text.replace(CJK, " ").split(/\s+/);
  return characters + rest.filter((piece) => WORD.test(piece)).length;
}

/** @param {number} count */
export function formatNumber(count) {
  return new Intl.NumberFormat(document.documentElement.lang).format(count);
}
