/** Putting images into a text: chosen, pasted or dropped, and those that come along from elsewhere. */

import { NodeSelection, Plugin, PluginKey, TextSelection } from "prosemirror-state";
import { insertPoint } from "prosemirror-transform";

import { addressOf } from "./image.js";
import { moveWhole } from "./moving.js";
import { hold, isWaiting, placeholders, release } from "./placeholders.js";
import { schema } from "./schema.js";
import { takeStep } from "./step.js";
import { show as showToast } from "./toasts.js";
import { create as createCard } from "./upload_card.js";
import { isForGood, send } from "./uploads.js";

/**
 * @typedef {import("prosemirror-view").EditorView} EditorView
 * @typedef {import("prosemirror-state").EditorState} EditorState
 * @typedef {import("./uploads.js").Stored} Stored
 * @typedef {(view: EditorView, files: File[], at: number) => void} Add
 */

export { isWaiting };

const { image, paragraph } = schema.nodes;
const INPUT_METHOD = 229;
const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const ELSEWHERE = new RegExp(`/documents/${UUID}/images/(${UUID})/`, "g");

const key = new PluginKey("images");

/** Lets a person choose images, which then stand behind the block with the caret. @param {EditorView} view */
export function chooseImage(view) {
  const add = /** @type {Add | undefined} */ (key.get(view.state)?.spec.add);
  if (!add || !view.editable) return;
  const field = document.createElement("input");
  Object.assign(field, { type: "file", accept: "image/*", multiple: true });
  field.addEventListener("change", () => {
    if (!view.isDestroyed) add(view, [...(field.files ?? [])], placeAt(view.state));
    view.focus();
  });
  field.click();
}

/** Behind the block with the caret, before it if there is nothing in it. @type {(state: EditorState, position?: number) => number} */
function placeAt({ doc, selection }, position = selection.to) {
  const $at = doc.resolve(position);
  if (!$at.parent.isTextblock) return position;
  return $at.parent.content.size ? $at.after() : $at.before();
}

/** Those of what is pasted or dropped. @param {DataTransfer | null} data */
const filesIn = (data) => [...(data?.files ?? [])];
const isImage = (/** @type {File} */ { type }) => type.startsWith("image/");

/** Whether there are words beside the images: other programs add a picture of what they copy. @param {DataTransfer} data */
function hasWords(data) {
  const html = data.getData("text/html").replace(/<(style|title)\b.*?<\/\1>|<[^>]*>/gis, "");
  return Boolean(html.trim() || data.getData("text/plain").trim());
}

/** The addresses of images of other documents, by their ids. @param {string} html */
function imagesElsewhere(html) {
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const [path, id] of html.matchAll(ELSEWHERE)) {
    if (new URL(path, location.href).href !== addressOf(id)) found.set(id, path);
  }
  return found;
}

/**
 * @param {HTMLTemplateElement} template of what is shown while one is sent
 * @param {object} options
 * @param {string} options.address where they are sent to
 * @param {Record<string, string>} options.words
 * @param {HTMLElement} options.toasts
 * @param {HTMLElement} options.announcements
 * @returns {() => Plugin[]} for each editor
 */
