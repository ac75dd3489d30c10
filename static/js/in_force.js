/**
 * What of a text is in force while nothing is decided: what is suggested to come is not there yet,
 * what is suggested to go still is. As writing/text/deciding.py has it when all is rejected.
 */

import { schema } from "./schema.js";
import { insertionOf, suggestionsOf } from "./suggested.js";

/** @typedef {import("prosemirror-model").Node} Node */

const { nodes, marks } = schema;
/** Nothing is joined over the border of one. */
const APART = new Set([nodes.table_cell, nodes.table_header, nodes.image, nodes.horizontal_rule]);

/** The insertion that the words at an edge of a block belong to. @param {Node | null} node */
const edge = (node) => (node?.isText ? insertionOf(node)?.attrs.id : undefined);

/** What kind of block it was before. @param {Node} node */
function formerType(node) {
  const change = suggestionsOf(node).find(({ type, attrs }) => type === marks.modification && attrs.type === "nodeType");
  return change?.attrs.previousValue ?? node.type.name;
}

/** @type {WeakMap<Node, string>} */
const known = new WeakMap();

/** The words and the kinds of their blocks, to tell whether a change left them alone. @param {Node} doc */
export function inForce(doc) {
  const before = known.get(doc);
  if (before !== undefined) return before;
  let text = "";
  /** The insertion that the block before ends with. @type {string | undefined} */
  let open;
  doc.descendants((node) => {
    if (!node.isInline && insertionOf(node)) return false;
    if (APART.has(node.type)) {
      open = undefined;
      text += `\n${node.type.name} ${node.attrs.src ?? ""}`;
    }
    if (!node.isTextblock) return !node.isLeaf;
    const isSplitOff = open !== undefined && open === edge(node.firstChild);
    if (!isSplitOff) text += `\n${formerType(node)} `;
    node.forEach((child) => {
      if (!insertionOf(child)) text += child.isText ? child.text : "\v";
    });
    open = edge(node.lastChild);
    return false;
  });
  // What stands for the border of blocks to be joined is no text.
  const found = text.replaceAll("\u200b", "");
  known.set(doc, found);
  return found;
}
