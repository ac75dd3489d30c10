/**
 * How blocks carry what is suggested about them. Words carry marks; of blocks y-prosemirror syncs
 * attributes alone, so theirs are the marks' canonical JSON, which Python reads and writes too.
 * What the library makes of a change it makes of a text with marks on its blocks: both ways here.
 */

import { Fragment, Slice } from "prosemirror-model";

import { schema } from "./schema.js";

/**
 * @typedef {import("prosemirror-model").Node} Node
 * @typedef {import("prosemirror-model").Mark} Mark
 */

/** Stands for the border of a block that is suggested to be split or joined. */
export const BORDER = "\u200b";

const { insertion, deletion, modification } = schema.marks;
export const isSuggestion = (/** @type {Mark} */ { type }) => type === insertion || type === deletion || type === modification;

/** @type {(value: unknown) => string} */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([name, held]) => `${JSON.stringify(name)}:${canonical(held)}`).join(",")}}`;
}

/** What a block's marks are as its attribute. @param {readonly Mark[]} marks */
export function encode(marks) {
  const suggestions = marks.filter(isSuggestion);
  return suggestions.length ? canonical(suggestions.map((mark) => mark.toJSON())) : null;
}

/** What is suggested about a block, an image or a line's end; of words, their marks. @param {Node} node */
export function suggestionsOf(node) {
  if (node.isText) return node.marks.filter(isSuggestion);
  const { suggested } = node.attrs;
  return suggested ? /** @type {object[]} */ (JSON.parse(suggested)).map((mark) => schema.markFromJSON(mark)) : [];
}

export const insertionOf = (/** @type {Node} */ node) => suggestionsOf(node).find(({ type }) => type === insertion);
export const deletionOf = (/** @type {Node} */ node) => suggestionsOf(node).find(({ type }) => type === deletion);

/** @type {(content: Fragment, change: (node: Node) => Node) => Fragment} */
function each(content, change) {
  let isSame = true;
  const nodes = content.content.map((node) => {
    const changed = change(node);
    isSame &&= changed === node;
    return changed;
  });
  return isSame ? content : Fragment.from(nodes);
}

/** Blocks never change, new ones take their place. @type {WeakMap<Node, Node>} */
const marked = new WeakMap();

/** The same with marks on blocks. @type {(node: Node) => Node} */
export function withMarks(node) {
  if (node.isText) return node;
  const known = marked.get(node);
  if (known) return known;
  const content = each(node.content, withMarks);
  const suggestions = suggestionsOf(node);
  const made = content === node.content && !suggestions.length
    ? node
    : node.type.create(
        node.type === schema.topNodeType ? null : { ...node.attrs, suggested: null },
        content,
        suggestions.reduce((marks, mark) => mark.addToSet(marks), node.marks),
      );
  marked.set(node, made);
  return made;
}

/** The same with the attribute in their place. @type {(node: Node) => Node} */
export function withAttribute(node) {
  if (node.isText) return node;
  const content = each(node.content, withAttribute);
  const suggested = encode(node.marks);
  if (content === node.content && !suggested) return node;
  const attrs = suggested ? { ...node.attrs, suggested } : node.attrs;
  return node.type.create(attrs, content, node.marks.filter((mark) => !isSuggestion(mark)));
}

/** @type {(slice: Slice, change: (node: Node) => Node) => Slice} */
export const sliceOf = (slice, change) => {
  const content = each(slice.content, change);
  return content === slice.content ? slice : new Slice(content, slice.openStart, slice.openEnd);
};

/** What is copied or pasted: neither suggestions nor what stands for borders. @type {(content: Fragment) => Fragment} */
export function plain(content) {
  /** @type {Node[]} */
  const kept = [];
  content.forEach((node) => {
    const marks = node.marks.filter((mark) => !isSuggestion(mark));
    if (!node.isText) {
      if (deletion.isInSet(node.marks)) return;
      const attrs = node.attrs.suggested ? { ...node.attrs, suggested: null } : node.attrs;
      kept.push(node.type.create(attrs, plain(node.content), marks));
      return;
    }
    const isBorder = insertionOf(node) || deletionOf(node);
    const text = isBorder ? (node.text ?? "").replaceAll(BORDER, "") : node.text;
    if (text && !deletionOf(node)) kept.push(schema.text(text, marks));
  });
  return Fragment.from(kept);
}
