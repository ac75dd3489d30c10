/** What a person may do to the text, by keyboard, by typing Markdown, or from the toolbar. */

import {
  baseKeymap, chainCommands, exitCode, lift, setBlockType, toggleMark, wrapIn,
} from "prosemirror-commands";
import {
  InputRule, inputRules, textblockTypeInputRule, wrappingInputRule,
} from "prosemirror-inputrules";
import { keymap } from "prosemirror-keymap";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
import { goToNextCell } from "prosemirror-tables";
import { redo, undo } from "y-prosemirror";

import { schema } from "./schema.js";

/**
 * @typedef {import("prosemirror-state").EditorState} EditorState
 * @typedef {import("prosemirror-state").Command} Command
 * @typedef {import("prosemirror-model").NodeType} NodeType
 */

const { nodes, marks } = schema;
const HEADING_LEVEL = 2;

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

/**
 * @param {EditorState} state
 * @param {import("prosemirror-model").MarkType} mark
 */
export function hasMark(state, mark) {
  const { from, to, empty, $from } = state.selection;
  if (empty) return Boolean(mark.isInSet(state.storedMarks ?? $from.marks()));
  return state.doc.rangeHasMark(from, to, mark);
}

/** @type {(list: NodeType) => Command} */
const toggleList = (list) => (state, dispatch) => {
  const inside = around(state, nodes.bullet_list, nodes.ordered_list);
  if (!inside) return wrapInList(list)(state, dispatch);
  if (inside.node.type === list) return liftListItem(nodes.list_item)(state, dispatch);
  dispatch?.(state.tr.setNodeMarkup(inside.position, list));
  return true;
};

/** @type {Command} */
const toggleHeading = (state, dispatch) =>
  around(state, nodes.heading)
    ? setBlockType(nodes.paragraph)(state, dispatch)
    : setBlockType(nodes.heading, { level: HEADING_LEVEL })(state, dispatch);

/** @type {Command} */
const toggleQuote = (state, dispatch) =>
  around(state, nodes.blockquote) ? lift(state, dispatch) : wrapIn(nodes.blockquote)(state, dispatch);

const breakLine = chainCommands(exitCode, (state, dispatch) => {
  dispatch?.(state.tr.replaceSelectionWith(nodes.hard_break.create()).scrollIntoView());
  return true;
});

/**
 * A null address removes the link.
 * @type {(href: string | null) => Command}
 */
export const setLink = (href) => (state, dispatch) => {
  const { from, to, empty } = state.selection;
  if (empty) return false;
  const change = state.tr.removeMark(from, to, marks.link);
  if (href) change.addMark(from, to, marks.link.create({ href }));
  dispatch?.(change.scrollIntoView());
  return true;
};

/**
 * The toolbar's buttons: what each does, and whether it holds where the selection stands.
 * @type {Record<string, {run: Command, active: (state: EditorState) => boolean}>}
 */
export const tools = {
  strong: { run: toggleMark(marks.strong), active: (state) => hasMark(state, marks.strong) },
  em: { run: toggleMark(marks.em), active: (state) => hasMark(state, marks.em) },
  code: { run: toggleMark(marks.code), active: (state) => hasMark(state, marks.code) },
  heading: { run: toggleHeading, active: (state) => Boolean(around(state, nodes.heading)) },
  bullet_list: {
    run: toggleList(nodes.bullet_list),
    active: (state) => Boolean(around(state, nodes.bullet_list)),
  },
  ordered_list: {
    run: toggleList(nodes.ordered_list),
    active: (state) => Boolean(around(state, nodes.ordered_list)),
  },
  blockquote: { run: toggleQuote, active: (state) => Boolean(around(state, nodes.blockquote)) },
};

export const keys = () => [
  keymap({
    "Mod-z": undo,
    "Mod-y": redo,
    "Shift-Mod-z": redo,
    "Mod-b": tools.strong.run,
    "Mod-i": tools.em.run,
    "Mod-e": tools.code.run,
    "Mod-Alt-2": tools.heading.run,
    "Mod-Alt-0": setBlockType(nodes.paragraph),
    "Shift-Mod-7": tools.ordered_list.run,
    "Shift-Mod-8": tools.bullet_list.run,
    "Shift-Mod-9": tools.blockquote.run,
    "Shift-Enter": breakLine,
    "Mod-Enter": breakLine,
    Enter: splitListItem(nodes.list_item),
    Tab: chainCommands(goToNextCell(1), sinkListItem(nodes.list_item)),
    "Shift-Tab": chainCommands(goToNextCell(-1), liftListItem(nodes.list_item)),
  }),
  keymap(baseKeymap),
];

const rule = new InputRule(/^(?:---|\*\*\*|___)$/, (state, match, start, end) =>
  state.tr.delete(start, end).insert(start - 1, nodes.horizontal_rule.create()));

export const typing = () => inputRules({
  rules: [
    rule,
    textblockTypeInputRule(/^(#{1,6})\s$/, nodes.heading, (match) => ({ level: match[1].length })),
    textblockTypeInputRule(/^```$/, nodes.code_block),
    wrappingInputRule(/^\s*([-+*])\s$/, nodes.bullet_list),
    wrappingInputRule(/^(\d{1,4})[.)]\s$/, nodes.ordered_list,
      (match) => ({ order: Number(match[1]) }),
      (match, node) => node.childCount + node.attrs.order === Number(match[1])),
    wrappingInputRule(/^\s*>\s$/, nodes.blockquote),
  ],
});