export function images(template, { address, words, toasts, announcements }) {
  const sent = { address, words: /** @type {any} */ (words) };
  /** What ends the sending of each. @type {WeakMap<Element, () => void>} */
  const ending = new WeakMap();

  /** @type {(view: EditorView, file: File, at: number) => void} */
  const addOne = (view, file, at) => {
    /** @type {Stored | null} */
    let stored = null;
    const aborting = new AbortController();
    const { signal } = aborting;
    const card = createCard(template, {
      name: file.name,
      onRetry: () => void run(),
      onRemove: () => {
        aborting.abort();
        view.dispatch(release(view.state, card.element).change);
        view.focus();
      },
    });
    const insert = () => {
      const { change, at: here } = release(view.state, card.element);
      if (!stored || here === undefined) return;
      const { id, width, height } = stored;
      const to = insertPoint(view.state.doc, here, image) ?? view.state.doc.content.size;
      takeStep(view, change.insert(to, image.create({ src: id, width, height })));
      announcements.textContent = words.added;
    };
    const run = async () => {
      card.begin();
      try {
        stored ??= await send(file, { ...sent, signal, onProgress: card.progress });
        if (signal.aborted) return;
        if (view.editable) insert();
        else card.fail(words.locked);
      } catch (error) {
        if (!signal.aborted) card.fail(error instanceof Error ? error.message : words.failed, isForGood(error));
      }
    };
    ending.set(card.element, () => aborting.abort());
    hold(view, card.element, at);
    void run();
  };
  /** @type {Add} */
  const add = (view, files, at) => {
    const taken = files.filter(isImage);
    if (taken.length < files.length) showToast(toasts, words.others);
    for (const file of taken) addOne(view, file, at);
  };

  /** Keeps an image of another document in this one too. @type {(view: EditorView, id: string, from: string) => Promise<void>} */
  const bringOver = async (view, id, from) => {
    try {
      const answer = await fetch(from);
      if (!answer.ok) throw new Error(words.notCopied);
      const { signal } = new AbortController();
      const stored = await send(await answer.blob(), { ...sent, signal });
      if (view.isDestroyed) return;
      // Not a step of its own to undo: it belongs to the pasting.
      const change = view.state.tr.setMeta("addToHistory", false);
      view.state.doc.descendants((node, at) => {
        if (node.type === image && node.attrs.src === id) change.setNodeAttribute(at, "src", stored.id);
      });
      view.dispatch(change);
    } catch {
      showToast(toasts, words.notCopied);
    }
  };

  /** @type {(view: EditorView, event: ClipboardEvent) => boolean} */
  const handlePaste = (view, { clipboardData: data }) => {
    const files = filesIn(data);
    if (!data) return false;
    for (const [id, from] of imagesElsewhere(data.getData("text/html"))) void bringOver(view, id, from);
    if (!files.some(isImage) || hasWords(data)) return false;
    add(view, files, placeAt(view.state));
    return true;
  };
  /** @type {(view: EditorView, event: DragEvent, slice: unknown, isMoved: boolean) => boolean} */
  const handleDrop = (view, { dataTransfer, clientX, clientY }, slice, isMoved) => {
    const files = filesIn(dataTransfer);
    if (isMoved || !files.length) return false;
    const found = view.posAtCoords({ left: clientX, top: clientY });
    add(view, files, placeAt(view.state, found?.pos ?? view.state.doc.content.size));
    return true;
  };

  // Dropped anywhere else, a file would open in the page's stead.
  for (const kind of /** @type {const} */ (["dragover", "drop"])) {
    document.addEventListener(kind, (event) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    });
  }

  return () => [
    placeholders({ onGone: (element) => ending.get(element)?.() }),
    new Plugin({
      key,
      add,
      props: { handlePaste, handleDrop, handleTextInput: typeBelow, handleKeyDown: changeByKey },
    }),
  ];
}

/** @param {EditorState} state */
const selectedImage = ({ selection }) =>
  selection instanceof NodeSelection && selection.node.type === image ? selection : null;

/** What is typed while an image is selected comes below it: it would take the image's place. @type {(view: EditorView, from: number, to: number, text: string) => boolean} */
function typeBelow(view, from, to, text) {
  const selected = selectedImage(view.state);
  if (!selected) return false;
  const change = view.state.tr.insert(selected.to, paragraph.create(null, text ? schema.text(text) : null));
  view.dispatch(change.setSelection(TextSelection.create(change.doc, selected.to + 1 + text.length)));
  return true;
}

/** @type {(view: EditorView, event: KeyboardEvent) => boolean} */
function changeByKey(view, { key: name, keyCode, altKey, ctrlKey, metaKey, shiftKey }) {
  if (!selectedImage(view.state) || !view.editable || ctrlKey || metaKey || shiftKey) return false;
  // An input method begins: it needs a place for what it composes.
  if (keyCode === INPUT_METHOD) return !typeBelow(view, 0, 0, "");
  const direction = { ArrowUp: /** @type {const} */ (-1), ArrowDown: /** @type {const} */ (1) }[name];
  const isDeletion = name === "Delete" || name === "Backspace";
  if (altKey && direction) moveWhole(direction)(view.state, (change) => takeStep(view, change));
  else if (!altKey && isDeletion) takeStep(view, view.state.tr.deleteSelection().scrollIntoView());
  else return false;
  return true;
}
