/**
 * Pasted and dropped text keeps its bold and italics. Other programs say them in style attributes
 * and style sheets, which the page's content security policy has the browser ignore, even in a
 * document that is only read. So they are put aside before the text is parsed, and applied by script.
 */

import { DOMParser } from "prosemirror-model";
import { Plugin } from "prosemirror-state";

import { all } from "./dom.js";
import { mendLists } from "./pasted_lists.js";

const TAG = /<[a-z](?:"[^"]*"|'[^']*'|[^"'>])*>/gi;

/** Style attributes become data-style, and style sheets titles, whose text nobody reads. */
const putAside = (/** @type {string} */ html) =>
  html
    .replace(TAG, (tag) => tag.replace(/([\s"'])style(?=\s*=)/gi, "$1data-style"))
    .replace(/<style\b/gi, "<title data-sheet")
    .replace(/<\/style\b/gi, "</title");

/** @param {Element} dom of what `putAside` gave */
function apply(dom) {
  for (const element of all(dom, "[data-style]")) element.style.cssText = element.dataset.style ?? "";
  for (const { textContent } of all(dom, "title[data-sheet]")) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(textContent ?? "");
    for (const rule of sheet.cssRules) {
      if (!(rule instanceof CSSStyleRule)) continue;
      // What the element says itself comes last and counts.
      for (const element of all(dom, rule.selectorText)) {
        element.style.cssText = `${rule.style.cssText} ${element.style.cssText}`;
      }
    }
  }
}

class StyledParser extends DOMParser {
  /** @type {DOMParser["parseSlice"]} */
  parseSlice(dom, options) {
    if (dom instanceof Element) {
      apply(dom);
      mendLists(dom);
    }
    return super.parseSlice(dom, options);
  }
}

/** @param {import("prosemirror-model").Schema} schema */
export function pasted(schema) {
  const { rules } = DOMParser.fromSchema(schema);
  return new Plugin({
    props: { transformPastedHTML: putAside, clipboardParser: new StyledParser(schema, rules) },
  });
}
