/**
 * How an image is drawn and recognised. A text says which image it is by its id alone, and the
 * address is made of that here: none that stands in a text, or in what is pasted, is ever loaded.
 */

import contract from "./schema.json";

const ID = new RegExp(`^(?:${contract.nodes.image.attrs.src.pattern})$`);
const NO_ID = "00000000-0000-0000-0000-000000000000";

const page = () => /** @type {HTMLElement | null} */ (document.querySelector("#manuscript"));

/** Where the browser gets an image of this document; null if that is no id. @param {unknown} id */
export function addressOf(id) {
  const pattern = page()?.dataset.imageUrl;
  if (!pattern || typeof id !== "string" || !ID.test(id)) return null;
  return new URL(pattern.replace(NO_ID, id), location.href).href;
}

/** Pixels, as far as they are any. @param {unknown} value */
const pixels = (value) => (Number.isFinite(Number(value)) && Number(value) > 0 ? Math.round(Number(value)) : 0);

/** @type {(tag: string, text: string) => HTMLElement} */
const say = (tag, textContent) => Object.assign(document.createElement(tag), { textContent });

/** @param {import("prosemirror-model").Node} node */
function draw({ attrs }) {
  const alt = String(attrs.alt);
  const [width, height] = [pixels(attrs.width), pixels(attrs.height)];
  const figure = document.createElement("figure");
  figure.className = "image";
  Object.assign(figure.dataset, { image: attrs.src, alt, width, height });
  const picture = document.createElement("img");
  const miss = () => {
    const caption = document.createElement("figcaption");
    if (alt) caption.append(say("span", alt));
    caption.append(say("small", page()?.dataset.imageMissing ?? ""));
    figure.classList.add("missing");
    figure.replaceChildren(caption);
  };
  Object.assign(picture, { alt, loading: "lazy", decoding: "async", draggable: false });
  if (width && height) Object.assign(picture, { width, height });
  picture.addEventListener("error", miss);
  figure.append(picture);
  const address = addressOf(attrs.src);
  if (address) picture.src = address;
  else miss();
  return figure;
}

/** @param {HTMLElement} dom */
function read({ dataset: { image, alt = "", width, height } }) {
  return ID.test(image ?? "") && { src: image, alt, width: pixels(width), height: pixels(height) };
}

/** @type {import("prosemirror-model").NodeSpec} */
export const image = {
  draggable: true,
  // What is copied as plain text.
  leafText: (node) => String(node.attrs.alt),
  toDOM: draw,
  parseDOM: [{ tag: "figure[data-image]", getAttrs: read }],
};
