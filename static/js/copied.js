/** What a selection over several sections holds, clean of everything that is the page's alone. */

import { DOMParser, DOMSerializer, Fragment } from "prosemirror-model";

import { schema } from "./schema.js";
import { plain } from "./suggested.js";
import { wordsIn } from "./words.js";

/**
 * @typedef {import("./sections.js").Section} Section
 * @typedef {import("prosemirror-model").Node} Node
 * @typedef {{title: string | null, content: Fragment, marked: Fragment}} Part a title that is not
 *   part of it is null; `marked` is the same content with everything that is the page's
 */

const { agent, pasted, reviewed, comment } = schema.marks;
const OF_THE_HOUSE = [agent, pasted, reviewed, comment];
const WIDGETS = ".ProseMirror-widget, .cursor, .ProseMirror-separator, .ProseMirror-trailingBreak";

const parser = DOMParser.fromSchema(schema);
const serializer = DOMSerializer.fromSchema(schema);

/** @type {(content: Fragment) => Fragment} */
function clean(content) {
  /** @type {Node[]} */
  const kept = [];
  plain(content).forEach((node) => {
    const marks = node.marks.filter(({ type }) => !OF_THE_HOUSE.includes(type));
    kept.push((node.isText ? node : node.copy(clean(node.content))).mark(marks));
  });
  return Fragment.from(kept);
}

/** The part of a range that is in an element. @type {(range: Range, root: Element) => Range} */
function within(range, root) {
  const inside = range.cloneRange();
  if (!root.contains(inside.startContainer)) inside.setStart(root, 0);
  if (!root.contains(inside.endContainer)) inside.setEnd(root, root.childNodes.length);
  return inside;
}

/** @type {(range: Range, root: Element) => boolean} */
const holdsAll = (range, root) => {
  const all = document.createRange();
  all.selectNodeContents(root);
  return (
    range.compareBoundaryPoints(Range.START_TO_START, all) <= 0 &&
    range.compareBoundaryPoints(Range.END_TO_END, all) >= 0
  );
};

/** @type {(range: Range, root: Element) => Fragment} */
function read(range, root) {
  const copy = within(range, root).cloneContents();
  for (const widget of copy.querySelectorAll(WIDGETS)) widget.remove();
  return parser.parse(copy).content;
}

/**
 * @param {Range} range
 * @param {Section[]} sections in their order
 * @returns {Part[]}
 */
export function partsOf(range, sections) {
  /** @type {Part[]} */
  const parts = [];
  for (const section of sections) {
    const root = section.element.querySelector(".ProseMirror");
    if (!root || !range.intersectsNode(section.element)) continue;
    const doc = section.doc();
    const isIn = range.intersectsNode(root);
    const content = doc && holdsAll(range, root) ? doc.content : isIn ? read(range, root) : Fragment.empty;
    const title = range.intersectsNode(section.title) ? section.title.value : null;
    if (title !== null || content.size) parts.push({ title, content: clean(content), marked: content });
  }
  return parts;
}

/** @param {Part[]} parts */
export const wordsOfParts = (parts) => parts.reduce((sum, { content }) => sum + wordsIn(content), 0);

/** @param {Part[]} parts */
export function htmlOf(parts) {
  const page = document.createElement("div");
  for (const { title, content } of parts) {
    if (title !== null) page.append(Object.assign(document.createElement("h2"), { textContent: title }));
    page.append(serializer.serializeFragment(content));
  }
  return page.innerHTML;
}

/** @param {Part[]} parts */
export const textOf = (parts) =>
  parts
    .flatMap(({ title, content }) => [title, content.textBetween(0, content.size, "\n\n", "\n")])
    .filter(Boolean)
    .join("\n\n");
