/** A small toolbar at the selection; Alt and F10 moves into it, Escape back to the text. */

import { setLink, hasMark, tools } from "./commands.js";
import { safeHref, schema } from "./schema.js";

const GAP_PX = 10;

/** @param {HTMLElement} bar role="toolbar" with buttons [data-command] and a form for the address */
export function mount(bar) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const form = bar.querySelector("form");
  const address = form.elements.namedItem("href");
  const buttons = [...bar.querySelectorAll(":scope > [data-command]")];
  /** @type {import("prosemirror-view").EditorView | null} */
  let view = null;
  let pointing = false;

  const hide = () => {
    bar.hidden = true;
    form.hidden = true;
  };
  const place = () => {
    const { from, to } = view.state.selection;
    const [start, end] = [view.coordsAtPos(from), view.coordsAtPos(to, -1)];
    const { offsetWidth: width, offsetHeight: height } = bar;
    const sameLine = end.top < start.bottom;
    const middle = sameLine ? (start.left + end.right) / 2 : start.left + width / 2;
    const left = Math.max(8, Math.min(middle - width / 2, innerWidth - width - 8));
    // A phone shows its own menu above the selection.
    const above = start.top - height - GAP_PX;
    const below = matchMedia("(pointer: coarse)").matches || above < 60;
    const top = below ? Math.min(end.bottom + GAP_PX, innerHeight - height - 72) : above;
    bar.style.translate = `${Math.round(left)}px ${Math.round(top)}px`;
  };
  const show = () => {
    for (const button of buttons) {
      const { command } = button.dataset;
      const active = command === "link"
        ? hasMark(view.state, schema.marks.link)
        : tools[command].active(view.state);
      button.ariaPressed = String(active);
    }
    bar.hidden = false;
    place();
  };
  const update = () => {
    const wanted = view && !view.isDestroyed && view.editable && !pointing &&
      !view.state.selection.empty && !view.state.selection.node &&
      (view.hasFocus() || bar.contains(document.activeElement));
    if (wanted) show();
    else hide();
  };

  const askAddress = () => {
    const { from, to } = view.state.selection;
    let href = "";
    view.state.doc.nodesBetween(from, to, (node) => {
      href ||= node.marks.find((mark) => mark.type === schema.marks.link)?.attrs.href ?? "";
    });
    address.value = href;
    form.hidden = false;
    place();
    address.focus();
  };
  const run = (command) => {
    if (command === "link") askAddress();
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
    const button = event.target.closest("[data-command]");
    if (button) run(button.dataset.command);
  }, options);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = address.value.trim();
    const href = safeHref(typed) ?? safeHref(`https://${typed}`);
    address.setCustomValidity(href ? "" : address.placeholder);
    if (!href) return;
    setLink(href)(view.state, view.dispatch);
    form.hidden = true;
    view.focus();
  }, options);
  address.addEventListener("input", () => address.setCustomValidity(""), options);
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") {
      form.hidden = true;
      view.focus();
    } else if (step && event.target !== address) {
      buttons.at((buttons.indexOf(event.target) + step) % buttons.length).focus();
    }
  }, options);
  bar.addEventListener("focusout", () => queueMicrotask(update), options);
  document.addEventListener("keydown", (event) => {
    if (!view || !view.hasFocus()) return;
    if (event.altKey && event.key === "F10" && !bar.hidden) buttons[0].focus();
    else if ((event.ctrlKey || event.metaKey) && event.key === "k" && !view.state.selection.empty) {
      event.preventDefault();
      show();
      askAddress();
    }
  }, options);
  document.addEventListener("pointerdown", (event) => {
    if (!bar.contains(event.target)) pointing = true;
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
    follow: (changed) => {
      if (changed.hasFocus()) view = changed;
      if (changed === view) update();
    },
    destroy: () => listening.abort(),
  };
}
