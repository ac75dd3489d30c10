/**
 * Where words come from. What a person types is theirs, wherever it lands: ProseMirror would let
 * text typed inside an agent's words inherit the `agent` mark, and agents may change what carries it.
 * What is pasted or dropped is nobody's known, unless it was copied here: the mark `pasted` says so,
 * and names the attempt where an agent wrote it. What nobody has read yet is not `reviewed`.
 * Words that somebody suggests to delete are others than those that are typed among them.
 */

import { Fragment, Slice } from "prosemirror-model";
import { Plugin } from "prosemirror-state";
import { ReplaceAroundStep, ReplaceStep } from "prosemirror-transform";
import { ySyncPluginKey } from "y-prosemirror";

import { originOf, recall, remember } from "./copied_here.js";
import { schema } from "./schema.js";
import { isOnlyMoved } from "./suggesting.js";

/**
 * @typedef {import("prosemirror-model").Mark} Mark
 * @typedef {import("prosemirror-model").Node} Node
 * @typedef {import("prosemirror-state").Transaction} Transaction
 * @typedef {{from: number, to: number, isBrought: boolean}} Range
 */

const { agent, pasted, reviewed, deletion } = schema.marks;
const OF_ORIGIN = [agent, pasted, reviewed];

/** @param {Transaction} transaction */
const isOurs = (transaction) =>
  transaction.docChanged && !transaction.getMeta(ySyncPluginKey)?.isChangeOrigin && !isOnlyMoved(transaction);
/** @param {Transaction} transaction */
const brings = (transaction) => ["paste", "drop"].includes(transaction.getMeta("uiEvent"));

/**
 * Where the steps put new content, as positions in the document after `transactions`.
 * @param {readonly Transaction[]} transactions
 * @param {(transaction: Transaction) => boolean} [isMeant]
 * @returns {Range[]}
 */
function inserted(transactions, isMeant = () => true) {
  /** @type {Range[]} */
  const ranges = [];
  for (const [index, transaction] of transactions.entries()) {
    if (!isOurs(transaction) || !isMeant(transaction)) continue;
    transaction.steps.forEach((step, number) => {
      if (!(step instanceof ReplaceStep || step instanceof ReplaceAroundStep)) return;
      if (!step.slice.size) return;
      const later = [transaction.mapping.slice(number + 1)];
      for (const next of transactions.slice(index + 1)) later.push(next.mapping);
      const isBrought = brings(transaction);
      for (const [from, to] of written(step)) {
        /** @type {(position: number, side: number) => number} */
        const map = (position, side) => later.reduce((at, by) => by.map(at, side), position);
        ranges.push({ from: map(from, 1), to: map(to, -1), isBrought });
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
 * The same content in which each text has the marks that `mark` makes of its own.
 * @param {Fragment} content
 * @param {(node: Node) => Node[]} mark
 * @returns {Fragment}
 */
function remarked(content, mark) {
  /** @type {Node[]} */
  const nodes = [];
  content.forEach((node) => nodes.push(...(node.isText ? mark(node) : [node.copy(remarked(node.content, mark))])));
  return Fragment.from(nodes);
}

/** @type {(marks: readonly Mark[], origin: Mark | null) => readonly Mark[]} */
function withOrigin(marks, origin) {
  const others = marks.filter(({ type }) => !OF_ORIGIN.includes(type));
  return origin ? origin.addToSet(others) : others;
}

/**
 * @param {Slice} slice
 * @param {boolean} isPlain whether its marks are those of the place that it comes to
 */
function attributed({ content, openStart, openEnd }, isPlain) {
  const divided = recall(content);
  const unknown = pasted.create();
  const marked = remarked(content, (node) =>
    divided
      ? divided(node.text ?? "").map(([text, origin]) => schema.text(text, withOrigin(node.marks, origin)))
      : [node.mark(withOrigin(node.marks, (!isPlain && originOf(node.marks)) || unknown))]);
  return new Slice(marked, openStart, openEnd);
}

/** @param {{isSuggested: (transaction: Transaction) => boolean}} options */
export function provenance({ isSuggested }) {
  return new Plugin({
    props: {
      transformCopied: (slice) => {
        remember(slice.content);
        return slice;
      },
      transformPasted: (slice, view, isPlain) => attributed(slice, isPlain),
    },
    appendTransaction(transactions, before, state) {
      const { storedMarks } = state;
      const change = state.tr;
      for (const { from, to, isBrought } of inserted(transactions)) {
        state.doc.nodesBetween(from, to, (node, at) => {
          if (!node.isText) return;
          const [first, last] = [Math.max(from, at), Math.min(to, at + node.nodeSize)];
          const origin = isBrought ? originOf(node.marks) : null;
          for (const type of OF_ORIGIN) {
            const stays = isBrought && type !== agent;
            if (!stays && type.isInSet(node.marks)) change.removeMark(first, last, type);
          }
          if (origin && !pasted.isInSet(node.marks)) change.addMark(first, last, origin);
        });
      }
      for (const { from, to } of inserted(transactions, (transaction) => !isSuggested(transaction))) {
        if (state.doc.rangeHasMark(from, to, deletion)) change.removeMark(from, to, deletion);
      }
      if (!change.docChanged) return null;
      const kept = storedMarks && deletion.removeFromSet(withOrigin(storedMarks, null));
      return kept ? change.setStoredMarks(kept) : change;
    },
  });
}
