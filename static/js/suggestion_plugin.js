/** What an editor needs for suggestions, whether its person makes any or reads those of others. */

import { keydownHandler } from "prosemirror-keymap";
import { Slice } from "prosemirror-model";
import { Plugin, TextSelection } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";

import { schema } from "./schema.js";
import { bordersIn, splitsIn } from "./splits.js";
import { BORDER, insertionOf, isSuggestion, plain } from "./suggested.js";
import { key } from "./suggesting.js";

/**
 * @typedef {import("prosemirror-state").EditorState} EditorState
 * @typedef {import("prosemirror-state").Command} Command
 * @typedef {import("prosemirror-view").EditorView} EditorView
 * @typedef {-1 | 1} Direction
 */

/** The character beside the caret, if it stands for a border. @type {(state: EditorState, direction: Direction) => number | null} */
function borderBeside({ selection }, direction) {
  if (!(selection instanceof TextSelection) || !selection.$cursor) return null;
  const { nodeBefore, nodeAfter, pos } = selection.$cursor;
  const node = direction < 0 ? nodeBefore : nodeAfter;
  const isBorder = direction < 0 ? node?.text?.endsWith(BORDER) : node?.text?.startsWith(BORDER);
  return isBorder && node?.marks.some(isSuggestion) ? (direction < 0 ? pos - 1 : pos) : null;
}

/** The caret goes over it, and on: nobody knows that it is there. @type {(direction: Direction) => Command} */
const pass = (direction) => (state, dispatch) => {
  const border = borderBeside(state, direction);
  if (border === null) return false;
  const at = direction < 0 ? border : border + 1;
  dispatch?.(state.tr.setSelection(TextSelection.create(state.doc, at)));
  return false;
};

/**
 * Backspace and Delete at a border: a split that was only suggested goes; over a border that is
 * suggested to go the caret passes; elsewhere what is behind the character is meant.
 * @type {(direction: Direction) => Command}
 */
const remove = (direction) => (state, dispatch) => {
  const border = borderBeside(state, direction);
  if (border === null || !dispatch) return false;
  const { doc, tr } = state;
  const [split] = splitsIn(doc, border - 3, border + 4).filter((pair) => pair.some(({ at }) => at === border));
  const $border = doc.resolve(border);
  const isOuter = direction < 0 ? $border.parentOffset === 0 : $border.parentOffset === $border.parent.content.size - 1;
  if (isOuter && split) {
    dispatch(tr.delete(split[0].at, split[1].at + 1).setMeta(key, { isDone: true }).scrollIntoView());
    return true;
  }
  const at = direction < 0 ? border : border + 1;
  if (!isOuter) {
    dispatch(tr.setSelection(TextSelection.create(doc, at)));
    return false;
  }
  const beyond = TextSelection.findFrom(doc.resolve(direction < 0 ? $border.before() : $border.after()), direction, true);
  if (beyond) dispatch(tr.setSelection(beyond).scrollIntoView());
  return true;
};

/**
 * Enter in an item of a list in which nothing stands but the border it was split off with: the item
 * goes, and the text goes on below the list.
 * @type {(mode: import("./suggesting.js").Mode) => Command}
 */
const leaveList = (mode) => (state, dispatch, view) => {
  const border = borderBeside(state, -1);
  const { $from } = state.selection;
  const isItem = $from.depth > 2 && $from.node(-1).type === schema.nodes.list_item && $from.parent.content.size === 1;
  if (!mode.isOn() || border === null || !isItem || !view || $from.indexAfter(-2) < $from.node(-2).childCount) return false;
  if (!remove(-1)(state, dispatch, view)) return false;
  const { $from: $last } = view.state.selection;
  const after = $last.after($last.depth - 2);
  const change = view.state.tr.insert(after, schema.nodes.paragraph.create());
  view.dispatch(change.setSelection(TextSelection.create(change.doc, after + 1)).scrollIntoView());
  return true;
};

/** @param {import("./suggesting.js").Mode} mode */
const press = (mode) => keydownHandler({
  Enter: leaveList(mode),
  ArrowLeft: pass(-1), ArrowRight: pass(1), Backspace: remove(-1), Delete: remove(1),
});

const INPUT_METHOD = 229;

/** @param {Slice} slice */
const cleaned = (slice) => {
  const content = plain(slice.content);
  const { openStart, openEnd } = Slice.maxOpen(content);
  return new Slice(content, Math.min(slice.openStart, openStart), Math.min(slice.openEnd, openEnd));
};

/** Shows where the border of a block comes or goes. @type {WeakMap<import("prosemirror-model").Node, DecorationSet>} */
const drawn = new WeakMap();
/** @param {EditorState} state */
function decorations({ doc }) {
  const known = drawn.get(doc);
  if (known) return known;
  const made = DecorationSet.create(doc, bordersIn(doc).flatMap(({ at }) => {
    const { parentOffset, parent } = doc.resolve(at);
    return parentOffset && parentOffset === parent.content.size - 1 || parent.content.size === 1
      ? [Decoration.inline(at, at + 1, { class: "border-sign" })]
      : [];
  }));
  drawn.set(doc, made);
  return made;
}

/**
 * An input method writes into the page itself: with the mark on before it begins, its letters need
 * not be put elsewhere while it composes.
 * @type {(view: EditorView, mode: import("./suggesting.js").Mode) => void}
 */
function beginComposing(view, mode) {
  if (!mode.isOn()) return;
  const { selection: { $from, empty }, storedMarks, tr } = view.state;
  if (!empty) return;
  const beside = [$from.nodeBefore, $from.nodeAfter].map((node) => node && insertionOf(node)).find((mark) => mark && mode.isOwn(mark.attrs.id));
  const mark = beside ?? schema.marks.insertion.create({ id: mode.newId() });
  const marks = (storedMarks ?? $from.marks()).filter(({ type }) => type !== schema.marks.agent && type !== schema.marks.deletion);
  view.dispatch(tr.setStoredMarks(mark.addToSet(marks)));
}

/** @param {import("./suggesting.js").Mode} mode */
export function suggestions(mode) {
  const pressed = press(mode);
  return new Plugin({
    key,
    mode,
    props: {
      decorations,
      handleKeyDown: (view, event) => {
        // What is selected goes before an input method begins, which would write over it.
        if (event.keyCode === INPUT_METHOD && mode.isOn() && !view.state.selection.empty) {
          view.dispatch(view.state.tr.deleteSelection());
        }
        return pressed(view, event);
      },
      transformCopied: cleaned,
      transformPasted: cleaned,
      handleDOMEvents: { compositionstart: (view) => beginComposing(view, mode) },
    },
  });
}
