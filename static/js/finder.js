/** What is looked for in all sections, the matches in their order, and which of them is the current one. */

import { Decoration, DecorationSet } from "prosemirror-view";

import { follow, matchesIn, patternOf } from "./matches.js";

/**
 * @typedef {import("./sections.js").Section} Section
 * @typedef {import("prosemirror-model").Node} Node
 * @typedef {import("./matches.js").Match} Match
 * @typedef {Match & {section: Section}} Found
 * @typedef {{id: string, at: number, doc: Node | null}} Place a position in a state of a section's text
 */

/**
 * Sections that are far from what is seen have no editor, and nobody sees what is marked there.
 * @param {() => Section[]} sections in their order
 */
export function finder(sections) {
  /** @type {RegExp | null} */
  let pattern = null;
  /** Where to look from: the current match begins here, if there is one. @type {Place | null} */
  let place = null;
  let isShown = false;
  /** @type {WeakMap<Node, Match[]>} */
  let matches = new WeakMap();
  /** @type {WeakMap<Node, {at: number | null, found: Match[], decorations: DecorationSet}>} */
  const drawn = new WeakMap();

  /** @param {Node | null} doc */
  const inDoc = (doc) => {
    if (!doc || !pattern) return [];
    const known = matches.get(doc);
    if (known) return known;
    const found = matchesIn(doc, pattern);
    matches.set(doc, found);
    return found;
  };
  const all = () => sections().flatMap((section) => inDoc(section.doc()).map((match) => ({ ...match, section })));
  /** @param {Found[]} found */
  const indexOf = (found) =>
    isShown ? found.findIndex(({ section, from }) => section.id === place?.id && from === place?.at) : -1;
  const draw = () => {
    for (const section of sections()) section.view()?.setProps({});
  };
  /** @param {Found[]} found */
  const firstAfter = (found) => {
    const order = new Map(sections().map(({ id }, index) => [id, index]));
    const here = order.get(place?.id ?? "") ?? 0;
    return found.findIndex(({ section, from }) => {
      const there = order.get(section.id) ?? 0;
      return there > here || (there === here && from >= (place?.at ?? 0));
    });
  };

  return {
    all,
    draw,
    /** @param {Section} section */
    inSection: (section) => inDoc(section.doc()),
    /** @param {import("./matches.js").Query | null} query */
    look: (query) => {
      pattern = query && patternOf(query);
      matches = new WeakMap();
      isShown = false;
    },
    /** @type {(section: Section, at: number) => void} */
    startAt: (section, at) => {
      place = { id: section.id, at, doc: section.doc() };
      isShown = false;
    },
    /** The number of the current match, from 0; -1 if there is none. */
    index: () => indexOf(all()),
    current: () => {
      const found = all();
      return found[indexOf(found)];
    },
    /**
     * Makes another match the current one: the next, the one before, or the first from here on.
     * @param {1 | -1 | 0} step
     */
    go: (step) => {
      const found = all();
      if (!found.length) return undefined;
      const now = indexOf(found);
      const after = firstAfter(found);
      const next = now < 0 ? after - (step < 0 ? 1 : 0) : now + step;
      // Behind the last comes the first.
      const chosen = found[now < 0 && after < 0 ? (step < 0 ? found.length - 1 : 0) : (next + found.length) % found.length];
      place = { id: chosen.section.id, at: chosen.from, doc: chosen.section.doc() };
      isShown = true;
      return chosen;
    },
    /** A section's text may have changed: the place in it moves along. @type {(id: string, doc: Node) => void} */
    follow: (id, doc) => {
      if (place?.id !== id || place.doc === doc) return;
      place = { id, at: place.doc ? follow(place.at, place.doc, doc) : place.at, doc };
    },
    /** @type {(id: string, doc: Node) => DecorationSet} */
    decorate: (id, doc) => {
      if (!pattern) return DecorationSet.empty;
      const at = isShown && place?.id === id ? place.at : null;
      const known = drawn.get(doc);
      const found = inDoc(doc);
      if (known?.at === at && known.found === found) return known.decorations;
      const decorations = DecorationSet.create(doc, found.map(({ from, to }) =>
        Decoration.inline(from, to, { class: from === at ? "found current" : "found" })));
      drawn.set(doc, { at, found, decorations });
      return decorations;
    },
  };
}
