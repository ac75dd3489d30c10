/**
 * The button that opens the menu of blocks, for who does not type a slash: in the margin beside the
 * caret's block, or, where there is no margin, at the end of an empty line.
 */

import { TextSelection } from "prosemirror-state";

import { keepPlaced } from "./floating.js";

/** @typedef {import("prosemirror-view").EditorView} EditorView */

const GAP_PX = 6;

/** @param {EditorView} view */
const isWanted = (view) => {
  const { selection } = view.state;
  return view.editable && view.hasFocus() && selection instanceof TextSelection && selection.empty &&
    !selection.$from.parent.type.spec.code;
};

/**
 * @param {HTMLElement} button
 * @param {object} options
 * @param {ReturnType<typeof import("./slash.js").mount>} options.menu
 */
export function mount(button, { menu }) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  /** @type {EditorView | null} */
  let view = null;

  const place = () => {
    const on = view && !view.isDestroyed && isWanted(view) ? view : null;
    button.hidden = !on;
    if (!on) return;
    const { $from } = on.state.selection;
    const { top, bottom } = on.coordsAtPos($from.start());
    const text = on.dom.getBoundingClientRect();
    const column = on.dom.closest("main")?.getBoundingClientRect() ?? text;
    const margin = text.left - button.offsetWidth;
    const hasMargin = margin >= column.left;
    button.hidden = !hasMargin && $from.parent.content.size > 0;
    const left = hasMargin ? Math.max(column.left, margin - GAP_PX) : text.right - button.offsetWidth;
    button.style.translate = `${Math.round(left)}px ${Math.round((top + bottom - button.offsetHeight) / 2)}px`;
  };
  const ask = keepPlaced(place, listening.signal);

  // Pressing it must not take the caret out of the text, nor a phone's keyboard away.
  button.addEventListener("pointerdown", (event) => event.preventDefault(), options);
  button.addEventListener("click", () => {
    if (view) menu.open(view);
  }, options);

  return {
    /** Called after every update of any section's text. @param {EditorView} changed */
    follow: (changed) => {
      if (changed.hasFocus()) view = changed;
      if (view) ask();
    },
    destroy: () => listening.abort(),
  };
}
