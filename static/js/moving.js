/** Moving a block that is selected as a whole past its neighbour, or out of what holds it. */

import { NodeSelection } from "prosemirror-state";

/** Where it may go next; null at the edge of the text. @type {(selection: NodeSelection, direction: -1 | 1) => number | null} */
function nextPlace({ $from, node }, direction) {
  for (let depth = $from.depth; depth >= 0; depth -= 1) {
    const holder = $from.node(depth);
    const isOwn = depth === $from.depth;
    const index = $from.index(depth);
    // Of what holds it itself: past the next one. Further out: to the side of what it comes out of.
    const to = direction < 0 ? index - (isOwn ? 1 : 0) : index + (isOwn ? 2 : 1);
    if (to < 0 || to > holder.childCount) continue;
    if (holder.canReplaceWith(to, to, node.type)) return $from.posAtIndex(to, depth);
  }
  return null;
}

/** @type {(direction: -1 | 1) => import("prosemirror-state").Command} */
export const moveWhole = (direction) => (state, dispatch) => {
  const { selection } = state;
  if (!(selection instanceof NodeSelection)) return false;
  const to = nextPlace(selection, direction);
  if (to === null) return false;
  const change = state.tr.delete(selection.from, selection.to);
  const at = change.mapping.map(to);
  change.insert(at, selection.node).setSelection(NodeSelection.create(change.doc, at));
  dispatch?.(change.scrollIntoView());
  return true;
};
