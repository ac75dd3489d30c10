/** Quotation marks, dashes and ellipses as the document's language writes them, as they are typed. */

import { InputRule } from "prosemirror-inputrules";

import { kept } from "./choices.js";
import { isInCodeSpan, textBefore } from "./rules.js";
import { schema } from "./schema.js";

/**
 * @typedef {[opening: string, closing: string]} Pair
 * @typedef {object} Signs
 * @property {Pair} double
 * @property {Pair} single
 * @property {string} [dash] for three hyphens
 * @property {string} [ellipsis] for three dots
 * @property {boolean} [isDense] no spaces between words, so that a quotation may begin behind a letter
 * @property {boolean} [isSpaced] a narrow space stands before ; : ! ?
 */

const THIN = "\u202f";
const KEY = "typography";

/** @type {Signs} */
const ENGLISH = { double: ["“", "”"], single: ["‘", "’"] };
/** By the first part of a language's tag. @type {Record<string, Signs>} */
const LANGUAGES = {
  en: ENGLISH,
  de: { double: ["„", "“"], single: ["‚", "‘"] },
  fr: { double: [`«${THIN}`, `${THIN}»`], single: ["‘", "’"], isSpaced: true },
  es: { double: ["«", "»"], single: ["‘", "’"] },
  it: { double: ["«", "»"], single: ["‘", "’"] },
  pt: ENGLISH,
  zh: { ...ENGLISH, dash: "——", ellipsis: "……", isDense: true },
  ja: { ...ENGLISH, dash: "——", ellipsis: "……", isDense: true },
};
const APOSTROPHE = "’";

/** Where nothing is kept. */
let choice = "on";

const isOn = () => (kept?.getItem(KEY) ?? choice) !== "off";

/** @param {HTMLElement} button with aria-pressed @returns {() => void} stops listening */
export function mountSwitch(button) {
  const listening = new AbortController();
  const show = () => { button.ariaPressed = String(isOn()); };
  button.addEventListener("click", () => {
    choice = isOn() ? "off" : "on";
    kept?.setItem(KEY, choice);
    show();
  }, { signal: listening.signal });
  show();
  return () => listening.abort();
}

/** @type {(before: string, pair: Pair) => boolean} */
const isUnclosed = (before, [opening, closing]) =>
  before.lastIndexOf(opening) > before.lastIndexOf(closing);

/** @type {(before: string, pair: Pair, signs: Signs) => boolean} */
function opens(before, pair, { double, single, isDense }) {
  const isFirst = /(^|[\s([{])$/.test(before) || before.endsWith(double[0]) || before.endsWith(single[0]);
  if (!isDense && isFirst) return true;
  return (isDense || /[-–—/]$/.test(before)) && !isUnclosed(before, pair);
}

/** @type {(before: string, signs: Signs) => string} */
const doubleQuote = (before, signs) => signs.double[opens(before, signs.double, signs) ? 0 : 1];

/** @type {(before: string, signs: Signs) => string} */
function singleQuote(before, signs) {
  const isInWord = /[\p{L}\p{N}]$/u.test(before) && !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]$/u.test(before);
  if (isInWord) return isUnclosed(before, signs.single) ? signs.single[1] : APOSTROPHE;
  return signs.single[opens(before, signs.single, signs) ? 0 : 1];
}

/** Code and addresses are typed as they are. @param {string} before the block's text before the sign */
const isVerbatim = (before) => isInCodeSpan(before) || /(?:\S+:\/\/|www\.|@)\S*$/.test(before);

/** @param {() => string} language of the text, as its tag */
export function typography(language) {
  const signs = () => LANGUAGES[language().split("-")[0].toLowerCase()] ?? ENGLISH;
  /** @type {(pattern: RegExp, write: (match: RegExpMatchArray, before: string, signs: Signs) => string | undefined) => InputRule} */
  const sign = (pattern, write) => new InputRule(pattern, (state, match, start, end) => {
    if (!isOn()) return null;
    const before = textBefore(state.doc.resolve(start));
    const written = isVerbatim(before) ? undefined : write(match, before, signs());
    if (written === undefined) return null;
    const marks = schema.marks.agent.removeFromSet(state.doc.nodeAt(start)?.marks ?? []);
    return state.tr.replaceWith(start, end, written ? schema.text(written, marks) : []);
  }, { inCodeMark: false });

  return [
    sign(/"$/, (match, before, signs) => doubleQuote(before, signs)),
    sign(/'$/, (match, before, signs) => singleQuote(before, signs)),
    // Two at the beginning may become the three of a divider, until something else follows.
    sign(/(?<=[^-–—\u200b])--$/, () => "–"),
    sign(/(?<=^\u200b?)--([^-])$/, ([, next]) => `–${next}`),
    sign(/–-$/, (match, before, { dash = "—" }) => dash),
    sign(/(?<!\.)\.\.\.$/, (match, before, { ellipsis = "…" }) =>
      // Six dots are one ellipsis where it has six.
      ellipsis.length > 1 && before.endsWith(ellipsis) ? "" : ellipsis),
    sign(/ ([;:!?])$/, ([, point], before, { isSpaced }) => (isSpaced ? THIN + point : undefined)),
    sign(/(?<=[\p{L}\p{N}»)…])([;:!?]+)(\s)$/u, ([, points, space], before, { isSpaced }) =>
      isSpaced ? THIN + points + space : undefined),
  ];
}
