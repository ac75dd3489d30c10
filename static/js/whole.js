/**
 * A block that is selected as a whole, an image or a divider, while others write. The binding would
 * select whatever comes to stand there when somebody deletes it, and raises where nothing does.
 */

import { NodeSelection, Plugin, Selection } from "prosemirror-state";
import { getRelativeSelection, ySyncPluginKey } from "y-prosemirror";

import { find, isFromBinding, placeOf } from "./places.js";

/** @typedef {import("prosemirror-model").Node} Node */

/** @type {(one: Node | null, other: Node) => boolean} */
const isSame = (one, other) => one?.type === other.type && one.attrs.src === other.attrs.src;

/** @type {(doc: Node, at: number) => Selection} */
function caretNear(doc, at) {
  const $at = doc.resolve(Math.min(at, doc.content.size));
  return Selection.findFrom($at, 1, true) ?? Selection.findFrom($at, -1, true) ?? Selection.near($at);
}

export function whole() {
  /** @type {import("./places.js").Place | null} */
  let place = null;
  return new Plugin({
    view: (view) => {
      const { binding, doc } = ySyncPluginKey.getState(view.state);
      const keep = () => {
        const { selection } = view.state;
        place = selection instanceof NodeSelection ? placeOf(view.state, selection.from) : null;
      };
      // After the binding has noted the selection, or that of a step that was undone.
      const forget = () => {
        if (binding.beforeTransactionSelection?.type !== "node") return;
        const isWhole = view.state.selection instanceof NodeSelection;
        binding.beforeTransactionSelection = isWhole ? null : getRelativeSelection(binding, view.state);
      };
      doc.on("beforeAllTransactions", forget);
      keep();
      return { update: keep, destroy: () => doc.off("beforeAllTransactions", forget) };
    },
    appendTransaction(transactions, before, state) {
      const { selection } = before;
      if (!place || !(selection instanceof NodeSelection) || !transactions.some(isFromBinding)) return null;
      const at = find(state, place);
      const isThere = at !== null && isSame(state.doc.nodeAt(at), selection.node);
      return state.tr.setSelection(
        isThere ? NodeSelection.create(state.doc, at) : caretNear(state.doc, at ?? selection.from),
      );
    },
  });
}
