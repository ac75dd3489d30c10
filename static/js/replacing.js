/** Putting other words in the place of matches, as one step back in each section. */

import { yUndoPluginKey } from "y-prosemirror";

import { takeStep } from "./step.js";
import { key } from "./suggesting.js";

/**
 * @typedef {import("prosemirror-view").EditorView} EditorView
 * @typedef {import("./matches.js").Match} Match
 */

/**
 * The new words look as the old ones did, but are the person's (see provenance.js).
 * @param {EditorView} view
 * @param {Match[]} matches in order
 * @param {string} replacement
 * @returns {() => void} takes just this back, even after later edits
 */
export function replaceIn(view, matches, replacement) {
  const change = view.state.tr;
  for (const { from, to } of [...matches].reverse()) {
    const marks = change.doc.resolve(from).marksAcross(change.doc.resolve(to)) ?? [];
    if (replacement) change.replaceWith(from, to, view.state.schema.text(replacement, marks));
    else change.delete(from, to);
  }
  const history = yUndoPluginKey.getState(view.state);
  if (!history) throw new Error("only a text with a history is changed");
  const { undoManager } = history;
  const before = view.state.doc;
  takeStep(view, change.setMeta(key, { isMany: true }));
  // Where that could not be suggested, nothing is there to be taken back.
  if (view.state.doc === before) return () => {};
  const step = undoManager.undoStack.at(-1);
  return () => {
    if (!step || view.isDestroyed) return;
    const at = undoManager.undoStack.indexOf(step);
    // It was taken back by hand already.
    if (at < 0) return;
    // What was done since stays: the manager takes back what lies on top.
    undoManager.undoStack.push(...undoManager.undoStack.splice(at, 1));
    undoManager.undo();
  };
}
