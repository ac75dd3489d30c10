/**
 * A card in Review and the words it means find each other: a press on one shows the other. By keyboard
 * one goes to the next or previous suggestion, and accepts or rejects it by its card's own buttons.
 */

import { TextSelection } from "prosemirror-state";

import { all, concerned, wordsOf } from "./dom.js";
import { flash, FLASH_MS } from "./flash.js";
import { isShortcut } from "./shortcuts.js";
import { suggestionsOf } from "./suggested.js";
import { formatNumber } from "./words.js";

/** So long after a change it is asked whether the cards are still those of the text. */
const LOOK_AFTER_MS = 1200;

const idsOf = (/** @type {HTMLElement} */ { dataset }) => (dataset.change ?? "").split(" ").filter(Boolean);
const isPhone = () => matchMedia("(max-width: 56.25rem)").matches;

/**
 * @param {HTMLElement} text holds the marks, [data-change]; data-position, data-none and data-nowhere are said
 * @param {object} options
 * @param {HTMLElement} options.review holds the cards, [data-suggestion-card]
 * @param {ReturnType<typeof import("./panels.js").mount>} options.panels
 * @param {() => import("./sections.js").Section[]} options.sections in their order
 * @param {(mark: Element) => void} options.openAround gives the text around a mark its final elements
 * @param {() => boolean} options.isSaved
 * @param {HTMLElement} options.announcements
 */
