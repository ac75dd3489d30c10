/**
 * What a person does to the text, as a suggestion. @handlewithcare/prosemirror-suggest-changes says
 * how a change becomes one; it is given the text with marks on its blocks (see suggested.js). What it
 * cannot suggest without touching what is in force is refused: never is anything changed silently.
 */

import { transformToSuggestionTransaction } from "@handlewithcare/prosemirror-suggest-changes";
import { Fragment, Slice } from "prosemirror-model";
import { EditorState, PluginKey, Selection, TextSelection } from "prosemirror-state";
import {
  AddMarkStep, AddNodeMarkStep, RemoveMarkStep, RemoveNodeMarkStep, ReplaceAroundStep, ReplaceStep, Transform,
} from "prosemirror-transform";
import { ySyncPluginKey } from "y-prosemirror";

import { inForce } from "./in_force.js";
import { LookStep, lookSteps } from "./look_step.js";
import { schema } from "./schema.js";
import { joinSplits, withoutLostBorders } from "./splits.js";
import { BORDER, encode, insertionOf, isSuggestion, plain, sliceOf, withAttribute, withMarks } from "./suggested.js";

/**
 * @typedef {import("prosemirror-model").Node} Node
 * @typedef {import("prosemirror-state").Transaction} Transaction
 * @typedef {import("prosemirror-transform").Step} Step
 * @typedef {object} Mode
 * @property {() => boolean} isOn
 * @property {() => string} newId
 * @property {(id: string) => boolean} isOwn whether a suggestion was begun in this browser, by this person
 * @property {() => void} refuse says that this cannot be suggested
 */

/**
 * Of a transaction: `isDone`, it is a suggestion already; `isMoved`, who wrote what it moves stays its
 * author; `isMany`, each of its steps is a suggestion of its own.
 */
export const key = new PluginKey("suggesting");

/** @param {Transaction} transaction */
export const isSuggested = (transaction) => transaction.getMeta(key)?.isDone === true;

/** Copies what stands there, and is not typed or pasted. @param {Transaction} transaction */
export const isOnlyMoved = (transaction) => transaction.getMeta(key)?.isMoved === true;

/** @param {Transaction} transaction */
const isFromElsewhere = (transaction) => transaction.getMeta(ySyncPluginKey)?.isChangeOrigin || isSuggested(transaction);

/** A change of a block's type or attributes alone. @param {ReplaceAroundStep} step */
const isMarkup = (step) => step.insert === 1 && step.slice.content.childCount === 1 && step.slice.size === 2 &&
  step.gapFrom === step.from + 1 && step.gapTo === step.to - 1;

/** A block that is given another type stays what it was suggested to be. @type {(step: Step, doc: Node) => Step} */
function keepSuggested(step, doc) {
  if (!(step instanceof ReplaceAroundStep && isMarkup(step))) return step;
  const suggested = doc.nodeAt(step.from)?.attrs.suggested;
  const made = step.slice.content.firstChild;
  if (!suggested || !made || made.attrs.suggested) return step;
  const kept = made.type.create({ ...made.attrs, suggested }, null, made.marks);
  const slice = new Slice(Fragment.from(kept), 0, 0);
  return new ReplaceAroundStep(step.from, step.to, step.gapFrom, step.gapTo, slice, step.insert, true);
}

/** @type {(step: Step, change: (node: Node) => Node) => Step} */
function convert(step, change) {
  if (step instanceof ReplaceStep) return new ReplaceStep(step.from, step.to, sliceOf(step.slice, change));
  if (!(step instanceof ReplaceAroundStep)) return step;
  const { from, to, gapFrom, gapTo, insert } = step;
  return new ReplaceAroundStep(from, to, gapFrom, gapTo, sliceOf(step.slice, change), insert, isMarkup(step));
}

/**
 * Wrapping and lifting, as putting whole blocks in the place of others: between the nearest places at
 * which both texts have blocks side by side. What is suggested in them already is copied as accepted.
 * @type {(step: Step, doc: Node, isOwn: Mode["isOwn"]) => Step}
 */
