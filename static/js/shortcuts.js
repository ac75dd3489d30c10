/** The dialog with all shortcuts, keys named as on this machine; Ctrl or Cmd and / opens it. */

import { present } from "./dialog.js";
import { all, concerned, wordsOf } from "./dom.js";

/** Where Ctrl and a letter move the caret, and Cmd takes its place. */
export const isApple = /^(Mac|iP)/.test(navigator.platform);

/**
 * Whether Ctrl or Cmd, Alt and a key are pressed. With Alt a Mac writes other characters, and AltGr,
 * which says that it is Ctrl and Alt, is for writing them elsewhere.
 * @type {(event: KeyboardEvent, key: string) => boolean}
 */
export function isShortcut(event, key) {
  if (!event.altKey || event.shiftKey || event.isComposing || event.getModifierState("AltGraph")) return false;
  if (isApple ? !event.metaKey : !event.ctrlKey) return false;
  const codes = /** @type {Record<string, string>} */ ({ ".": "Period", ",": "Comma" });
  return isApple ? event.code === (codes[key] ?? (key.length > 1 ? key : `Key${key.toUpperCase()}`)) : event.key.toLowerCase() === key.toLowerCase();
}

const SIGNS = { Mod: "⌘", Alt: "⌥", Shift: "⇧", Control: "⌃" };

/**
 * @param {HTMLTemplateElement} template its kbd elements hold keys such as Mod+Shift+Z; its data
 *   attributes the names of keys
 * @param {object} options
 * @param {HTMLDialogElement} options.dialog
 */
export function mount(template, { dialog }) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const words = wordsOf(template);
  /** @type {Record<string, string>} */
  const names = {
    Mod: words.control, Control: words.control, Alt: words.alt, Shift: words.shift, Enter: words.enter,
    Home: words.home, End: words.end, PageUp: words.pageUp, PageDown: words.pageDown,
    Backspace: words.backspace, Tab: words.tab, ...(isApple && SIGNS),
  };

  const open = () => {
    const content = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    if (isApple) for (const row of all(content, "[data-not-apple]")) row.remove();
    for (const shortcut of all(content, "kbd")) {
      const keys = (shortcut.textContent ?? "").split("+").map((key) => names[key] ?? key);
      shortcut.textContent = keys.join(isApple ? "" : " + ");
    }
    dialog.replaceChildren(content);
    present(dialog);
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || !(event.ctrlKey || event.metaKey) || event.altKey || dialog.open) return;
    event.preventDefault();
    open();
  }, options);
  document.addEventListener("click", (event) => {
    if (concerned(event, "[data-opens-shortcuts]")) open();
  }, options);
  return () => listening.abort();
}
