/** What typed Markdown becomes. */

import { setBlockType } from "prosemirror-commands";
import { InputRule, textblockTypeInputRule, wrappingInputRule } from "prosemirror-inputrules";

import { hrefTyped, schema } from "./schema.js";
import { BORDER } from "./suggested.js";
import { applyRule } from "./typing.js";

/**
 * @typedef {import("prosemirror-state").EditorState} EditorState
 * @typedef {import("prosemirror-model").MarkType} MarkType
 * @typedef {(state: EditorState, match: RegExpMatchArray, start: number, end: number) =>
 *   import("prosemirror-state").Transaction | null} Handler
 */

const { nodes, marks } = schema;
const FENCE = /^```([\w+#.-]*)$/;

/** A block's text up to a place in it. @param {import("prosemirror-model").ResolvedPos} $place */
export const textBefore = ({ parent, parentOffset }) => parent.textBetween(0, parentOffset, null, "\ufffc");

/** Whether a backtick before is still to be closed. @param {string} before */
export const isInCodeSpan = (before) => (before.match(/`/g)?.length ?? 0) % 2 === 1;

/** @type {(state: EditorState, from: number, to: number) => boolean} */
const hasCode = ({ doc }, from, to) => doc.rangeHasMark(from, to, marks.code);

/**
 * The first group is what stays, marked; what surrounds it goes.
 * @type {(pattern: RegExp, mark: (match: RegExpMatchArray) => import("prosemirror-model").Mark | null) => InputRule}
 */
const marked = (pattern, mark) => new InputRule(pattern, (state, match, start, end) => {
  const made = mark(match);
  const from = start + match[0].indexOf(match[1]);
  const to = from + match[1].length;
  if (!made || hasCode(state, start, from) || hasCode(state, to, end)) return null;
  if (isInCodeSpan(textBefore(state.doc.resolve(start)))) return null;
  const change = state.tr.delete(to, end).delete(start, from);
  return change.addMark(start, start + match[1].length, made).removeStoredMark(made.type);
});

/** @type {Handler} */
const divide = (state, match, start, end) => {
  const $start = state.doc.resolve(start);
  const [container, index] = [$start.node(-1), $start.index(-1)];
  if (!container.canReplaceWith(index, index, nodes.horizontal_rule)) return null;
  return state.tr.delete(start, end).insert($start.before(), nodes.horizontal_rule.create());
};

/** Three backticks, a language, and Enter. @type {import("prosemirror-state").Command} */
export const fence = (state, dispatch, view) => {
  const { $from, empty } = state.selection;
  const { textContent } = $from.parent;
  const border = textContent.startsWith(BORDER) ? 1 : 0;
  const found = FENCE.exec(textContent.slice(border));
  if (!empty || !found || $from.parent.type !== nodes.paragraph) return false;
  if (!setBlockType(nodes.code_block)(state)) return false;
  const change = state.tr.delete($from.start() + border, $from.end());
  change.setBlockType($from.start(), $from.start(), nodes.code_block, { params: found[1] });
  if (dispatch && view) applyRule(view, change);
  return true;
};

/** Of a block that was only suggested to be split off, the first character stands for its border. @param {InputRule} rule */
const behindBorder = (rule) => {
  const { match, handler } = /** @type {{match: RegExp, handler: Handler}} */ (/** @type {unknown} */ (rule));
  if (!match.source.startsWith("^")) return rule;
  const pattern = new RegExp(`^${BORDER}?${match.source.slice(1)}`, match.flags);
  return new InputRule(pattern, (state, found, start, end) => {
    const border = found[0].startsWith(BORDER) ? 1 : 0;
    const rest = Object.assign([...found], { index: found.index, input: found.input });
    rest[0] = found[0].slice(border);
    return handler(state, /** @type {RegExpMatchArray} */ (rest), start + border, end);
  });
};

export const markdown = [
  new InputRule(/^(?:---|\*\*\*|___)$/, divide),
  textblockTypeInputRule(/^(#{1,6})\s$/, nodes.heading, (match) => ({ level: match[1].length })),
  textblockTypeInputRule(/^```([\w+#.-]*)\s$/, nodes.code_block, (match) => ({ params: match[1] })),
  wrappingInputRule(/^\s*([-+*])\s$/, nodes.bullet_list),
  wrappingInputRule(/^(\d{1,4})[.)]\s$/, nodes.ordered_list,
    (match) => ({ order: Number(match[1]) }),
    (match, node) => node.childCount + node.attrs.order === Number(match[1])),
  wrappingInputRule(/^\s*>\s$/, nodes.blockquote),
  marked(/(?<![*\w])\*\*(?!\s)([^*]*[^*\s])\*\*$/, () => marks.strong.create()),
  marked(/(?<![*\w])\*(?!\s)([^*]*[^*\s])\*$/, () => marks.em.create()),
  // Inside a word, as in snake_case, these are only characters.
  marked(/(?<![_\p{L}\p{N}])_(?!\s)([^_]*[^_\s])_$/u, () => marks.em.create()),
  marked(/(?<!`)`([^`]+)`$/, () => marks.code.create()),
  marked(/(?<!!)\[([^[\]]+)\]\(([^()\s]+)\)$/, ([, , address]) => {
    const href = hrefTyped(address);
    return href ? marks.link.create({ href }) : null;
  }),
].map(behindBorder);
