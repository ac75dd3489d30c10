/**
 * Places between blocks that stay where they are while others write: the binding replaces the whole
 * document with each of their edits, so that ProseMirror cannot follow a position through it.
 */

import {
  absolutePositionToRelativePosition, relativePositionToAbsolutePosition, ySyncPluginKey,
} from "y-prosemirror";

/**
 * @typedef {import("prosemirror-state").EditorState} EditorState
 * @typedef {import("yjs").RelativePosition} Place
 */

/** The name of a position, as long as the binding has heard of the state. @type {(state: EditorState, at: number) => Place} */
export function placeOf(state, at) {
  const { type, binding } = ySyncPluginKey.getState(state);
  return absolutePositionToRelativePosition(at, type, binding.mapping);
}

/** Where that is now; null if it is gone. @type {(state: EditorState, place: Place) => number | null} */
export function find(state, place) {
  const { doc, type, binding } = ySyncPluginKey.getState(state);
  return relativePositionToAbsolutePosition(doc, type, place, binding.mapping);
}

/** Whether it brings what others wrote, or undoes. @param {import("prosemirror-state").Transaction} transaction */
export const isFromBinding = (transaction) => Boolean(transaction.getMeta(ySyncPluginKey)?.isChangeOrigin);
