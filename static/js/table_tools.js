/** The toolbar of the table that the caret stands in; Alt and F10 moves into it, Escape back to the text. */

import { NodeSelection } from "prosemirror-state";

import { all, concerned, wordsOf } from "./dom.js";
import { goThrough, keepPlaced, moveTo, visibleBox } from "./floating.js";
import { hasHeader, tableAround, tableTools } from "./tables.js";

/** @typedef {import("prosemirror-view").EditorView} EditorView */

const GAP_PX = 6;

/** @param {HTMLElement} bar role="toolbar" with buttons [data-command] */
export function mount(bar) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const buttons = /** @type {HTMLButtonElement[]} */ (all(bar, "button"));
  /** @type {EditorView | null} */
  let view = null;

  /** An image in a cell has a bar of its own. @param {EditorView} on */
  const isWanted = (on) =>
    !on.isDestroyed && on.editable && !(on.state.selection instanceof NodeSelection) &&
    (on.hasFocus() || bar.contains(document.activeElement));
  const place = () => {
    const on = view && isWanted(view) ? view : null;
    const table = on && tableAround(on.state);
    const shown = on && table && on.nodeDOM(table.pos);
    bar.hidden = !(shown instanceof HTMLElement);
    if (!on || !table || !(shown instanceof HTMLElement)) return;
    for (const button of buttons) {
      const { command } = wordsOf(button);
      button.disabled = !tableTools[command](on.state);
      if (command === "header-row") button.ariaPressed = String(hasHeader(table.node));
    }
    const box = shown.getBoundingClientRect();
    const seen = visibleBox();
    // The toolbar of a selection is above it, or on a phone below.
    const above = box.top - bar.offsetHeight - GAP_PX;
    const below = Math.min(box.bottom, seen.bottom - bar.offsetHeight - 2 * GAP_PX) + GAP_PX;
    const isAbove = matchMedia("(pointer: coarse)").matches;
    moveTo(bar, { left: box.left, top: isAbove ? above : below });
  };
  const ask = keepPlaced(place, listening.signal);

  bar.addEventListener("pointerdown", (event) => event.preventDefault(), options);
  bar.addEventListener("click", (event) => {
    const button = concerned(event, "[data-command]");
    if (!button || !view) return;
    tableTools[wordsOf(button).command](view.state, view.dispatch, view);
    view.focus();
  }, options);
  bar.addEventListener("keydown", (event) => {
    if (event.key === "Escape") view?.focus();
    else goThrough(event, buttons);
  }, options);
  document.addEventListener("keydown", (event) => {
    // The toolbar of a selection comes first and has said that it was meant.
    if (event.defaultPrevented || !event.altKey || event.key !== "F10" || bar.hidden || !view?.hasFocus()) return;
    event.preventDefault();
    buttons.find((button) => !button.disabled)?.focus();
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
