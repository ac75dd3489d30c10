/** Makes a change that is one step back, whatever was typed right before or after. */

import { yUndoPluginKey } from "y-prosemirror";

/** @type {(view: import("prosemirror-view").EditorView, change: import("prosemirror-state").Transaction) => void} */
export function takeStep(view, change) {
  const { undoManager } = yUndoPluginKey.getState(view.state) ?? {};
  undoManager?.stopCapturing();
  view.dispatch(change);
  undoManager?.stopCapturing();
}