function asBlocks(step, doc, isOwn) {
  if (!(step instanceof ReplaceAroundStep) || isMarkup(step)) return step;
  const after = step.apply(doc).doc;
  if (!after) throw new Error("it fits nowhere");
  const map = step.getMap();
  const ends = [doc.resolve(step.from), doc.resolve(step.to)];
  const endsAfter = [after.resolve(map.map(step.from, -1)), after.resolve(map.map(step.to, 1))];
  const depth = Math.min(ends[0].sharedDepth(ends[1].pos), endsAfter[0].sharedDepth(endsAfter[1].pos));
  const [from, start] = [ends[0], endsAfter[0]].map(($at) => ($at.depth > depth ? $at.before(depth + 1) : $at.pos));
  const [to, end] = [ends[1], endsAfter[1]].map(($at) => ($at.depth > depth ? $at.after(depth + 1) : $at.pos));
  if ([schema.nodes.table, schema.nodes.table_row].includes(ends[0].node(depth).type)) throw new Error("cells are no blocks");
  doc.nodesBetween(from, to, (node) => {
    if (node.marks.some((mark) => isSuggestion(mark) && !isOwn(mark.attrs.id))) throw new Error("others suggest in it");
  });
  return new ReplaceStep(from, to, new Slice(plain(after.slice(start, end).content), 0, 0));
}

/** Takes over what a transaction says besides its steps. @type {(to: Transaction, from: Transaction) => Transaction} */
function takeOver(to, from) {
  Object.assign(/** @type {any} */ (to).meta, /** @type {any} */ (from).meta);
  if (from.selectionSet) to.setSelection(Selection.fromJSON(to.doc, from.selection.toJSON()));
  if (from.storedMarksSet) to.setStoredMarks(from.storedMarks);
  if (from.scrolledIntoView) to.scrollIntoView();
  return to;
}

/**
 * In editing, too, a block stays suggested whatever becomes of its type.
 * @type {(transaction: Transaction, state: EditorState) => Transaction}
 */
function edited(transaction, state) {
  const kept = transaction.steps.map((step, index) => keepSuggested(step, transaction.docs[index]));
  if (kept.every((step, index) => step === transaction.steps[index])) return transaction;
  const change = state.tr;
  for (const step of kept) change.step(step);
  return takeOver(change, transaction);
}

const { insertion, modification } = schema.marks;
/** Where a change that is no suggestion would have left the selection. */
const GOAL = "suggesting-goal";
const LOOKS = new Set(["strong", "em", "code", "link"]);

/**
 * The transaction on the text with marks on its blocks; where words go over the border of a split that
 * was only suggested, the border goes first.
 * @type {(transaction: Transaction, state: EditorState, id: string, isOwn: Mode["isOwn"]) => {before: EditorState, change: Transaction, joined: Transform}}
 */
function onMarks(transaction, state, id, isOwn) {
  const doc = withMarks(state.doc);
  const [only] = transaction.steps;
  const joined = transaction.steps.length === 1 && only instanceof ReplaceStep && only.from < only.to
    ? joinSplits(doc, only.from, only.to)
    : new Transform(doc);
  const selection = Selection.fromJSON(doc, state.selection.toJSON()).map(joined.doc, joined.mapping);
  const before = EditorState.create({ doc: joined.doc, selection });
  const change = before.tr;
  transaction.steps.forEach((step, index) => {
    const kept = convert(keepSuggested(step, transaction.docs[index]), withMarks);
    const isLook = (kept instanceof AddMarkStep || kept instanceof RemoveMarkStep) && LOOKS.has(kept.mark.type.name);
    for (const each of isLook ? lookSteps(kept, id) : [kept]) {
      const mapped = each.map(joined.mapping);
      if (mapped) change.step(asBlocks(mapped, change.doc, isOwn));
    }
  });
  // Unless no more went than a border, nothing else has come of it.
  if (change.doc.content.size === transaction.doc.content.size) {
    takeOver(change, transaction);
    change.setMeta(GOAL, Selection.fromJSON(change.doc, transaction.selection.toJSON()));
  }
  return { before, change, joined };
}

