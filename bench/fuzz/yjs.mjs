// Real Yjs texts for bench/fuzz/texts.py: one JSON command a line, one JSON answer a line, in order.

import { createInterface } from "node:readline";
import * as Y from "yjs";

const MARKS = ["strong", "em", "code"];
const WORDS = ["reef", "polyp ", "stone, ", "海底的", "城市", "🐠", "👩‍🚀 ", "é", "\n"];

/** @type {Map<number, {doc: Y.Doc, body: Y.XmlFragment}>} */
const texts = new Map();

/** A small generator, so that a seed gives the same edits everywhere. @param {number} seed */
function generator(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return { next, below: (/** @type {number} */ end) => Math.floor(next() * end) };
}

/** Its characters, none cut in two. @param {Y.XmlText} text */
const characters = (text) => Array.from(text.toDelta().map((/** @type {any} */ part) => part.insert).join(""));

/** Where the character with this number begins. @type {(all: string[], number: number) => number} */
const offset = (all, number) => all.slice(0, number).join("").length;

/** @param {string} words */
function block(words, heading = false) {
  const element = new Y.XmlElement(heading ? "heading" : "paragraph");
  if (heading) element.setAttribute("level", /** @type {any} */ (2));
  element.insert(0, [new Y.XmlText(words)]);
  return element;
}

/** One random change. @type {(body: Y.XmlFragment, chance: ReturnType<typeof generator>, most: number) => void} */
function change(body, chance, most) {
  const roll = chance.next();
  if (!body.length || (roll < 0.06 && body.length < most)) {
    body.insert(chance.below(body.length + 1), [block(WORDS[chance.below(WORDS.length)], roll < 0.02)]);
    return;
  }
  const index = chance.below(body.length);
  if (roll < 0.1) {
    body.delete(index, 1);
    return;
  }
  const element = /** @type {Y.XmlElement} */ (body.get(index));
  const text = /** @type {Y.XmlText} */ (element.get(0));
  const all = characters(text);
  const begin = chance.below(all.length + 1);
  const end = Math.min(all.length, begin + 1 + chance.below(8));
  const from = offset(all, begin);
  const length = offset(all, end) - from;
  if (roll < 0.14) {
    const tail = all.slice(begin).join("");
    if (tail) text.delete(from, tail.length);
    body.insert(index + 1, [block(tail)]);
  } else if (roll < 0.17 && element.nodeName === "heading") {
    element.setAttribute("level", /** @type {any} */ (1 + chance.below(6)));
  } else if (roll < 0.27) {
    if (length) text.format(from, length, { [MARKS[chance.below(MARKS.length)]]: chance.next() < 0.3 ? null : {} });
  } else if (roll < 0.5 || all.length > 200) {
    if (length) text.delete(from, length);
  } else {
    text.insert(from, WORDS[chance.below(WORDS.length)]);
  }
}

/** The same for equal texts, whatever their history. @type {(node: any) => any} */
function canonical(node) {
  if (!(node instanceof Y.XmlText)) {
    const attributes = node instanceof Y.XmlElement ? sorted(node.getAttributes()) : [];
    return [node.nodeName ?? "", attributes, node.toArray().map(canonical)];
  }
  /** @type {[string, any][]} */
  const parts = [];
  for (const { insert, attributes } of node.toDelta()) {
    const marks = sorted(attributes ?? {});
    const last = parts.at(-1);
    if (last && JSON.stringify(last[1]) === JSON.stringify(marks)) last[0] += insert;
    else parts.push([insert, marks]);
  }
  return parts;
}

/** @param {Record<string, any>} object */
const sorted = (object) => Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));

const decode = (/** @type {string} */ text) => Buffer.from(text, "base64");
const encode = (/** @type {Uint8Array} */ bytes) => Buffer.from(bytes).toString("base64");

/** @type {Record<string, (command: any) => any>} */
const answers = {
  begin: ({ text, client }) => {
    const doc = new Y.Doc();
    doc.clientID = client;
    texts.set(text, { doc, body: doc.getXmlFragment("body") });
  },
  edit: ({ text, seed, operations, most }) => {
    const { doc, body } = /** @type {any} */ (texts.get(text));
    const chance = generator(seed);
    /** @type {string | null} */
    let made = null;
    doc.once("update", (/** @type {Uint8Array} */ update) => (made = encode(update)));
    doc.transact(() => {
      for (let number = 0; number < operations; number += 1) change(body, chance, most);
    });
    return made;
  },
  apply: ({ text, update }) => Y.applyUpdate(/** @type {any} */ (texts.get(text)).doc, decode(update)),
  state: ({ text }) => encode(Y.encodeStateVector(/** @type {any} */ (texts.get(text)).doc)),
  diff: ({ text, state }) => encode(Y.encodeStateAsUpdate(/** @type {any} */ (texts.get(text)).doc, decode(state))),
  read: ({ text }) => JSON.stringify(canonical(/** @type {any} */ (texts.get(text)).body)),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { what, ...command } = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(answers[what](command) ?? null)}\n`);
}
