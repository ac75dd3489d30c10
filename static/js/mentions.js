/**
 * Completes @names in the boxes where comments are written. What is completed is only text: the
 * server knows whom a name means, and so it does when somebody types it without any of this.
 */

import { concerned, detailOf, holds, one, wordsOf } from "./dom.js";
import { keepPlaced, moveTo, visibleBox } from "./floating.js";

/** @typedef {{name: string, handle: string, tone: number, kind: string}} Person */

const BOX = "textarea[data-mentions]";
const SHOWN = 8;
const GAP_PX = 4;
const KNOWN_MS = 30_000;
/** Behind a letter it is an address. A name may have a space in it. */
const CALL = /(?:^|[^\w.+-])@([^\s@]{0,40}(?: [^\s@]{1,40})?)$/u;

const plain = (/** @type {string} */ text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** @type {(person: Person, query: string) => boolean} */
function answers({ name, handle }, query) {
  const sought = plain(query);
  const begins = (/** @type {string} */ text) => plain(text).startsWith(sought);
  return begins(name) || begins(handle) || name.split(/\s+/).some(begins);
}

/** @param {HTMLElement} given has the words: data-mention-list, data-mention-count */
export function mount(given) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const words = wordsOf(given);
  const frame = document.createElement("div");
  frame.className = "mention-list";
  frame.hidden = true;
  frame.innerHTML = '<ul role="listbox" id="mention-list"></ul><p class="visually-hidden" role="status"></p>';
  const list = one(frame, "ul");
  list.ariaLabel = words.mentionList;
  const status = one(frame, "p");
  /** @type {Map<string, {at: number, people: Promise<Person[]>}>} */
  const known = new Map();
  /** @type {HTMLTextAreaElement | null} */
  let box = null;
  /** @type {Person[]} */
  let shown = [];
  let current = 0;
  let asked = 0;

  /** @type {(address: string) => Promise<Person[]>} */
  const peopleAt = (address) => {
    const before = known.get(address);
    if (before && Date.now() - before.at < KNOWN_MS) return before.people;
    const people = fetch(address, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : { people: [] }))
      .then((found) => found.people)
      .catch(() => {
        // Without a connection one types on; the next @ asks again.
        known.delete(address);
        return [];
      });
    known.set(address, { at: Date.now(), people });
    return people;
  };
  const queryIn = (/** @type {HTMLTextAreaElement} */ { value, selectionStart, selectionEnd }) =>
    selectionStart === selectionEnd ? CALL.exec(value.slice(0, selectionStart))?.[1] : undefined;

  const close = () => {
    asked += 1;
    if (!box) return;
    for (const name of ["controls", "activedescendant", "autocomplete"]) box.removeAttribute(`aria-${name}`);
    box = null;
    shown = [];
    frame.remove();
    frame.hidden = true;
  };
  const place = () => {
    if (!box || frame.hidden) return;
    const { left, top, bottom } = box.getBoundingClientRect();
    const below = bottom + GAP_PX;
    const isAbove = below + frame.offsetHeight > visibleBox().bottom && top > frame.offsetHeight;
    moveTo(frame, { left, top: isAbove ? top - GAP_PX - frame.offsetHeight : below });
  };
  /** @param {number} at */
  const mark = (at) => {
    current = at;
    [...list.children].forEach((entry, index) => {
      entry.ariaSelected = String(index === at);
      if (index === at) entry.scrollIntoView({ block: "nearest" });
    });
    box?.setAttribute("aria-activedescendant", list.children[at].id);
  };
  /** @type {(person: Person, index: number) => HTMLElement} */
  const entryOf = (person, index) => {
    const entry = document.createElement("li");
    entry.id = `mention-${index}`;
    entry.role = "option";
    const face = document.createElement("span");
    face.className = `face small tone-${person.tone}${person.kind ? " agent" : ""}`;
    face.ariaHidden = "true";
    face.textContent = person.name.slice(0, 1).toUpperCase();
    const name = document.createElement("b");
    name.textContent = person.name;
    const more = document.createElement("span");
    more.className = "soft";
    more.textContent = [person.handle === person.name ? "" : `@${person.handle}`, person.kind].filter(Boolean).join(" · ");
    entry.append(face, " ", name, " ", more);
    return entry;
  };
  /** @param {HTMLTextAreaElement} typedIn */
  const look = async (typedIn) => {
    if (queryIn(typedIn) === undefined) return close();
    const number = (asked += 1);
    const people = await peopleAt(typedIn.dataset.mentions ?? "");
    const query = queryIn(typedIn);
    if (number !== asked || query === undefined || document.activeElement !== typedIn) return;
    const found = people.filter((person) => answers(person, query)).slice(0, SHOWN);
    if (!found.length) return close();
    box = typedIn;
    shown = found;
    list.replaceChildren(...found.map(entryOf));
    const root = typedIn.closest("dialog") ?? document.body;
    if (frame.parentElement !== root) root.append(frame);
    frame.hidden = false;
    box.setAttribute("aria-controls", list.id);
    box.setAttribute("aria-autocomplete", "list");
    status.textContent = words.mentionCount.replace("{count}", String(found.length));
    mark(0);
    place();
  };
  /** @param {Person} person */
  const choose = (person) => {
    const into = box;
    const query = into ? queryIn(into) : undefined;
    close();
    if (!into || query === undefined) return;
    const end = into.selectionStart;
    into.setRangeText(`@${person.handle} `, end - query.length - 1, end, "end");
    into.focus();
    into.dispatchEvent(new Event("input", { bubbles: true }));
  };

  document.addEventListener("input", (event) => {
    const typedIn = concerned(event, BOX);
    if (typedIn instanceof HTMLTextAreaElement) look(typedIn);
  }, options);
  document.addEventListener("keydown", (event) => {
    if (!box || event.target !== box || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark((current + step + shown.length) % shown.length);
    else if (event.key === "Escape") close();
    else if (["Enter", "Tab"].includes(event.key) && !event.shiftKey) choose(shown[current]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, { ...options, capture: true });
  frame.addEventListener("pointerdown", (event) => event.preventDefault(), options);
  frame.addEventListener("click", (event) => {
    const entry = concerned(event, "[role=option]");
    if (entry) choose(shown[[...list.children].indexOf(entry)]);
  }, options);
  document.addEventListener("pointerdown", (event) => {
    if (!holds(frame, event) && event.target !== box) close();
  }, options);
  const ask = keepPlaced(() => {
    if (box && document.activeElement !== box) close();
    place();
  }, listening.signal);
  // A panel that is refreshed takes back what was said of its box; who types on is told again.
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (box && (!box.isConnected || detailOf(event).target?.contains(box))) ask();
  }, options);

  return () => {
    close();
    listening.abort();
  };
}