/**
 * What others suggest beside a change is not joined with it: the library is shown a text without that.
 * @type {(doc: Node, step: Step, isOwn: Mode["isOwn"]) => Node}
 */
function withoutNeighbours(doc, step, isOwn) {
  if (!(step instanceof ReplaceStep || step instanceof ReplaceAroundStep)) return doc;
  const { nodeBefore } = doc.resolve(step.from);
  const { nodeAfter } = doc.resolve(step.to);
  const [before, after] = [nodeBefore, nodeAfter].map((node) => node?.marks.find(isSuggestion));
  // In the midst of one, what is typed belongs to it.
  if (step.from === step.to && before && after && before.eq(after)) return doc;
  const change = new Transform(doc);
  const clear = (/** @type {Node} */ node, /** @type {number} */ at, /** @type {import("prosemirror-model").Mark} */ mark) => {
    if (node.isInline) change.removeMark(at, at + node.nodeSize, mark);
    else change.removeNodeMark(at, mark);
  };
  if (nodeBefore && before && !isOwn(before.attrs.id)) clear(nodeBefore, step.from - nodeBefore.nodeSize, before);
  if (nodeAfter && after && !isOwn(after.attrs.id)) clear(nodeAfter, step.to, after);
  return change.doc;
}

/** The id that what is put in has already, as an input method's letters do. @type {(transaction: Transaction, isOwn: Mode["isOwn"]) => string | undefined} */
function idWithin({ steps }, isOwn) {
  let id;
  for (const step of steps) {
    if (!(step instanceof ReplaceStep)) continue;
    step.slice.content.descendants((node) => {
      const own = insertionOf(node)?.attrs.id;
      if (own && isOwn(own)) id ??= own;
    });
  }
  return id;
}

/** That of a block that was only suggested to be split off, and is given another form. @type {(transaction: Transaction, isOwn: Mode["isOwn"]) => string | undefined} */
function idOfBlock({ steps, docs }, isOwn) {
  const index = steps.findIndex((step) => step instanceof ReplaceAroundStep);
  if (index < 0) return undefined;
  const { from } = /** @type {ReplaceAroundStep} */ (steps[index]);
  let first = docs[index].nodeAt(from);
  while (first?.firstChild) first = first.firstChild;
  const id = first?.text?.startsWith(BORDER) ? insertionOf(first)?.attrs.id : undefined;
  return id && isOwn(id) ? id : undefined;
}

/** That of a block which is one's own suggestion as a whole: what one does in it belongs to it. @type {(transaction: Transaction, isOwn: Mode["isOwn"]) => string | undefined} */
function idAround({ steps, docs }, isOwn) {
  const step = steps[0];
  if (!(step instanceof ReplaceStep)) return undefined;
  const $from = docs[0].resolve(step.from);
  const depth = Math.min($from.depth, $from.sharedDepth(step.to));
  const ids = Array.from({ length: depth }, (_, index) => insertionOf($from.node(index + 1))?.attrs.id);
  return ids.find((id) => id && isOwn(id));
}

/** @param {Transaction} transaction */
const hasWords = ({ steps }) => steps.some((step) =>
  step instanceof ReplaceStep && step.slice.content.textBetween(0, step.slice.content.size, "", " ") !== "");

/**
 * The steps of `tracked`, made on a text with marks, on the text itself.
 * @type {(state: EditorState, steps: readonly Step[], tracked: Transaction) => Transaction}
 */
