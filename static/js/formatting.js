/** A small toolbar at the selection; Alt and F10 moves into it, Escape back to the text. */

import { TextSelection } from "prosemirror-state";

import { hasMark, setLink, tools } from "./commands.js";
import { all, concerned, holds, one, wordsOf } from "./dom.js";
import { goThrough } from "./floating.js";
import { hrefTyped, schema } from "./schema.js";

/** @typedef {import("prosemirror-view").EditorView} EditorView */

const GAP_PX = 10;

/** @param {HTMLElement} bar role="toolbar" with buttons [data-command] and a form for the address */
export function mount(bar) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const form = /** @type {HTMLFormElement} */ (one(bar, "form"));
  const address = /** @type {HTMLInputElement} */ (one(form, "[name=href]"));
  const buttons = all(bar, ":scope > button");
  const tooling = all(bar, ":scope > [data-command]");
  // Who may not write has no others.
  const commenting = tooling.length ? [] : buttons;
  /** @type {EditorView | null} */
  let view = null;
  let pointing = false;

  const hide = () => {
    bar.hidden = true;
    form.hidden = true;
  };
  /** @param {EditorView} view */
  const place = (view) => {
    const { from, to } = view.state.selection;
    const [start, end] = [view.coordsAtPos(from), view.coordsAtPos(to, -1)];
    const { offsetWidth: width, offsetHeight: height } = bar;
    const sameLine = end.top < start.bottom;
    const middle = sameLine ? (start.left + end.right) / 2 : start.left + width / 2;
    const column = view.dom.closest("main")?.getBoundingClientRect().left ?? 0;
    const left = Math.max(8, Math.min(Math.max(middle - width / 2, column + 8), innerWidth - width - 8));
    // A phone shows its own menu above the selection.
    const above = start.top - height - GAP_PX;
    const below = matchMedia("(pointer: coarse)").matches || above < 60;
    const top = below ? Math.min(end.bottom + GAP_PX, innerHeight - height - 72) : above;
    bar.style.translate = `${Math.round(left)}px ${Math.round(top)}px`;
  };
  /** @param {EditorView} view */
  const show = (view) => {
    for (const button of tooling) {
      const { command } = wordsOf(button);
      const active = command === "link"
        ? hasMark(view.state, schema.marks.link)
        : tools[command].active(view.state);
      button.ariaPressed = String(active);
    }
    bar.hidden = false;
    place(view);
  };
  /** @param {EditorView} view */
  const isWanted = (view) =>
    !view.isDestroyed && (view.editable ? buttons : commenting).length > 0 && !pointing &&
    view.state.selection instanceof TextSelection && !view.state.selection.empty &&
    (view.hasFocus() || bar.contains(document.activeElement));
  const update = () => {
    if (view && isWanted(view)) show(view);
    else hide();
  };

  /** @param {EditorView} view */
  const askAddress = (view) => {
    const { from, to } = view.state.selection;
    let href = "";
    view.state.doc.nodesBetween(from, to, (node) => {
      href ||= node.marks.find((mark) => mark.type === schema.marks.link)?.attrs.href ?? "";
    });
    address.value = href;
    form.hidden = false;
    place(view);
    address.focus();
  };
  /** @type {(view: EditorView, command: string) => void} */
  const run = (view, command) => {
    if (command === "link") askAddress(view);
    else if (command === "unlink") {
      setLink(null)(view.state, view.dispatch);
      form.hidden = true;
      view.focus();
    } else {
      tools[command].run(view.state, view.dispatch);
      view.focus();
    }
  };

  bar.addEventListener("pointerdown", (event) => {
    // Pressing a button must not take the selection away from the text.
    if (event.target !== address) event.preventDefault();
  }, options);
  bar.addEventListener("click", (event) => {
    const button = concerned(event, "[data-command]");
    if (button && view) run(view, wordsOf(button).command);
  }, options);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const href = hrefTyped(address.value);
    address.setCustomValidity(href ? "" : address.placeholder);
    if (!href || !view) return;
    setLink(href)(view.state, view.dispatch);
    form.hidden = true;
    view.focus();
  }, options);
  address.addEventListener("input", () => address.setCustomValidity(""), options);
  bar.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      form.hidden = true;
      view?.focus();
    } else if (event.target !== address) goThrough(event, buttons);
  }, options);
  bar.addEventListener("focusout", () => queueMicrotask(update), options);
  document.addEventListener("keydown", (event) => {
    if (!view || !view.hasFocus()) return;
    if (event.altKey && event.key === "F10" && !bar.hidden) {
      event.preventDefault();
      buttons[0].focus();
    } else if ((event.ctrlKey || event.metaKey) && event.key === "k" && view.editable && !view.state.selection.empty) {
      event.preventDefault();
      show(view);
      askAddress(view);
    }
  }, options);
  document.addEventListener("pointerdown", (event) => {
    if (!holds(bar, event)) pointing = true;
  }, options);
  document.addEventListener("pointerup", () => {
    pointing = false;
    setTimeout(update);
  }, options);
  document.addEventListener("focusin", update, options);
  addEventListener("resize", update, options);
  addEventListener("scroll", update, { ...options, capture: true, passive: true });

  return {
    /** Called after every update of any section's text. */
    follow: (/** @type {EditorView} */ changed) => {
      if (changed.hasFocus()) view = changed;
      if (changed === view) update();
    },
    destroy: () => listening.abort(),
  };
}
