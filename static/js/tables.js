/** Tables: what prosemirror-tables does, without writing what its person did not ask for. */

import { Plugin } from "prosemirror-state";
import {
  addColumnAfter, addColumnBefore, addRowAfter, addRowBefore, deleteColumn, deleteRow, deleteTable,
  findTable, goToNextCell, isInTable, rowIsHeader, TableMap, tableEditing, toggleHeader,
} from "prosemirror-tables";
import { ySyncPluginKey } from "y-prosemirror";

/**
 * @typedef {import("prosemirror-state").Command} Command
 * @typedef {import("prosemirror-state").EditorState} EditorState
 */

/** @param {import("prosemirror-state").Transaction} transaction */
const isFromOthers = (transaction) => Boolean(transaction.getMeta(ySyncPluginKey)?.isChangeOrigin);

/**
 * Two people who change a table at once may leave a row short. Every editor that is open would mend
 * it, each with cells of its own; so only who changes the table next does.
 */
export function tables() {
  const { spec } = tableEditing();
  return new Plugin({
    ...spec,
    appendTransaction(transactions, before, state) {
      if (transactions.every(isFromOthers)) return null;
      return spec.appendTransaction?.call(this, transactions, before, state);
    },
  });
}

/** From the last cell on into a new row. @type {Command} */
export const goToNewRow = (state, dispatch, view) => {
  if (!isInTable(state)) return false;
  if (!dispatch || !view) return addRowAfter(state, dispatch);
  addRowAfter(state, dispatch);
  return goToNextCell(1)(view.state, dispatch);
};

/** @type {Record<string, Command>} */
export const tableTools = {
  "row-above": addRowBefore,
  "row-below": addRowAfter,
  "column-left": addColumnBefore,
  "column-right": addColumnAfter,
  "delete-row": deleteRow,
  "delete-column": deleteColumn,
  "delete-table": deleteTable,
  "header-row": toggleHeader("row"),
};

/** The table that the selection stands in. @param {EditorState} state */
export const tableAround = ({ selection: { $from } }) => findTable($from);

/** @param {import("prosemirror-model").Node} table */
export const hasHeader = (table) => rowIsHeader(TableMap.get(table), table, 0);