function onText(state, steps, tracked) {
  const change = state.tr;
  for (const step of steps) {
    if (!(step instanceof AddNodeMarkStep || step instanceof RemoveNodeMarkStep)) change.step(convert(step, withAttribute));
  }
  tracked.doc.descendants((node, at) => {
    if (node.isText) return;
    const suggested = encode(node.marks);
    const here = change.doc.nodeAt(at);
    if (!here) throw new Error("the texts differ");
    if (here.attrs.suggested !== suggested) change.setNodeAttribute(at, "suggested", suggested);
    if (!node.isInline) return;
    for (const mark of here.marks.filter(isSuggestion)) change.removeMark(at, at + 1, mark);
  });
  if (!withMarks(change.doc).eq(tracked.doc)) throw new Error("the texts differ");
  return change;
}

/**
 * Where the person goes on. The library puts the caret before all that goes.
 * @type {(tracked: Transaction, change: Transaction, before: EditorState, isCopy: boolean) => Selection}
 */
function selectionAfter(tracked, change, before, isCopy) {
  const selection = /** @type {Selection} */ (change.getMeta(GOAL) ?? change.selection);
  const { selection: { empty, head } } = before;
  const [only] = change.steps;
  const isDeletion = change.steps.length === 1 && only instanceof ReplaceStep && !only.slice.size;
  if (empty && isDeletion && only.from < only.to) {
    const isForward = only.from === head;
    const at = isForward ? tracked.mapping.map(only.to, 1) : tracked.mapping.map(only.from, -1);
    return Selection.near(tracked.doc.resolve(at), isForward ? 1 : -1);
  }
  // What goes stays before what came of it, and so does what stands for borders.
  const isBehind = change.steps.every((step, index) => {
    const later = change.mapping.slice(index + 1);
    let isBefore = true;
    step.getMap().forEach((_from, _to, start) => { isBefore &&= later.map(start, -1) <= selection.from; });
    return isBefore;
  });
  if (!(isBehind || isCopy) || !(selection instanceof TextSelection)) {
    return change.selectionSet ? tracked.selection : before.selection.map(tracked.doc, tracked.mapping);
  }
  const shift = tracked.doc.content.size - change.doc.content.size;
  const at = (/** @type {number} */ place) => tracked.doc.resolve(Math.min(place + shift, tracked.doc.content.size));
  return TextSelection.between(at(selection.anchor), at(selection.head));
}

/**
 * A block that is changed again is still changed by one suggestion, from what it was before.
 * @type {(tracked: Transaction, id: string) => void}
 */
function mergeModifications(tracked, id) {
  const [before] = tracked.docs;
  if (!before) return;
  const back = tracked.mapping.invert();
  tracked.doc.descendants((node, at) => {
    if (node.isText) return;
    const former = before.nodeAt(Math.min(back.map(at, -1), before.content.size))?.marks ?? [];
    const name = former.find(({ type }) => type === modification)?.attrs.id ?? id;
    for (const mark of node.marks) {
      const { attrs } = mark;
      if (mark.type !== modification || attrs.id !== id) continue;
      const one = former.find(({ type, attrs: known }) =>
        type === modification && known.type === attrs.type && known.attrName === attrs.attrName);
      const previousValue = (one ? one.attrs.previousValue : attrs.previousValue) ?? null;
      const newValue = attrs.newValue ?? null;
      tracked.removeNodeMark(at, mark);
      if (previousValue === newValue) continue;
      tracked.addNodeMark(at, modification.create({ ...attrs, id: name, previousValue, newValue }));
    }
    const now = tracked.doc.nodeAt(at)?.marks.filter(({ type }) => type === modification) ?? [];
    if (now.some(({ attrs }) => attrs.type === "nodeType")) return;
    // Of the type that it no longer has.
    for (const mark of now) if (!(mark.attrs.attrName in node.attrs)) tracked.removeNodeMark(at, mark);
  });
}

