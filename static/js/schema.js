/**
 * The ProseMirror schema: names, content and attributes from schema.json, which Python reads too;
 * here only how each is drawn and recognised. y-prosemirror deletes what this schema cannot build.
 */

import { Schema } from "prosemirror-model";

import { image } from "./image.js";
import contract from "./schema.json";

const SAFE_PROTOCOLS = new Set(["http:", "https:", "mailto:"]);

/**
 * The address if it leads somewhere a link may lead, else null.
 * @param {string} href
 */
export function safeHref(href) {
  try {
    // A missing protocol is the person's shorthand; the base only makes the parser accept it.
    const url = new URL(href.trim(), "https://relative.invalid");
    return SAFE_PROTOCOLS.has(url.protocol) && url.hostname !== "relative.invalid" ? url.href : null;
  } catch {
    return null;
  }
}

/** The same for what a person typed, who may leave out the protocol. @param {string} typed */
export const hrefTyped = (typed) => safeHref(typed) ?? safeHref(`https://${typed.trim()}`);

/**
 * @typedef {import("prosemirror-model").NodeSpec} NodeSpec
 * @typedef {import("prosemirror-model").MarkSpec} MarkSpec
 */

/** @type {NodeSpec} */
const heading = {
  defining: true,
  // Below the document's h1 and the section's h2, so that the page's outline stays true.
  toDOM: (node) => [`h${Math.min(node.attrs.level + 2, 6)}`, { "data-level": node.attrs.level }, 0],
  parseDOM: [1, 2, 3, 4, 5, 6].map((level) => ({
    tag: `h${level}`,
    getAttrs: (dom) => ({ level: Number(dom.dataset.level) || level }),
  })),
};

/** @type {(tag: string) => NodeSpec} */
const cell = (tag) => ({
  isolating: true,
  toDOM: ({ attrs: { colspan, rowspan } }) => [
    tag,
    { ...(colspan > 1 && { colspan }), ...(rowspan > 1 && { rowspan }) },
    0,
  ],
  parseDOM: [{
    tag,
    getAttrs: (dom) => ({
      colspan: Number(dom.getAttribute("colspan")) || 1,
      rowspan: Number(dom.getAttribute("rowspan")) || 1,
    }),
  }],
});

/** @type {Record<string, NodeSpec>} */
const nodes = {
  doc: {},
  paragraph: { toDOM: () => ["p", 0], parseDOM: [{ tag: "p" }] },
  heading,
  blockquote: {
    defining: true,
    toDOM: () => ["blockquote", 0],
    parseDOM: [{ tag: "blockquote" }],
  },
  code_block: {
    code: true,
    defining: true,
    toDOM: (node) => ["pre", { "data-params": node.attrs.params }, ["code", 0]],
    parseDOM: [{
      tag: "pre",
      preserveWhitespace: "full",
      getAttrs: (dom) => ({ params: dom.dataset.params ?? "" }),
    }],
  },
  horizontal_rule: { toDOM: () => ["hr"], parseDOM: [{ tag: "hr" }] },
  image,
  bullet_list: { toDOM: () => ["ul", 0], parseDOM: [{ tag: "ul" }] },
  ordered_list: {
    toDOM: ({ attrs: { order } }) => ["ol", order === 1 ? {} : { start: order }, 0],
    parseDOM: [{ tag: "ol", getAttrs: (dom) => ({ order: Number(dom.getAttribute("start") ?? 1) }) }],
  },
  list_item: { defining: true, toDOM: () => ["li", 0], parseDOM: [{ tag: "li" }] },
  table: {
    tableRole: "table",
    isolating: true,
    toDOM: () => ["div", { class: "table-scroll" }, ["table", ["tbody", 0]]],
    parseDOM: [{ tag: "table" }],
  },
  table_row: { tableRole: "row", toDOM: () => ["tr", 0], parseDOM: [{ tag: "tr" }] },
  table_cell: { tableRole: "cell", ...cell("td") },
  table_header: { tableRole: "header_cell", ...cell("th") },
  text: {},
  hard_break: { selectable: false, toDOM: () => ["br"], parseDOM: [{ tag: "br" }] },
};

/** @type {(tag: string) => MarkSpec} */
const change = (tag) => ({
  toDOM: (mark) => [tag, { "data-change": mark.attrs.id }, 0],
  parseDOM: [{ tag: `${tag}[data-change]`, getAttrs: (dom) => ({ id: dom.dataset.change }) }],
});

