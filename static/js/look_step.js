/**
 * Formatting as a suggestion: words get the look at once, and beside it the mark that says what they
 * looked like. The library would strike them and put a copy beside them, which is hard to read, and
 * what others write in the words meanwhile would stand in the struck ones alone.
 */

import { Transform, AddMarkStep, Step, StepResult } from "prosemirror-transform";

import { schema } from "./schema.js";
import { deletionOf, insertionOf, suggestionsOf } from "./suggested.js";

/**
 * @typedef {import("prosemirror-model").Mark} Mark
 * @typedef {import("prosemirror-model").Node} Node
 * @typedef {{before: Mark | null, after: Mark | null}} Look what a mark becomes
 */

const { modification } = schema.marks;

/** @type {(id: string, look: Look) => Mark} */
const noted = (id, { before, after }) => modification.create({
  id, type: "mark", attrName: null, previousValue: before?.toJSON() ?? null, newValue: after?.toJSON() ?? null,
});

/** What is suggested already of one kind of look. @type {(text: Node, name: string) => Mark | undefined} */
const notedOf = (text, name) => suggestionsOf(text).find(({ type, attrs }) =>
  type === modification && attrs.type === "mark" && (attrs.newValue ?? attrs.previousValue)?.type === name);

/** @type {(json: object | null) => Mark | null} */
const read = (json) => (json ? schema.markFromJSON(json) : null);

/**
 * One of two steps, each an update of its own: y-prosemirror takes a mark for another where only one
 * comes as one goes. First it is noted what the words looked like, then they are given the look.
 */
export class LookStep extends Step {
  /**
   * @param {number} from
   * @param {number} to
   * @param {Mark} mark
   * @param {{isAdded: boolean, id: string, isNote: boolean}} how
   */
  constructor(from, to, mark, how) {
    super();
    this.range = { from, to };
    this.mark = mark;
    this.how = how;
  }

  /** @param {Node} doc */
  apply(doc) {
    const { range: { from, to }, mark, how: { isAdded, isNote } } = this;
    const change = new Transform(doc);
    doc.nodesBetween(from, to, (node, at, parent) => {
      const isMeant = node.isText && !deletionOf(node) && parent?.type.allowsMarkType(mark.type);
      if (!isMeant || isAdded === mark.isInSet(node.marks)) return;
      const [start, end] = [Math.max(at, from), Math.min(at + node.nodeSize, to)];
      if (isNote) this.note(change, node, start, end);
      else if (isAdded) change.addMark(start, end, mark);
      else change.removeMark(start, end, mark);
    });
    return StepResult.ok(change.doc);
  }

  /** @type {(change: Transform, node: Node, start: number, end: number) => void} */
  note(change, node, start, end) {
    const { mark, how: { isAdded, id } } = this;
    if (insertionOf(node)) return;
    const former = notedOf(node, mark.type.name);
    const before = former ? read(former.attrs.previousValue) : (mark.type.isInSet(node.marks) ?? null);
    const after = isAdded ? mark : null;
    if (former) change.removeMark(start, end, former);
    // Back to what it was: nothing is suggested any more.
    if (before && after ? before.eq(after) : before === after) return;
    change.addMark(start, end, noted(former?.attrs.id ?? id, { before, after }));
  }

  /** @param {import("prosemirror-transform").Mappable} mapping */
  map(mapping) {
    const [start, end] = [mapping.mapResult(this.range.from, 1), mapping.mapResult(this.range.to, -1)];
    if ((start.deleted && end.deleted) || start.pos >= end.pos) return null;
    return new LookStep(start.pos, end.pos, this.mark, this.how);
  }

  /** Undo is Yjs's alone. @returns {Step} */
  invert() {
    throw new Error("never inverted");
  }

  toJSON() {
    return { stepType: "look" };
  }
}

/** @type {(step: AddMarkStep | import("prosemirror-transform").RemoveMarkStep, id: string) => LookStep[]} */
export const lookSteps = (step, id) => [true, false].map((isNote) =>
  new LookStep(step.from, step.to, step.mark, { isAdded: step instanceof AddMarkStep, id, isNote }));
