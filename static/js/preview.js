/**
 * The text of a section that is far from what is seen: plain elements without an editor, drawn
 * again when the page has time, so that fifty sections being written cost little more than the
 * two that somebody reads.
 */

import { DOMSerializer } from "prosemirror-model";
import { yXmlFragmentToProseMirrorRootNode } from "y-prosemirror";

import { isBlank, schema } from "./schema.js";

const AGAIN_AFTER_MS = 2000;
const ROUND_MS = 100;
// Of what is drawn again; the first words of a section show that it has begun, and do not wait.
const BUDGET_MS = 8;
const AT_ONCE = 0;

const serializer = DOMSerializer.fromSchema(schema);

/** When each preview that has changed is to be drawn. @type {Map<() => void, number>} */
const due = new Map();
let timer = 0;
let isSoon = false;

function drawSome() {
  const began = performance.now();
  for (const [draw, at] of due) {
    const isFirst = at === AT_ONCE;
    if (at > began || (!isFirst && performance.now() - began > BUDGET_MS)) continue;
    due.delete(draw);
    draw();
  }
  isSoon = false;
  timer = due.size ? setTimeout(drawSome, ROUND_MS) : 0;
}

/** @type {(draw: () => void, at: number) => void} */
function drawAt(draw, at) {
  if (due.has(draw)) return;
  due.set(draw, at);
  if (timer && (isSoon || at !== AT_ONCE)) return;
  clearTimeout(timer);
  isSoon = at === AT_ONCE;
  timer = setTimeout(drawSome, isSoon ? 0 : ROUND_MS);
}

/**
 * @param {HTMLElement} element gets the text
 * @param {object} options
 * @param {import("yjs").Doc} options.shared
 * @param {(doc: import("prosemirror-model").Node) => void} options.onDraw after each drawing
 */
export function mount(element, { shared, onDraw }) {
  const fragment = shared.getXmlFragment("body");
  let drawnAt = -Infinity;
  let isEmpty = true;
  const draw = () => {
    drawnAt = performance.now();
    const doc = yXmlFragmentToProseMirrorRootNode(fragment, schema);
    isEmpty = isBlank(doc);
    element.classList.toggle("blank", isEmpty);
    element.replaceChildren(serializer.serializeFragment(doc.content));
    onDraw(doc);
  };
  const changed = () => drawAt(draw, isEmpty ? AT_ONCE : drawnAt + AGAIN_AFTER_MS);
  element.classList.add("blank");
  shared.on("update", changed);
  if (fragment.length) changed();
  return () => {
    shared.off("update", changed);
    due.delete(draw);
  };
}
