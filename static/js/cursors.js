/** Where the others are in a section: a caret in their tone, with their name above it. */

import { Plugin } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";
import { yCursorPlugin, yCursorPluginKey } from "y-prosemirror";

import { whoIs } from "./presence.js";

/** @typedef {import("./presence.js").User} User */

const tone = (/** @type {User} */ user) => `tone-${user.tone ?? 5}`;

/** @param {User} user */
function caret(user) {
  const caret = document.createElement("span");
  caret.className = `cursor ${tone(user)}`;
  caret.classList.toggle("agent-cursor", Boolean(user.agent));
  caret.dataset.who = whoIs(user);
  const name = document.createElement("span");
  name.className = "cursor-name";
  name.textContent = user.name;
  // Word joiners keep a line from breaking between the caret and its word.
  caret.append("\u2060", name, "\u2060");
  return caret;
}

/** @type {Set<Element>} */
const moved = new Set();

/**
 * A name that would stand out beyond the page's edge stands to the left of its caret. All are
 * measured before any is changed: else each would have the page laid out once more.
 */
function keepInside() {
  const measured = [...moved]
    .filter((caret) => caret.checkVisibility({ contentVisibilityAuto: true }))
    .map((caret) => {
      const edge = caret.closest(".page-column")?.getBoundingClientRect().right ?? Infinity;
      const room = edge - caret.getBoundingClientRect().left;
      const name = caret.querySelector(".cursor-name")?.getBoundingClientRect().width ?? 0;
      return /** @type {const} */ ([caret, name > room]);
    });
  moved.clear();
  for (const [caret, isBeyond] of measured) caret.classList.toggle("at-edge", isBeyond);
}

/** @param {import("y-protocols/awareness").Awareness} awareness */
export function cursors(awareness) {
  return yCursorPlugin(awareness, {
    cursorBuilder: caret,
    selectionBuilder: (user) => ({ class: `selection ${tone(user)}` }),
  });
}

/**
 * Tints the block that an agent writes in, wherever its caret has gone.
 * @param {import("y-protocols/awareness").Awareness} awareness
 */
export function writtenBlocks(awareness) {
  return new Plugin({
    props: {
      decorations: (state) => {
        /** @type {DecorationSet} */
        const carets = yCursorPluginKey.getState(state);
        const blocks = carets.find(undefined, undefined, ({ key }) => key).flatMap(({ from, spec }) => {
          const user = awareness.getStates().get(Number(spec.key))?.user;
          const at = state.doc.resolve(from);
          if (!user?.agent || !at.depth) return [];
          return [Decoration.node(at.before(), at.after(), { class: `being-written ${tone(user)}` })];
        });
        return DecorationSet.create(state.doc, blocks);
      },
    },
  });
}

/**
 * Keeps names inside the page. People's fade while they rest; this shows them again when the person
 * moves, told by where their carets stand: a caret at the end of a block stays "at the end" while
 * its person types.
 */
export function namesOnMove() {
  /** @type {WeakMap<Element, string>} */
  const places = new WeakMap();
  /** @param {import("prosemirror-view").EditorView} view after every update */
  return (view) => {
    for (const caret of view.dom.querySelectorAll(".cursor")) {
      if (!moved.size) requestAnimationFrame(keepInside);
      moved.add(caret);
      if (caret.classList.contains("agent-cursor")) continue;
      const at = view.state.doc.resolve(view.posAtDOM(caret, 0));
      const place = `${at.depth} ${at.index(0)} ${at.parentOffset}`;
      if (places.get(caret) === place) continue;
      places.set(caret, place);
      for (const animation of caret.lastElementChild?.getAnimations() ?? []) animation.currentTime = 0;
    }
  };
}
