/**
 * The kinds of block that a person can make of a paragraph: the menu, the toolbar and keys offer them.
 * One more is an entry here and an option in templates/writing/blocks.html.
 */

import { chainCommands, lift, setBlockType, wrapIn } from "prosemirror-commands";
import { liftListItem, wrapInList } from "prosemirror-schema-list";
import { Selection } from "prosemirror-state";
import { isInTable } from "prosemirror-tables";

import { chooseImage } from "./images.js";
import { schema } from "./schema.js";

/**
 * @typedef {import("prosemirror-state").EditorState} EditorState
 * @typedef {import("prosemirror-state").Command} Command
 * @typedef {import("prosemirror-model").NodeType} NodeType
 * @typedef {object} Block
 * @property {string} name
 * @property {Command} run makes it, or takes it back where it is here already; it does not fit where this is false
 * @property {(state: EditorState) => boolean} isHere
 */

const { nodes } = schema;
const TABLE = { rows: 3, columns: 3 };

/**
 * The innermost node of one of `types` that the selection stands in, and its position.
 * @param {EditorState} state
 * @param {...NodeType} types
 */
function around(state, ...types) {
  const { $from } = state.selection;
  for (let depth = $from.depth; depth > 0; depth -= 1) {
    const node = $from.node(depth);
    if (types.includes(node.type)) return { node, position: $from.before(depth) };
  }
  return null;
}

/** Out of headings and code, lists and quotes; a paragraph stays one. @type {Command} */
const toParagraph = chainCommands(
  setBlockType(nodes.paragraph), liftListItem(nodes.list_item), lift, () => true,
);

/** @type {(name: string, type: NodeType, attrs?: {level: number}) => Block} */
const textblock = (name, type, attrs) => {
  const isHere = (/** @type {EditorState} */ { selection: { $from: { parent } } }) =>
    parent.type === type && (!attrs || parent.attrs.level === attrs.level);
  const to = setBlockType(type, attrs);
  const back = setBlockType(nodes.paragraph);
  return { name, isHere, run: (state, ...rest) => (isHere(state) ? back : to)(state, ...rest) };
};

/** @type {(name: string, type: NodeType) => Block} */
const list = (name, type) => ({
  name,
  isHere: (state) => around(state, nodes.bullet_list, nodes.ordered_list)?.node.type === type,
  run: (state, dispatch) => {
    const inside = around(state, nodes.bullet_list, nodes.ordered_list);
    if (!inside) return wrapInList(type)(state, dispatch);
    if (inside.node.type === type) return liftListItem(nodes.list_item)(state, dispatch);
    dispatch?.(state.tr.setNodeMarkup(inside.position, type));
    return true;
  },
});

/**
 * In place of the empty block that the caret stands in, or behind it; text can go on below.
 * @type {(name: string, type: NodeType, make: () => import("prosemirror-model").Node) => Block}
 */
const inserted = (name, type, make) => ({
  name,
  isHere: () => false,
  run: (state, dispatch) => {
    const { $to } = state.selection;
    if (!$to.parent.isTextblock || isInTable(state)) return false;
    const [container, index] = [$to.node(-1), $to.index(-1)];
    const replaces = !$to.parent.content.size && container.canReplaceWith(index, index + 1, type);
    if (!replaces && !container.canReplaceWith(index + 1, index + 1, type)) return false;
    const from = replaces ? $to.before() : $to.after();
    const isLast = index + 1 === container.childCount;
    const added = [make(), ...(isLast ? [nodes.paragraph.create()] : [])];
    const change = state.tr.replaceWith(from, $to.after(), added);
    // A table is entered; a rule has nothing inside.
    const at = change.doc.resolve(from + (added[0].isLeaf ? added[0].nodeSize : 1));
    dispatch?.(change.setSelection(Selection.near(at)).scrollIntoView());
    return true;
  },
});

function emptyTable() {
  const row = (/** @type {NodeType} */ cell) => nodes.table_row.create(
    null, Array.from({ length: TABLE.columns }, () => cell.create(null, nodes.paragraph.create())),
  );
  const rows = Array.from({ length: TABLE.rows }, (_, number) =>
    row(number ? nodes.table_cell : nodes.table_header));
  return nodes.table.create(null, rows);
}

/** @type {Block[]} */
export const blocks = [
  { name: "paragraph", run: toParagraph, isHere: () => false },
  textblock("heading-1", nodes.heading, { level: 1 }),
  textblock("heading-2", nodes.heading, { level: 2 }),
  textblock("heading-3", nodes.heading, { level: 3 }),
  list("bullet-list", nodes.bullet_list),
  list("ordered-list", nodes.ordered_list),
  {
    name: "quote",
    isHere: (state) => Boolean(around(state, nodes.blockquote)),
    run: (state, dispatch) =>
      (around(state, nodes.blockquote) ? lift : wrapIn(nodes.blockquote))(state, dispatch),
  },
  textblock("code-block", nodes.code_block),
  inserted("table", nodes.table, emptyTable),
  {
    name: "image",
    isHere: () => false,
    run: (state, dispatch, view) => {
      if (dispatch && view) chooseImage(view);
      return true;
    },
  },
  inserted("divider", nodes.horizontal_rule, () => nodes.horizontal_rule.create()),
];

/** @type {Record<string, Block>} */
export const blocksByName = Object.fromEntries(blocks.map((block) => [block.name, block]));
