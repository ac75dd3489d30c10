/**
 * What a person types, pastes or drops is theirs, wherever it lands: ProseMirror would let text
 * typed inside an agent's words inherit the `agent` mark, and agents may change what carries it; and
 * words that somebody suggests to delete are others than those that are typed among them.
 */

import { Plugin } from "prosemirror-state";
import { ReplaceAroundStep, ReplaceStep } from "prosemirror-transform";
import { ySyncPluginKey } from "y-prosemirror";

import { isOnlyMoved } from "./suggesting.js";

/** @param {import("prosemirror-state").Transaction} transaction */
const isOurs = (transaction) =>
  transaction.docChanged && !transaction.getMeta(ySyncPluginKey)?.isChangeOrigin && !isOnlyMoved(transaction);

/**
 * Where the steps put new content, as positions in the document after `transactions`.
 * @param {readonly import("prosemirror-state").Transaction[]} transactions
 * @param {(transaction: import("prosemirror-state").Transaction) => boolean} isMeant
 * @returns {{from: number, to: number}[]}
 */
function inserted(transactions, isMeant) {
  /** @type {{from: number, to: number}[]} */
  const ranges = [];
  for (const [index, transaction] of transactions.entries()) {
    if (!isOurs(transaction) || !isMeant(transaction)) continue;
    transaction.steps.forEach((step, number) => {
      if (!(step instanceof ReplaceStep || step instanceof ReplaceAroundStep)) return;
      if (!step.slice.size) return;
      const later = [transaction.mapping.slice(number + 1)];
      for (const next of transactions.slice(index + 1)) later.push(next.mapping);
      for (const [from, to] of written(step)) {
        /** @type {(position: number, side: number) => number} */
        const map = (position, side) => later.reduce((at, by) => by.map(at, side), position);
        ranges.push({ from: map(from, 1), to: map(to, -1) });
      }
    });
  }
  return ranges.filter(({ from, to }) => from < to);
}

/**
 * A ReplaceAroundStep keeps the text in its gap: only what it puts on either side is new.
 * @param {ReplaceStep | ReplaceAroundStep} step
 * @returns {[number, number][]}
 */
function written(step) {
  if (step instanceof ReplaceStep) return [[step.from, step.from + step.slice.size]];
  const gap = step.gapTo - step.gapFrom;
  const end = step.from + step.slice.size + gap;
  return [[step.from, step.from + step.insert], [step.from + step.insert + gap, end]];
}

/**
 * @param {import("prosemirror-model").MarkType} mark that what a person writes does not inherit
 * @param {{isMeant?: (transaction: import("prosemirror-state").Transaction) => boolean}} [options]
 */
export function provenance(mark, { isMeant = () => true } = {}) {
  return new Plugin({
    appendTransaction(transactions, before, state) {
      const { storedMarks } = state;
      const change = state.tr;
      for (const { from, to } of inserted(transactions, isMeant)) {
        if (state.doc.rangeHasMark(from, to, mark)) change.removeMark(from, to, mark);
      }
      if (!change.docChanged) return null;
      return storedMarks ? change.setStoredMarks(mark.removeFromSet(storedMarks)) : change;
    },
  });
}
