/** Undo and redo of what is done in one section's editor. */

import {
  defaultDeleteFilter, defaultProtectedNodes, ySyncPluginKey, yUndoPlugin,
} from "y-prosemirror";
import { UndoManager } from "yjs";

/**
 * As y-prosemirror's own, but what undoes the first words leaves their block. An editor is never
 * without one and would put another in at once, and after that nothing could be redone.
 *
 * @param {import("yjs").XmlFragment} body
 */
export const history = (body) => yUndoPlugin({
  undoManager: new UndoManager(body, {
    trackedOrigins: new Set([ySyncPluginKey]),
    captureTransaction: (transaction) => transaction.meta.get("addToHistory") !== false,
    deleteFilter: (item) => {
      const isOnly = item.parent === body && body.length === 1;
      return !isOnly && defaultDeleteFilter(item, defaultProtectedNodes);
    },
  }),
});
