/**
 * Applies rules to what is typed. The text is put in first and the rule follows as a step back of its
 * own, so that Backspace or undo gives exactly what was typed, whatever others wrote meanwhile.
 */

import { inputRules } from "prosemirror-inputrules";
import { Plugin, PluginKey } from "prosemirror-state";
import { undo, ySyncPluginKey, yUndoPluginKey } from "y-prosemirror";

import { asSuggestion, stepwise } from "./suggesting.js";

/**
 * @typedef {import("prosemirror-view").EditorView} EditorView
 * @typedef {import("prosemirror-state").EditorState} EditorState
 * @typedef {import("prosemirror-state").Transaction} Transaction
 */

/** Whether a rule was the last thing that happened to the person's text. */
const key = new PluginKey("typing");

/** What comes next is a step back of its own. @param {EditorState} state */
export const beginStep = (state) => yUndoPluginKey.getState(state)?.undoManager.stopCapturing();

/**
 * y-prosemirror writes what lies between two changes anew, and what others write in it would be lost.
 * So each step goes by itself.
 * @param {EditorView} view
 * @param {Transaction} rule
 */
export function applyRule(view, rule) {
  const change = asSuggestion(rule, view.state);
  if (!change) return;
  beginStep(view.state);
  view.dispatch(stepwise(view, change).setMeta(key, true).scrollIntoView());
  beginStep(view.state);
}

/** @param {import("prosemirror-inputrules").InputRule[]} rules */
export function typing(rules) {
  const matcher = inputRules({ rules });
  const match = /** @type {NonNullable<Plugin["props"]["handleTextInput"]>} */ (matcher.props.handleTextInput);
  /** @param {EditorView} view */
  const apply = (view) => {
    const { state } = view;
    const { from, empty } = state.selection;
    // All that the matcher asks of a view; it matches what stands before the caret.
    const caught = { state, composing: view.composing, dispatch: (/** @type {Transaction} */ rule) => applyRule(view, rule) };
    if (empty) match.call(matcher, /** @type {EditorView} */ (/** @type {unknown} */ (caught)), from, from, "", () => state.tr);
  };
  return new Plugin({
    key,
    state: {
      init: () => false,
      apply: (transaction, was) => {
        if (transaction.getMeta(key)) return true;
        const sync = transaction.getMeta(ySyncPluginKey);
        if (sync?.isChangeOrigin && !sync.isUndoRedoOperation) return was;
        return was && !transaction.docChanged && !transaction.selectionSet;
      },
    },
    props: {
      handleTextInput: (view, from, to, text, type) => {
        if (view.composing) return false;
        view.dispatch(type());
        apply(view);
        return true;
      },
      handleDOMEvents: {
        // What an input method gave stands in the text a moment later.
        compositionend: (view) => {
          setTimeout(() => {
            if (!view.isDestroyed) apply(view);
          });
        },
      },
    },
  });
}

/** Right after a rule: back to what was typed. @type {import("prosemirror-state").Command} */
export const takeBack = (state, dispatch) => Boolean(key.getState(state) && (!dispatch || undo(state)));
