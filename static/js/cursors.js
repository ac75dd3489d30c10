/** Where the others are in a section: a caret in their tone, with their name above it. */

import { yCursorPlugin } from "y-prosemirror";

/** @typedef {import("./presence.js").User} User */

const tone = (/** @type {User} */ user) => `tone-${user.tone ?? 5}`;

/** @param {User} user */
function caret(user) {
  const caret = document.createElement("span");
  caret.className = `cursor ${tone(user)}`;
  caret.classList.toggle("agent-cursor", Boolean(user.agent));
  const name = document.createElement("span");
  name.className = "cursor-name";
  name.textContent = user.name;
  // Word joiners keep a line from breaking between the caret and its word.
  caret.append("\u2060", name, "\u2060");
  // A name that would stand out beyond the page's edge stands to the left of its caret.
  requestAnimationFrame(() => {
    const edge = caret.closest(".page-column")?.getBoundingClientRect().right ?? Infinity;
    caret.classList.toggle("at-edge", name.getBoundingClientRect().right > edge);
  });
  return caret;
}

/** @param {import("y-protocols/awareness").Awareness} awareness */
export function cursors(awareness) {
  return yCursorPlugin(awareness, {
    cursorBuilder: caret,
    selectionBuilder: (user) => ({ class: `selection ${tone(user)}` }),
  });
}

/**
 * People's names fade while they rest; this shows them again when the person moves.
 * @param {import("y-protocols/awareness").Awareness} awareness
 * @param {HTMLElement} text
 */
export function showNamesOnMove(awareness, text) {
  /** @type {(change: {updated: number[]}, origin: unknown) => void} */
  const show = ({ updated }, origin) => {
    if (origin === "local" || !updated.length) return;
    for (const name of text.querySelectorAll(".cursor:not(.agent-cursor) > .cursor-name")) {
      for (const animation of name.getAnimations()) animation.currentTime = 0;
    }
  };
  awareness.on("change", show);
  return () => awareness.off("change", show);
}