/** @type {Record<string, MarkSpec>} */
const marks = {
  strong: {
    toDOM: () => ["strong", 0],
    parseDOM: [
      { tag: "strong" },
      // Google Docs wraps whole documents in <b style="font-weight: normal">.
      { tag: "b", getAttrs: (dom) => dom.style.fontWeight !== "normal" && null },
      { style: "font-weight", getAttrs: (value) => /^(bold|[6-9]00)$/.test(value) && null },
    ],
  },
  em: {
    toDOM: () => ["em", 0],
    parseDOM: [{ tag: "em" }, { tag: "i" }, { style: "font-style=italic" }],
  },
  code: { code: true, toDOM: () => ["code", 0], parseDOM: [{ tag: "code" }] },
  link: {
    toDOM: ({ attrs: { href, title } }) => {
      const safe = safeHref(href);
      const shown = { title: title ?? safe, rel: "noopener nofollow", target: "_blank" };
      return safe ? ["a", { ...shown, href: safe }, 0] : ["span", { class: "inert-link" }, 0];
    },
    parseDOM: [{
      tag: "a[href]",
      getAttrs: (dom) => {
        const href = safeHref(dom.getAttribute("href") ?? "");
        return href ? { href, title: null } : false;
      },
    }],
  },
  // ProseMirror reads the page back while an input method composes, so that every mark has to be
  // recognised, also this one; that pasted text is the person's is up to provenance.js.
  agent: {
    toDOM: ({ attrs: { attempt, tone } }) => [
      "span",
      { class: `agent tone-${tone}`, "data-attempt": attempt, "data-tone": tone },
      0,
    ],
    parseDOM: [{
      tag: "span.agent[data-attempt]",
      getAttrs: (dom) => ({ attempt: dom.dataset.attempt, tone: Number(dom.dataset.tone) }),
    }],
  },
  // Neither is to be seen: the page of provenance shows both.
  pasted: {
    toDOM: ({ attrs: { attempt } }) => ["span", { "data-pasted": attempt ?? "" }, 0],
    parseDOM: [{
      tag: "span[data-pasted]",
      getAttrs: (dom) => ({ attempt: dom.dataset.pasted || null }),
    }],
  },
  reviewed: {
    toDOM: ({ attrs: { reading } }) => ["span", { "data-reading": reading }, 0],
    parseDOM: [{ tag: "span[data-reading]", getAttrs: (dom) => ({ reading: dom.dataset.reading }) }],
  },
  comment: {
    toDOM: (mark) => ["span", { class: "comment", "data-thread": mark.attrs.thread }, 0],
    parseDOM: [{
      tag: "span.comment[data-thread]",
      getAttrs: (dom) => ({ thread: dom.dataset.thread }),
    }],
  },
  insertion: change("ins"),
  deletion: change("del"),
  modification: {
    toDOM: (mark) => ["span", { class: "modification", "data-change": mark.attrs.id }, 0],
  },
};

/** @typedef {{attrs?: Record<string, {default?: unknown}>}} Contract as schema.json has it */

/**
 * The contract's `type`, `minimum` and `pattern` are for Python's checks; ProseMirror wants the default.
 * @param {Contract} spec
 */
function attributes(spec) {
  if (!spec.attrs) return {};
  const entries = Object.entries(spec.attrs).map(([name, { default: value }]) => [
    name,
    value === undefined ? {} : { default: value },
  ]);
  return { attrs: Object.fromEntries(entries) };
}

/**
 * @template Spec
 * @param {object} specs a Contract by name
 * @param {Record<string, Spec>} drawings
 * @returns {Record<string, Spec>}
 */
function combine(specs, drawings) {
  const entries = Object.entries(/** @type {Record<string, Contract>} */ (specs)).map(
    ([name, spec]) => [name, { ...spec, ...attributes(spec), ...drawings[name] }],
  );
  return Object.fromEntries(entries);
}

const SUGGESTIONS = "insertion deletion modification";

/** Blocks may be marked as suggested while a change is made of that: see suggested.js. @type {(spec: NodeSpec) => NodeSpec} */
const holding = (spec) => (/block|list_item|table_/.test(spec.content ?? "") ? { ...spec, marks: SUGGESTIONS } : spec);

/**
 * A block that something is suggested about says so: which kinds, and the suggestions' ids.
 * @type {(spec: NodeSpec) => NodeSpec}
 */
const showing = (spec) => {
  const { toDOM } = spec;
  if (!toDOM) return spec;
  return {
    ...spec,
    toDOM: (node) => {
      const drawn = toDOM(node);
      if (!node.attrs.suggested) return drawn;
      /** @type {{type: string, attrs: {id: string}}[]} */
      const suggestions = JSON.parse(node.attrs.suggested);
      const names = [...new Set(suggestions.map(({ type }) => type))].join(" ");
      const data = { "data-suggested": names, "data-change": suggestions.map(({ attrs }) => attrs.id).join(" ") };
      if (drawn instanceof HTMLElement) for (const [name, value] of Object.entries(data)) drawn.setAttribute(name, value);
      if (!Array.isArray(drawn)) return drawn;
      const [tag, first, ...rest] = drawn;
      const hasAttributes = typeof first === "object" && !Array.isArray(first);
      return hasAttributes ? [tag, { ...first, ...data }, ...rest] : [tag, data, ...drawn.slice(1)];
    },
  };
};

export const schema = new Schema({
  nodes: Object.fromEntries(Object.entries(combine(contract.nodes, nodes)).map(([name, spec]) => [name, showing(holding(spec))])),
  marks: combine(contract.marks, marks),
});

/** @param {import("prosemirror-model").Node} doc */
export const isBlank = (doc) =>
  doc.childCount === 0 || (doc.childCount === 1 && doc.child(0).isTextblock && !doc.textContent);
