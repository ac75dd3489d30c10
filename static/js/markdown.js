/**
 * A text as Markdown, for people to take away: what is exported is written by the server
 * (writing/text/markdown.py), which escapes with more care.
 */

import { addressOf } from "./image.js";

/** @typedef {import("prosemirror-model").Node} Node */

const WRAPS = [["strong", "**"], ["em", "*"], ["code", "`"]];

/** @param {Node} block whose content is inline */
function inline(block) {
  return block.children.map((node) => {
    if (node.type.name === "hard_break") return "\\\n";
    const marks = new Map(node.marks.map((mark) => [mark.type.name, mark]));
    const [, before, words, after] = /^(\s*)(.*?)(\s*)$/s.exec(node.text ?? "") ?? ["", "", "", ""];
    if (!words) return before;
    const wrapped = WRAPS.reduceRight((text, [name, sign]) => marks.has(name) ? sign + text + sign : text, words);
    const link = marks.get("link");
    return before + (link ? `[${wrapped}](${link.attrs.href})` : wrapped) + after;
  }).join("");
}

/** @type {(text: string, first: string, rest: string) => string} */
const indent = (text, first, rest) =>
  text.split("\n").map((line, index) => (index ? rest : first) + line).map((line) => line.trimEnd()).join("\n");

/** @type {(list: Node, sign: (index: number) => string) => string} */
const items = (list, sign) => list.children
  .map((item, index) => indent(blocks(item), sign(index), " ".repeat(sign(index).length)))
  .join("\n");

/** @param {Node} table */
function rows(table) {
  const lines = table.children.map((row) =>
    `| ${row.children.map((cell) => blocks(cell).replace(/\s*\n\s*/g, " ")).join(" | ")} |`);
  lines.splice(1, 0, `|${" --- |".repeat(table.firstChild?.childCount ?? 0)}`);
  return lines.join("\n");
}

/** @type {Record<string, (node: Node) => string>} */
const writers = {
  heading: (node) => `${"#".repeat(node.attrs.level)} ${inline(node)}`,
  blockquote: (node) => indent(blocks(node), "> ", "> "),
  code_block: (node) => `\`\`\`${node.attrs.params}\n${node.textContent}\n\`\`\``,
  horizontal_rule: () => "---",
  image: ({ attrs: { src, alt } }) => `![${String(alt).replace(/[\\[\]]/g, "\\$&").replace(/\s+/g, " ")}](${addressOf(src) ?? ""})`,
  bullet_list: (node) => items(node, () => "- "),
  ordered_list: (node) => items(node, (index) => `${node.attrs.order + index}. `),
  table: rows,
};

/** @param {Node} parent */
function blocks(parent) {
  return parent.children.map((node) => (writers[node.type.name] ?? inline)(node)).join("\n\n");
}

/** @param {Node} doc */
export function toMarkdown(doc) {
  return blocks(doc).trim();
}
