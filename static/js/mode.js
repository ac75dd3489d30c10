/**
 * Whether what a person does to the text is done or suggested: the switch in the bar, and Ctrl or Cmd,
 * Alt and X. Each browser keeps it for each document.
 */

import { uuidv4 } from "lib0/random";

import { kept } from "./choices.js";
import { concerned, wordsOf } from "./dom.js";
import { isShortcut } from "./shortcuts.js";
import { show } from "./toasts.js";

/** What moves text between sections, which is no suggestion. */
const DIRECT = "[data-split], [hx-post*='/merge/']";

/** So many of one's suggestions are gone on with after a reload. */
const MOST_OWN = 200;

/**
 * @param {HTMLElement} button role="switch"; data-on, data-off, data-refused and data-direct are said
 * @param {object} options
 * @param {string} options.documentId
 * @param {string} options.userId whose suggestions are one's own
 * @param {HTMLElement} options.desk is marked while one suggests
 * @param {HTMLElement} options.outline has what works on whole sections
 * @param {HTMLElement} options.toasts
 * @param {HTMLElement} options.announcements
 * @returns {import("./suggesting.js").Mode & {destroy: () => void}}
 */
export function mount(button, { documentId, userId, desk, outline, toasts, announcements }) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const words = wordsOf(button);
  const key = `suggesting ${documentId}`;
  const ownKey = `suggested ${documentId} ${userId}`;
  /** Those that were begun in this browser. @type {Set<string>} */
  const own = new Set(kept?.getItem(ownKey)?.split(" "));
  let isOn = kept?.getItem(key) === "on";

  const draw = () => {
    button.setAttribute("aria-checked", String(isOn));
    desk.classList.toggle("suggesting", isOn);
  };
  const toggle = () => {
    isOn = !isOn;
    if (isOn) kept?.setItem(key, "on");
    else kept?.removeItem(key);
    draw();
    announcements.textContent = isOn ? words.on : words.off;
  };
  const forbid = (/** @type {Event} */ event) => {
    event.preventDefault();
    event.stopPropagation();
    show(toasts, words.direct);
  };
  button.addEventListener("click", toggle, options);
  document.addEventListener("keydown", (event) => {
    if (isShortcut(event, "x")) {
      event.preventDefault();
      toggle();
    } else if (isOn && isShortcut(event, "Enter") && concerned(event, ".section-text")) forbid(event);
  }, { ...options, capture: true });
  outline.addEventListener("click", (event) => {
    if (isOn && concerned(event, DIRECT)) forbid(event);
  }, { ...options, capture: true });
  draw();

  return {
    isOn: () => isOn,
    newId: () => {
      const id = uuidv4();
      own.add(id);
      kept?.setItem(ownKey, [...own].slice(-MOST_OWN).join(" "));
      return id;
    },
    isOwn: (id) => own.has(id),
    refuse: () => void show(toasts, words.refused),
    destroy: () => listening.abort(),
  };
}

/** Who may not change the text suggests by forms. @type {import("./suggesting.js").Mode} */
export const noMode = { isOn: () => false, newId: uuidv4, isOwn: () => false, refuse: () => {} };
