/**
 * What was last copied, cut or dragged in this tab, and which of it agents or nobody known had
 * written: pasted here again it is theirs still, and the rest is no stranger's.
 */

import { schema } from "./schema.js";

/**
 * @typedef {import("prosemirror-model").Fragment} Fragment
 * @typedef {import("prosemirror-model").Mark} Mark
 */

const { agent, pasted, deletion } = schema.marks;

/** Blocks are parted in several ways, so only what is to be seen is compared. */
const SPACE = /\s/;

/** @type {{text: string, origins: (Mark | null)[]}} */
let last = { text: "", origins: [] };

/** The mark that says who wrote it when it stands elsewhere. @param {readonly Mark[]} marks */
export function originOf(marks) {
  const byAgent = agent.isInSet(marks);
  return byAgent ? pasted.create({ attempt: byAgent.attrs.attempt }) : (pasted.isInSet(marks) ?? null);
}

/** @param {(Fragment | string)[]} contents what is a string has no origin */
export function remember(...contents) {
  last = { text: "", origins: [] };
  for (const content of contents) {
    if (typeof content === "string") note(content, null);
    else {
      content.descendants((node) => {
        if (node.isText && !deletion.isInSet(node.marks)) note(node.text ?? "", originOf(node.marks));
      });
    }
  }
}

/** @type {(text: string, origin: Mark | null) => void} */
function note(text, origin) {
  for (const character of text) {
    if (SPACE.test(character)) continue;
    last.text += character;
    last.origins.push(origin);
  }
}

/**
 * If it is what was copied here: divides its texts, one after another, by origin. Else null.
 * @param {Fragment} content
 * @returns {((text: string) => [string, Mark | null][]) | null}
 */
export function recall(content) {
  const text = content.textBetween(0, content.size).replace(/\s+/g, "");
  if (!text || text !== last.text) return null;
  const { origins } = last;
  let at = 0;
  return (some) => {
    /** @type {[string, Mark | null][]} */
    const found = [];
    for (const character of some) {
      // What is not to be seen goes with what stands before.
      const origin = origins[SPACE.test(character) ? Math.max(at - 1, 0) : at++];
      const before = found.at(-1);
      if (before && before[1] === origin) before[0] += character;
      else found.push([character, origin]);
    }
    return found;
  };
}