/** Blocks that were only suggested, and whose words have gone elsewhere. @param {Transaction} tracked */
function removeEmptied(tracked) {
  const [before] = tracked.docs;
  const back = tracked.mapping.invert();
  /** @type {number[]} */
  const emptied = [];
  tracked.doc.forEach((node, at) => {
    const isEmpty = node.marks.some(({ type }) => type === insertion) && isBare(node);
    const former = isEmpty ? before.nodeAt(back.map(at, -1)) : null;
    if (former && !isBare(former) && former.type === node.type) emptied.push(at);
  });
  for (const at of emptied.reverse()) {
    const node = tracked.doc.nodeAt(at);
    if (node && tracked.doc.childCount > 1) tracked.delete(at, at + node.nodeSize);
  }
}

/** Whether nothing stands in it. @param {Node} node */
const isBare = (node) => node.textBetween(0, node.content.size, "", "\ufffc").replaceAll(BORDER, "") === "";

/** @type {(transaction: Transaction, state: EditorState, mode: Mode) => Transaction} */
function suggested(transaction, state, { newId, isOwn }) {
  const id = idWithin(transaction, isOwn) ?? idOfBlock(transaction, isOwn) ?? idAround(transaction, isOwn) ?? newId();
  const { before, change, joined } = onMarks(transaction, state, id, isOwn);
  const { docs } = /** @type {{docs: Node[]}} */ (change);
  change.steps.forEach((step, index) => {
    docs[index] = withoutNeighbours(docs[index], step, isOwn);
  });
  // Each place where words are replaced is decided on by itself.
  const isMany = Boolean(transaction.getMeta(key)?.isMany);
  const made = transformToSuggestionTransaction(change, before, isMany ? newId : () => id);
  const tracked = withoutLostBorders(made, change);
  mergeModifications(tracked, id);
  if (tracked.steps.length) removeEmptied(tracked);
  const isCopy = transaction.steps.some((step) => step instanceof ReplaceAroundStep && !isMarkup(step));
  const result = onText(state, [...joined.steps, ...tracked.steps], tracked);
  Object.assign(/** @type {any} */ (result).meta, /** @type {any} */ (transaction).meta);
  result.setMeta(key, { isDone: true, isMoved: !hasWords(transaction) });
  result.setSelection(Selection.fromJSON(result.doc, selectionAfter(tracked, change, before, isCopy).toJSON()));
  if (transaction.storedMarksSet) result.setStoredMarks(transaction.storedMarks);
  if (transaction.scrolledIntoView) result.scrollIntoView();
  return result;
}

/**
 * What is to be done in place of a transaction; null if it was refused.
 * @type {(transaction: Transaction, state: EditorState) => Transaction | null}
 */
export function asSuggestion(transaction, state) {
  const mode = /** @type {Mode | undefined} */ (key.get(state)?.spec.mode);
  if (!mode || !transaction.docChanged || isFromElsewhere(transaction)) return transaction;
  if (!mode.isOn()) return edited(transaction, state);
  try {
    const change = suggested(transaction, state, mode);
    // y-prosemirror would delete what the schema does not allow.
    change.doc.check();
    if (change.docChanged && inForce(change.doc) === inForce(state.doc)) return change;
  } catch (error) {
    // The library and ProseMirror raise errors of many kinds where a change fits nowhere.
    console.warn("not suggested:", error);
  }
  mode.refuse();
  return null;
}


/**
 * Each step by itself, as an update of its own; gives what is left to say.
 * @type {(view: import("prosemirror-view").EditorView, change: Transaction) => Transaction}
 */
export function stepwise(view, change) {
  const meta = { isDone: true, isMoved: isOnlyMoved(change) };
  for (const step of change.steps) view.dispatch(view.state.tr.step(step).setMeta(key, meta));
  const end = view.state.tr.setMeta(key, meta);
  if (change.selectionSet) end.setSelection(Selection.fromJSON(end.doc, change.selection.toJSON()));
  if (change.storedMarksSet) end.setStoredMarks(change.storedMarks);
  return end;
}

/** y-prosemirror must be told of a look and of what is noted of it one after the other. @param {Transaction} change */
export const isStepwise = (change) => change.steps.length > 1 && change.steps.some((step) => step instanceof LookStep);