export function mount(text, { review, panels, sections, openAround, isSaved, announcements }) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  // The text is ProseMirror's, which takes back what others change in it: these are ours.
  const [tones, lit] = [new CSSStyleSheet(), new CSSStyleSheet()];
  document.adoptedStyleSheets.push(tones, lit);
  /** The one that was gone to or pressed last. */
  let current = "";
  /** What the cards were last asked to be those of. */
  let asked = "";
  let looking = 0;
  /** What is to be done once the cards are there. */
  let pending = () => {};

  const wordsFor = (/** @type {string} */ id) => all(text, `[data-change~="${CSS.escape(id)}"]`);
  const cardOf = (/** @type {string} */ id) => all(review, `[data-suggestion-card="${CSS.escape(id)}"]`)[0];
  const inText = () => [...new Set(all(text, "[data-change]").flatMap(idsOf))];
  const inCards = () => all(review, "[data-suggestion-card]").map(({ dataset }) => dataset.suggestionCard ?? "");

  const colour = () => {
    const rules = all(review, "[data-suggestion-card]").map((card) => {
      const tone = /\btone-\d\b/.exec(card.querySelector(".face")?.className ?? "")?.[0];
      return tone ? `[data-change~="${CSS.escape(card.dataset.suggestionCard ?? "")}"] { --c: var(--${tone}); }` : "";
    });
    tones.replaceSync(rules.join("\n"));
  };
  let shining = 0;
  /** @param {string} id */
  const lightUp = (id) => {
    clearTimeout(shining);
    lit.replaceSync(`.ProseMirror [data-change~="${CSS.escape(id)}"] { animation: flash ${FLASH_MS}ms ease-out; }`);
    shining = setTimeout(() => lit.replaceSync(""), FLASH_MS);
  };
  const look = () => {
    looking = 0;
    const [there, shown] = [inText(), inCards()];
    const isSame = there.length === shown.length && there.every((id) => shown.includes(id));
    // What each card says matters to who reads it.
    const wanted = review.hidden ? there.join(" ") : all(text, "[data-change]").map((each) => `${idsOf(each)} ${each.textContent}`).join("\n");
    if ((review.hidden && isSame) || wanted === asked) return;
    // What is not saved yet, nobody has a card for.
    if (!isSaved()) return lookSoon();
    asked = wanted;
    htmx.trigger(document.body, "review-changed");
  };
  const lookSoon = () => {
    looking ||= setTimeout(look, LOOK_AFTER_MS);
  };
  document.addEventListener("click", (event) => {
    if (concerned(event, "[aria-controls=review], [data-tab=review]")) lookSoon();
  }, options);
  review.addEventListener("htmx:afterSettle", () => {
    colour();
    const act = pending;
    pending = () => {};
    act();
  }, options);
  colour();

  /** @param {string} id */
  const say = (id) => {
    const ids = inText();
    const card = cardOf(id);
    const { position } = wordsOf(text);
    const shown = position.replace("{position}", formatNumber(ids.indexOf(id) + 1)).replace("{count}", formatNumber(ids.length));
    const what = card ? all(card, ".who b, .suggested, .suggested-changes").map((each) => each.textContent?.trim()) : [];
    announcements.textContent = [shown, ...what].join(". ");
  };
  /** @param {string} id */
  const goTo = (id) => {
    current = id;
    const [first] = wordsFor(id);
    openAround(first);
    const [mark] = wordsFor(id);
    const view = sections().find(({ element }) => element.contains(mark))?.view();
    if (!view) return;
    panels.close();
    view.focus();
    const at = Math.min(view.posAtDOM(mark, 0) + 1, view.state.doc.content.size);
    view.dispatch(view.state.tr.setSelection(TextSelection.near(view.state.doc.resolve(at), 1)).scrollIntoView());
    lightUp(id);
    const card = cardOf(id);
    if (card && !isPhone()) flash([card], "nearest");
    say(id);
  };
  /** Where one stands: in the text, in a card, or where one was last. */
  const here = () => {
    const { activeElement } = document;
    const card = activeElement?.closest("[data-suggestion-card]");
    if (card instanceof HTMLElement) return card.dataset.suggestionCard ?? "";
    const view = sections().map((section) => section.view()).find((each) => each?.hasFocus());
    if (!view) return current;
    const { $head } = view.state.selection;
    const around = Array.from({ length: $head.depth }, (_, index) => $head.node($head.depth - index));
    const ids = [$head.nodeAfter, $head.nodeBefore, ...around].flatMap((node) =>
      (node ? suggestionsOf(node) : []).map(({ attrs }) => String(attrs.id)));
    return ids.includes(current) ? current : (ids[0] ?? "");
  };
  /** @param {1 | -1} step */
  const go = (step) => {
    const ids = inText();
    if (!ids.length) return void (announcements.textContent = wordsOf(text).none);
    const at = ids.indexOf(here());
    const next = at < 0 ? nearest(ids, step) : (at + step + ids.length) % ids.length;
    goTo(ids[next]);
  };
  /** From the caret on, where it stands in none. @type {(ids: string[], step: 1 | -1) => number} */
  const nearest = (ids, step) => {
    const { focusNode } = /** @type {Selection} */ (getSelection());
    const following = ids.findIndex((id) => {
      const [first] = wordsFor(id);
      return focusNode && Boolean(focusNode.compareDocumentPosition(first) & Node.DOCUMENT_POSITION_FOLLOWING);
    });
    if (step > 0) return Math.max(0, following);
    return following < 0 ? ids.length - 1 : (following - 1 + ids.length) % ids.length;
  };
  /** @param {"accept" | "reject"} decision */
  const decide = (decision) => {
    const id = here();
    const press = () => {
      const button = cardOf(id)?.querySelector(`button[name="decision"][value="${decision}"]`);
      if (button instanceof HTMLElement) button.click();
      return Boolean(button);
    };
    if (!id) announcements.textContent = wordsOf(text).nowhere;
    else if (!press()) {
      pending = press;
      htmx.trigger(document.body, "review-changed");
    }
  };

  document.addEventListener("keydown", (event) => {
    if (isShortcut(event, ".")) go(1);
    else if (isShortcut(event, ",")) go(-1);
    else if (isShortcut(event, "y")) decide("accept");
    else if (isShortcut(event, "n")) decide("reject");
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, { ...options, capture: true });
  text.addEventListener("click", (event) => {
    const mark = concerned(event, "[data-change]");
    if (!mark || !getSelection()?.isCollapsed) return;
    const [id] = idsOf(mark);
    // On a phone the card covers the text: it comes when the words are pressed again.
    const isAgain = id === current;
    current = id;
    if (isPhone() && !isAgain) return;
    const card = cardOf(id);
    if (!card) return;
    panels.reveal("review");
    lookSoon();
    flash([card], "nearest");
  }, options);
  review.addEventListener("click", (event) => {
    const card = concerned(event, "[data-suggestion-card]");
    const { suggestionCard: id = "" } = card?.dataset ?? {};
    if (!card || concerned(event, "a, button, input, label, summary, textarea") || !wordsFor(id).length) return;
    current = id;
    openAround(wordsFor(id)[0]);
    panels.close();
    wordsFor(id)[0].scrollIntoView({ block: "center", behavior: "smooth" });
    lightUp(id);
  }, options);

  return {
    /** Whenever a text may have changed. */
    follow: lookSoon,
    destroy: () => {
      listening.abort();
      clearTimeout(looking);
      clearTimeout(shining);
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== tones && each !== lit);
    },
  };
}
