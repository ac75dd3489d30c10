/**
 * What can be said of a selected image, and done with it; Tab, or Alt and F10, moves into it, Escape
 * back to the text.
 */

import { NodeSelection } from "prosemirror-state";

import { concerned, one } from "./dom.js";
import { moveWhole } from "./moving.js";
import { schema } from "./schema.js";
import { takeStep } from "./step.js";

/** @typedef {import("prosemirror-view").EditorView} EditorView */

const GAP_PX = 10;
// Over an image this many times as tall as the bar it hides little of it; below, it hides text.
const TALL = 3;

/** @param {EditorView | null} view */
function selectedIn(view) {
  const selection = view && !view.isDestroyed && view.editable ? view.state.selection : null;
  return selection instanceof NodeSelection && selection.node.type === schema.nodes.image ? selection : null;
}

/** @param {HTMLElement} bar with a field [name=alt] and buttons */
export function mount(bar) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const field = /** @type {HTMLInputElement} */ (one(bar, "[name=alt]"));
  /** @type {EditorView | null} */
  let view = null;
  /** The image whose description stands in the field. */
  let shown = "";

  /** @param {EditorView} view */
  const place = (view) => {
    const { from } = view.state.selection;
    const dom = view.nodeDOM(from);
    if (!(dom instanceof HTMLElement)) return;
    const { left, right, bottom, height: tall } = dom.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = bar;
    const isOver = tall > TALL * height;
    const x = Math.max(8, Math.min(isOver ? (left + right - width) / 2 : left, innerWidth - width - 8));
    const y = Math.max(8, Math.min(isOver ? bottom - height - GAP_PX : bottom + GAP_PX, innerHeight - height - 72));
    bar.style.translate = `${Math.round(x)}px ${Math.round(y)}px`;
  };
  const update = () => {
    const selected = selectedIn(view);
    if (!view || !selected || !(view.hasFocus() || bar.contains(document.activeElement))) {
      bar.hidden = true;
      return;
    }
    const { src, alt } = selected.node.attrs;
    if (src !== shown || document.activeElement !== field) field.value = alt;
    shown = src;
    bar.hidden = false;
    place(view);
  };
  const describe = () => {
    const selected = selectedIn(view);
    const alt = field.value.replace(/\s+/g, " ").trim();
    if (!view || !selected || selected.node.attrs.src !== shown || selected.node.attrs.alt === alt) return;
    const change = view.state.tr.setNodeAttribute(selected.from, "alt", alt);
    takeStep(view, change.setSelection(NodeSelection.create(change.doc, selected.from)));
  };
  /** @type {Record<string, (view: EditorView) => void>} */
  const actions = {
    up: (view) => void moveWhole(-1)(view.state, (change) => takeStep(view, change)),
    down: (view) => void moveWhole(1)(view.state, (change) => takeStep(view, change)),
    remove: (view) => {
      takeStep(view, view.state.tr.deleteSelection().scrollIntoView());
      view.focus();
    },
  };

  field.addEventListener("change", describe, options);
  bar.addEventListener("pointerdown", (event) => {
    // Pressing a button must not take the focus away from the text.
    if (concerned(event, "button")) event.preventDefault();
  }, options);
  bar.addEventListener("click", (event) => {
    const { action } = concerned(event, "[data-action]")?.dataset ?? {};
    if (!action || !view || !selectedIn(view)) return;
    describe();
    actions[action](view);
  }, options);
  bar.addEventListener("keydown", (event) => {
    const isDone = event.key === "Escape" || (event.key === "Enter" && event.target === field);
    if (!isDone || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    describe();
    view?.focus();
  }, options);
  bar.addEventListener("focusout", () => queueMicrotask(update), options);
  document.addEventListener("keydown", (event) => {
    const isAsked = (event.key === "Tab" && !event.shiftKey) || (event.key === "F10" && event.altKey);
    if (!isAsked || bar.hidden || !view?.hasFocus()) return;
    event.preventDefault();
    event.stopPropagation();
    field.focus();
    field.select();
  }, { ...options, capture: true });
  document.addEventListener("focusin", update, options);
  addEventListener("resize", update, options);
  addEventListener("scroll", update, { ...options, capture: true, passive: true });
  // Its height is known once it is loaded.
  document.addEventListener("load", update, { ...options, capture: true });

  return {
    /** Called after every update of any section's text. */
    follow: (/** @type {EditorView} */ changed) => {
      if (changed.hasFocus()) view = changed;
      if (changed === view) update();
    },
    destroy: () => listening.abort(),
  };
}
