/** What a person may do to the text by keyboard or from the toolbar. */

import { baseKeymap, chainCommands, exitCode, setBlockType, toggleMark } from "prosemirror-commands";
import { keymap } from "prosemirror-keymap";
import { liftListItem, sinkListItem, splitListItem } from "prosemirror-schema-list";
import { goToNextCell } from "prosemirror-tables";
import { redo, undo } from "y-prosemirror";

import { blocks, blocksByName } from "./blocks.js";
import { fence } from "./rules.js";
import { schema } from "./schema.js";
import { goToNewRow } from "./tables.js";
import { takeBack } from "./typing.js";

/**
 * @typedef {import("prosemirror-state").EditorState} EditorState
 * @typedef {import("prosemirror-state").Command} Command
 * @typedef {import("prosemirror-model").MarkType} MarkType
 */

const { nodes, marks } = schema;

/**
 * @param {EditorState} state
 * @param {MarkType} mark
 */
export function hasMark(state, mark) {
  const { from, to, empty, $from } = state.selection;
  if (empty) return Boolean(mark.isInSet(state.storedMarks ?? $from.marks()));
  return state.doc.rangeHasMark(from, to, mark);
}

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

/** An empty heading or code block becomes a paragraph again. @type {Command} */
const emptyToParagraph = (state, dispatch) => {
  const { $from, empty } = state.selection;
  return empty && !$from.parent.content.size && setBlockType(nodes.paragraph)(state, dispatch);
};

/** @typedef {{run: Command, active: (state: EditorState) => boolean}} Tool */

/** @type {(mark: MarkType) => Tool} */
const inline = (mark) => ({ run: toggleMark(mark), active: (state) => hasMark(state, mark) });

/**
 * The toolbar's buttons: what each does, and whether it holds where the selection stands.
 * @type {Record<string, Tool>}
 */
export const tools = {
  strong: inline(marks.strong),
  em: inline(marks.em),
  code: inline(marks.code),
  ...Object.fromEntries(blocks.map(({ name, run, isHere }) => [name, { run, active: isHere }])),
};

export const keys = () => [
  keymap({
    "Mod-z": undo,
    "Mod-y": redo,
    "Shift-Mod-z": redo,
    "Mod-b": tools.strong.run,
    "Mod-i": tools.em.run,
    "Mod-e": tools.code.run,
    "Mod-Alt-0": blocksByName.paragraph.run,
    "Mod-Alt-1": tools["heading-1"].run,
    "Mod-Alt-2": tools["heading-2"].run,
    "Mod-Alt-3": tools["heading-3"].run,
    "Shift-Mod-7": tools["ordered-list"].run,
    "Shift-Mod-8": tools["bullet-list"].run,
    "Shift-Mod-9": tools.quote.run,
    "Shift-Enter": breakLine,
    "Mod-Enter": breakLine,
    Enter: chainCommands(fence, splitListItem(nodes.list_item)),
    Backspace: chainCommands(takeBack, emptyToParagraph),
    Tab: chainCommands(goToNextCell(1), goToNewRow, sinkListItem(nodes.list_item)),
    "Shift-Tab": chainCommands(goToNextCell(-1), liftListItem(nodes.list_item)),
  }),
  keymap(baseKeymap),
];
