/**
 * What stands in the text, for its author alone, where an image will be: how much of it is sent, or
 * why it was not taken. It keeps its place between the blocks while people write around it.
 */

import { Plugin, PluginKey } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";

import { find, isFromBinding, placeOf } from "./places.js";

/**
 * @typedef {import("prosemirror-state").EditorState} EditorState
 * @typedef {import("./places.js").Place} Place
 * @typedef {{element: HTMLElement, at: number, place: Place}} Held
 * @typedef {{add?: Held, remove?: HTMLElement}} Change
 */

/** @type {PluginKey<Held[]>} */
const key = new PluginKey("placeholders");

/** @type {(held: Held[], transaction: import("prosemirror-state").Transaction, state: EditorState) => Held[]} */
function follow(held, transaction, state) {
  if (!transaction.docChanged) return held;
  const { remove } = /** @type {Change} */ (transaction.getMeta(key) ?? {});
  const finished = held.findIndex(({ element }) => element === remove);
  return held.map((each, index) => {
    // An image comes behind those that wait before it.
    const mapped = transaction.mapping.map(each.at, index < finished ? -1 : 1);
    const found = isFromBinding(transaction) ? find(state, each.place) : null;
    return { ...each, at: Math.min(found ?? mapped, state.doc.content.size) };
  });
}

/** @param {{onGone: (element: HTMLElement) => void}} options told of what goes with its editor */
export function placeholders({ onGone }) {
  return new Plugin({
    key,
    state: {
      init: () => /** @type {Held[]} */ ([]),
      apply(transaction, held, before, state) {
        const { add, remove } = /** @type {Change} */ (transaction.getMeta(key) ?? {});
        const kept = follow(held, transaction, state).filter(({ element }) => element !== remove);
        return add ? [...kept, add] : kept;
      },
    },
    view: (view) => ({
      // By now the binding has heard of what was written here.
      update: () => {
        for (const each of key.getState(view.state) ?? []) each.place = placeOf(view.state, each.at);
      },
      destroy: () => {
        for (const { element } of key.getState(view.state) ?? []) onGone(element);
      },
    }),
    props: {
      decorations: (state) => DecorationSet.create(state.doc, (key.getState(state) ?? []).map(
        ({ at, element }) => Decoration.widget(at, element, {
          side: -1, stopEvent: () => true, ignoreSelection: true,
        }),
      )),
    },
  });
}

/** @type {(view: import("prosemirror-view").EditorView, element: HTMLElement, at: number) => void} */
export function hold(view, element, at) {
  const add = { element, at, place: placeOf(view.state, at) };
  view.dispatch(view.state.tr.setMeta(key, { add }));
}

/** A transaction in which it is gone, and where it stood. @type {(state: EditorState, element: HTMLElement) => {change: import("prosemirror-state").Transaction, at: number | undefined}} */
export function release(state, element) {
  const held = (key.getState(state) ?? []).find((each) => each.element === element);
  return { change: state.tr.setMeta(key, { remove: element }), at: held?.at };
}

/** Whether anything waits here. @param {EditorState} state */
export const isWaiting = (state) => (key.getState(state)?.length ?? 0) > 0;
