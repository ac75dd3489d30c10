/** Blocks that are suggested to be split or joined: a zero-width space on either side of the border. */

import { Transform } from "prosemirror-transform";

import { schema } from "./schema.js";
import { BORDER, isSuggestion } from "./suggested.js";

/**
 * @typedef {import("prosemirror-model").Node} Node
 * @typedef {import("prosemirror-model").Mark} Mark
 * @typedef {import("prosemirror-state").Transaction} Transaction
 * @typedef {{at: number, mark: Mark}} Border one of the two characters
 */

/** The suggestion that a block's first or last words are of; of whole blocks it is no border. @param {Node | null | undefined} node */
const markOf = (node) => (node?.isText ? node.marks.find(isSuggestion) : undefined);

/** All characters that stand for borders, of a text with marks or without. @type {(doc: Node) => Border[]} */
export function bordersIn(doc) {
  /** @type {Border[]} */
  const found = [];
  doc.descendants((node, at) => {
    if (!node.isTextblock) return !node.isLeaf;
    const [first, last] = [markOf(node.firstChild), markOf(node.lastChild)];
    if (first && node.firstChild?.text?.startsWith(BORDER)) found.push({ at: at + 1, mark: first });
    const end = at + node.nodeSize - 2;
    const isOne = found.at(-1)?.at === end;
    if (last && !isOne && node.lastChild?.text?.endsWith(BORDER)) found.push({ at: end, mark: last });
    return false;
  });
  return found;
}

/**
 * Splits that are suggested, as the pairs of their borders that lie between two places.
 * @type {(doc: Node, from: number, to: number) => [Border, Border][]}
 */
export function splitsIn(doc, from, to) {
  const borders = bordersIn(doc);
  return borders.flatMap((border, index) => {
    const next = borders[index + 1];
    const isPair = next && border.mark.type === schema.marks.insertion && next.mark.eq(border.mark) &&
      isAtEnd(doc, border.at) && doc.resolve(next.at).parentOffset === 0;
    return isPair && border.at < to && next.at >= from ? [/** @type {[Border, Border]} */ ([border, next])] : [];
  });
}

/** @type {(doc: Node, at: number) => boolean} */
const isAtEnd = (doc, at) => {
  const $at = doc.resolve(at);
  return $at.parentOffset === $at.parent.content.size - 1;
};

/**
 * Joins blocks again whose splits between two places were only suggested.
 * @type {(doc: Node, from: number, to: number) => Transform}
 */
export function joinSplits(doc, from, to) {
  const change = new Transform(doc);
  for (const [first, second] of splitsIn(doc, from, to).reverse()) {
    const isCovered = from <= first.at + 1 && to >= second.at;
    if (isCovered) change.delete(first.at, second.at + 1);
  }
  return change;
}

/**
 * The library takes borders away beside words that go, and a split would be in force then.
 * @type {(tracked: Transaction, asked: Transaction) => Transaction}
 */
export function withoutLostBorders(tracked, asked) {
  const [before] = tracked.docs;
  if (!before) return tracked;
  for (const { at, mark } of bordersIn(before)) {
    const isGone = tracked.mapping.mapResult(at + 1, -1).deletedBefore;
    const isAskedFor = asked.mapping.mapResult(at + 1, -1).deletedBefore;
    if (!isGone || isAskedFor) continue;
    const place = tracked.mapping.map(at, isAtEnd(before, at) ? -1 : 1);
    tracked.insert(place, schema.text(BORDER, [mark]));
  }
  return tracked;
}
