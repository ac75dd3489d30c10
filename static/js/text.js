/** One section's text: an editor while it is near what is seen, a preview elsewhere. */

import { mount as mountEditor } from "./editor.js";
import { mount as mountPreview } from "./preview.js";
import { wordsOf } from "./dom.js";

const LEAVE_AFTER_MS = 5000;

/** Sections this near are edited: a screen above what is seen, and one below. */
const NEAR = { rootMargin: "100% 0px", scrollMargin: "100% 0px" };

/** @type {WeakMap<Element, (isNear: boolean) => void>} */
const watched = new WeakMap();
const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) watched.get(target)?.(isIntersecting);
}, NEAR);

/**
 * @param {HTMLElement} element holds the text; see `editor.mount`
 * @param {Omit<Parameters<typeof mountEditor>[1], "place"> & {
 *   onText: (doc: import("prosemirror-model").Node) => void}} options
 *   `onText` is told the text whenever it may have changed
 */
export function mount(element, { onText, ...options }) {
  const { provider, onChange } = options;
  const words = wordsOf(element);
  /** @type {ReturnType<typeof mountEditor> | null} */
  let editor = null;
  let leaving = 0;
  let stopPreview = () => {};

  const preview = document.createElement("div");
  preview.className = "ProseMirror preview";
  preview.tabIndex = 0;
  preview.role = "textbox";
  preview.ariaMultiLine = "true";
  preview.ariaReadOnly = "true";
  preview.ariaLabel = words.label;
  preview.dataset.placeholder = options.readonly ? "" : words.placeholder;
  const takeFocus = () => {
    if (element.dataset.ready === "true" && document.activeElement === preview) open().focus();
  };
  preview.addEventListener("focus", takeFocus);
  const ready = () => {
    element.dataset.ready = "true";
    takeFocus();
  };

  const open = () => {
    if (editor) return editor;
    stopPreview();
    editor = mountEditor(element, {
      ...options,
      place: (dom) => preview.replaceWith(dom),
      onChange: (view, before) => {
        if (view.state.doc !== before.doc) onText(view.state.doc);
        onChange(view, before);
      },
    });
    onText(editor.view.state.doc);
    return editor;
  };
  const showPreview = () => {
    stopPreview = mountPreview(preview, { shared: provider.document, onDraw: onText });
  };
  const leave = () => {
    // What somebody edits here keeps its history for undo.
    if (!editor || editor.isInUse()) return;
    const { dom } = editor.view;
    dom.before(preview);
    editor.destroy();
    editor = null;
    showPreview();
  };

  element.append(preview);
  showPreview();
  if (provider.isSynced) ready();
  else provider.on("synced", ready);
  watched.set(element, (isNear) => {
    clearTimeout(leaving);
    if (isNear) open();
    else leaving = setTimeout(leave, LEAVE_AFTER_MS);
  });
  watcher.observe(element);

  return {
    open,
    /** Its editor's view, while it has one. */
    view: () => editor?.view ?? null,
    destroy: () => {
      watcher.unobserve(element);
      provider.off("synced", ready);
      clearTimeout(leaving);
      stopPreview();
      editor?.destroy();
    },
  };
}
