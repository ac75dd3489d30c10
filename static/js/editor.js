/** One section's text: a ProseMirror view on the shared fragment `body`. */

import { gapCursor } from "prosemirror-gapcursor";
import { EditorState, Plugin, TextSelection } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import { ySyncPlugin, yUndoPluginKey } from "y-prosemirror";

import { keys } from "./commands.js";
import { cursors, namesOnMove, writtenBlocks } from "./cursors.js";
import { concerned, wordsOf } from "./dom.js";
import { history } from "./history.js";
import { isWaiting } from "./images.js";
import { pasted } from "./pasted.js";
import { provenance } from "./provenance.js";
import { markdown } from "./rules.js";
import { isBlank, schema } from "./schema.js";
import { asSuggestion, isStepwise, isSuggested, stepwise } from "./suggesting.js";
import { suggestions } from "./suggestion_plugin.js";
import { tables } from "./tables.js";
import { typing } from "./typing.js";
import { typography } from "./typography.js";
import { whole } from "./whole.js";

/** @typedef {import("prosemirror-view").DecorationSet} DecorationSet */

const emptyState = () => new Plugin({
  props: { attributes: (state) => ({ class: isBlank(state.doc) ? "blank" : "" }) },
});

/** @param {(view: EditorView, before: EditorState) => void} onChange */
const observe = (onChange) => new Plugin({
  view: () => ({ update: (view, before) => onChange(view, before) }),
});

/**
 * @param {HTMLElement} element holds the text; data-label and data-placeholder are shown and read
 * @param {object} options
 * @param {import("@hocuspocus/provider").HocuspocusProvider} options.provider of this section
 * @param {boolean} options.readonly
 * @param {object} options.user what the others see beside our caret
 * @param {(dom: HTMLElement) => void} options.place puts the editor's element into `element`
 * @param {(view: EditorView, before: EditorState) => void} options.onChange after every update
 * @param {(view: EditorView, event: KeyboardEvent) => boolean} options.onKey before any key of the editor
 * @param {(view: EditorView, from: number, to: number, text: string) => void} options.onType before typed text is put in
 * @param {() => boolean} options.isLocked whether nothing may be changed for the moment
 * @param {(doc: import("prosemirror-model").Node) => DecorationSet} options.decorate
 * @param {() => Plugin[]} options.images what takes images up
 * @param {import("./suggesting.js").Mode} options.suggesting
 */
export function mount(element, { provider, readonly, user, place, onChange, onKey, onType, isLocked, decorate, images, suggesting }) {
  const { document: shared } = provider;
  const awareness = /** @type {import("y-protocols/awareness").Awareness} */ (provider.awareness);
  const words = wordsOf(element);
  const body = shared.getXmlFragment("body");
  const writing = readonly
    ? []
    : [
        history(body),
        suggestions(suggesting),
        ...images(),
        provenance({ isSuggested }),
        pasted(schema),
        typing([...markdown, ...typography(() => element.closest("[lang]")?.getAttribute("lang") ?? "")]),
        ...keys(),
        gapCursor(),
        tables(),
      ];
  const showNames = namesOnMove();
  const listening = new AbortController();

  // Only a section that somebody stands in has presence: fifty would keep fifty of them alive.
  awareness.setLocalState(null);
  element.addEventListener("focusin", () => awareness.setLocalState({ user }), {
    capture: true,
    signal: listening.signal,
  });
  element.addEventListener("focusout", () => awareness.setLocalState(null), {
    signal: listening.signal,
  });

  const view = new EditorView(place, {
    state: EditorState.create({
      schema,
      plugins: [
        ySyncPlugin(body),
        cursors(awareness),
        writtenBlocks(awareness),
        emptyState(),
        whole(),
        ...writing,
        observe((view, before) => {
          showNames(view);
          onChange(view, before);
        }),
      ],
    }),
    // The binding tells of cursors a moment later, when this section may be gone.
    dispatchTransaction: /** @this {EditorView} */ function (transaction) {
      if (this.isDestroyed) return;
      const change = asSuggestion(transaction, this.state);
      if (change && isStepwise(change)) this.dispatch(stepwise(this, change));
      else if (change) this.updateState(this.state.apply(change));
    },
    // Before the first sync an edit would meet a text that is not there yet.
    editable: () => !readonly && !isLocked() && element.dataset.ready === "true",
    handleKeyDown: onKey,
    handleTextInput: onType,
    decorations: ({ doc }) => decorate(doc),
    attributes: {
      role: "textbox",
      "aria-multiline": "true",
      "aria-label": words.label,
      "data-placeholder": readonly ? "" : words.placeholder,
      // What cannot be edited is reached by keyboard all the same, to be read and commented on.
      ...(readonly ? { tabindex: "0", "aria-readonly": "true" } : {}),
    },
    scrollMargin: { top: 72, bottom: 96, left: 0, right: 0 },
    scrollThreshold: { top: 72, bottom: 96, left: 0, right: 0 },
    handleClickOn: followLink,
  });

  // Asks again whether it may be edited.
  const ready = () => {
    element.dataset.ready = "true";
    view.setProps({});
  };
  if (provider.isSynced) ready();
  else provider.on("synced", ready);

  return {
    view,
    focus: (side = "start") => {
      const { doc } = view.state;
      const at = side === "start" ? TextSelection.atStart(doc) : TextSelection.atEnd(doc);
      view.dispatch(view.state.tr.setSelection(at));
      view.focus();
    },
    /** Whether somebody stands in it, could undo what was done here, or waits for an image. */
    isInUse: () => {
      if (isWaiting(view.state)) return true;
      const manager = yUndoPluginKey.getState(view.state)?.undoManager;
      return element.contains(document.activeElement) || Boolean(manager?.canUndo() || manager?.canRedo());
    },
    destroy: () => {
      listening.abort();
      provider.off("synced", ready);
      view.destroy();
    },
  };
}

/**
 * Links open with Ctrl or Cmd, as in other editors: a plain click places the caret.
 * @type {(view: EditorView, at: number, node: unknown, nodeAt: number, event: MouseEvent) => boolean}
 */
function followLink(view, at, node, nodeAt, event) {
  const link = concerned(event, "a[href]");
  if (!(link instanceof HTMLAnchorElement) || !(event.metaKey || event.ctrlKey || !view.editable)) return false;
  window.open(link.href, "_blank", "noopener");
  return true;
}
