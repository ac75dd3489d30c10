/** For tests alone, which build it: an editor without a server. */

import { uuidv4 } from "lib0/random";
import { TextSelection } from "prosemirror-state";
import { DecorationSet } from "prosemirror-view";
import { Awareness } from "y-protocols/awareness";
import { relativePositionToAbsolutePosition, ySyncPluginKey } from "y-prosemirror";
import { applyUpdate, createRelativePositionFromJSON, Doc, encodeStateAsUpdate, XmlElement, XmlText } from "yjs";

import { mount } from "./editor.js";
import { wordsIn } from "./words.js";

export { GatheringSocket } from "./gathering.js";
export { tableTools } from "./tables.js";
export { countWords } from "./words.js";

/**
 * The shared tree as plain data, in the shape that the test's own walk over pycrdt gives.
 * @param {import("yjs").XmlFragment} fragment
 * @returns {object[]}
 */
function treeOf(fragment) {
  return fragment.toArray().map((child) => {
    if (child instanceof XmlText) return { text: child.toDelta() };
    if (!(child instanceof XmlElement)) throw new Error("only elements and texts are written");
    return { tag: child.nodeName, attributes: child.getAttributes(), children: treeOf(child) };
  });
}

/**
 * Opens an editor on a text, as the page does.
 * @param {number[]} update Yjs update v1
 */
export function open(update) {
  const shared = new Doc();
  applyUpdate(shared, Uint8Array.from(update));
  const provider = /** @type {any} */ ({
    document: shared,
    awareness: new Awareness(shared),
    isSynced: true,
    on: () => {},
    off: () => {},
  });
  const element = document.createElement("div");
  document.body.replaceChildren(element);
  /** @type {string[]} */
  const ids = [];
  let isSuggesting = false;
  let refused = 0;
  const editor = mount(element, {
    provider,
    readonly: false,
    user: { id: 1, name: "Ana", tone: 4 },
    place: (dom) => element.append(dom),
    onChange: () => {},
    onKey: () => false,
    onType: () => {},
    isLocked: () => false,
    decorate: () => DecorationSet.empty,
    images: () => [],
    suggesting: {
      isOn: () => isSuggesting,
      newId: () => {
        ids.push(uuidv4());
        return /** @type {string} */ (ids.at(-1));
      },
      isOwn: (id) => ids.includes(id),
      refuse: () => { refused += 1; },
    },
  });
  const { view } = editor;
  return {
    view,
    suggest: (/** @type {boolean} */ isOn) => { isSuggesting = isOn; },
    refused: () => refused,
    tree: () => treeOf(shared.getXmlFragment("body")),
    /** What others are sent of it, as bytes. */
    update: () => [...encodeStateAsUpdate(shared)],
    text: () => view.state.doc.textBetween(0, view.state.doc.content.size, "\n"),
    words: () => wordsIn(view.state.doc.content),
    /** The text before a cursor that the server tells of. */
    before: (/** @type {any} */ cursor) => {
      const { doc, type, binding } = ySyncPluginKey.getState(view.state);
      const position = createRelativePositionFromJSON(cursor.head);
      const at = relativePositionToAbsolutePosition(doc, type, position, binding.mapping);
      return at === null ? null : view.state.doc.textBetween(0, at, "\n");
    },
    receive: (/** @type {number[]} */ more) => applyUpdate(shared, Uint8Array.from(more)),
    /** Puts the caret behind so many characters of the first paragraph. */
    stand: (/** @type {number} */ offset) => {
      const { doc, tr } = view.state;
      view.dispatch(tr.setSelection(TextSelection.create(doc, 1 + offset)));
      view.focus();
    },
    destroy: editor.destroy,
  };
}
