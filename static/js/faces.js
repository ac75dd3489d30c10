/**
 * Faces: people round, agents square. All who are here in the top bar, the same role only once, and
 * beside each section of the outline those who are in it. A press follows them.
 */

import { all, concerned, wordsOf } from "./dom.js";

const SHOWN = 6;
const SHOWN_IN_ROW = 3;

/** @typedef {import("./presence.js").Peer} Peer */

/**
 * Two letters of a Latin name, one character of a Chinese one.
 * @param {string} name
 */
function initials(name) {
  const words = name.trim().split(/[\s._-]+/u);
  if (/\p{Script=Han}/u.test(name)) return [...words[0]][0];
  const letters = words.length > 1 ? words[0][0] + words[words.length - 1][0] : words[0].slice(0, 2);
  return letters.toUpperCase();
}

/** @param {Peer["user"]} user */
export const letterOf = (user) => (user.agent ? (user.face ?? [...user.name][0].toUpperCase()) : initials(user.name));

/**
 * Those who share a face, under its key.
 * @param {Peer[]} peers
 * @param {(peer: Peer) => string} keyOf
 */
function grouped(peers, keyOf) {
  /** @type {Map<string, Peer[]>} */
  const groups = new Map();
  for (const peer of peers) groups.set(keyOf(peer), [...(groups.get(keyOf(peer)) ?? []), peer]);
  return groups;
}

/**
 * @param {HTMLElement} bar the list in the top bar; data-follow and data-idle are read
 * @param {object} options
 * @param {HTMLElement} options.outline its rows hold a list for those who are in the section
 * @param {ReturnType<typeof import("./presence.js").watch>} options.presence
 * @param {ReturnType<typeof import("./follow.js").mount>} options.follow
 */
export function mount(bar, { outline, presence, follow }) {
  const words = wordsOf(bar);
  const listening = new AbortController();
  const options = { signal: listening.signal };
  /** Whom a press on each face follows. @type {WeakMap<Element, Peer[]>} */
  const behind = new WeakMap();

  /** @type {(face: HTMLElement, peers: Peer[]) => void} */
  const draw = (face, peers) => {
    const { user } = peers[0];
    const isIdle = peers.every((peer) => peer.isIdle);
    const name = peers.length > 1 ? `${user.name} × ${peers.length}` : user.name;
    const label = isIdle ? words.idle.replace("{name}", name) : name;
    face.className = `face tone-${user.tone ?? 5}`;
    face.classList.toggle("agent", Boolean(user.agent));
    face.classList.toggle("idle", isIdle);
    face.title = label;
    // With the letters: whoever steers by voice says what they see.
    face.ariaLabel = `${words.follow.replace("{name}", label)}, ${letterOf(user)}`;
    face.ariaPressed = String(peers.some(({ key }) => key === follow.followed()));
    if (face.textContent !== letterOf(user)) face.textContent = letterOf(user);
    behind.set(face, peers);
  };
  /** @type {(list: HTMLElement, groups: Map<string, Peer[]>, most: number) => void} */
  const fill = (list, groups, most) => {
    // Who stays keeps the same face: a new one would be seen to arrive, and loses the focus.
    const before = new Map(all(list, ":scope > [data-key]").map((item) => [wordsOf(item).key, item]));
    const items = [...groups].slice(0, most).map(([key, peers]) => {
      const item = before.get(key) ?? document.createElement("li");
      if (!item.firstElementChild) item.append(document.createElement("button"));
      item.dataset.key = key;
      const face = /** @type {HTMLButtonElement} */ (item.firstElementChild);
      face.type = "button";
      draw(face, peers);
      return item;
    });
    if (groups.size > most) {
      const rest = document.createElement("li");
      const hidden = [...groups.values()].slice(most);
      rest.className = "face more";
      rest.textContent = `+${hidden.length}`;
      rest.title = hidden.map(([{ user }]) => user.name).join(", ");
      items.push(rest);
    }
    // Putting in again what is there already would make it appear again.
    for (const item of [...list.children]) if (!items.includes(/** @type {any} */ (item))) item.remove();
    items.forEach((item, index) => {
      if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
    });
  };
  const show = () => {
    const peers = presence.peers();
    const rows = all(outline, "[data-section]");
    const order = rows.map((row) => row.dataset.section ?? "");
    const here = grouped(peers, ({ key, user }) => (user.agent ? user.name : key));
    // Those who share a face are followed in the order of their sections.
    for (const group of here.values()) {
      group.sort((a, b) => order.indexOf(a.section) - order.indexOf(b.section));
    }
    fill(bar, here, SHOWN);
    for (const row of rows) {
      const list = row.querySelector(".here");
      if (!(list instanceof HTMLElement)) continue;
      const inside = peers.filter(({ section }) => section === row.dataset.section);
      fill(list, grouped(inside, ({ key }) => key), SHOWN_IN_ROW);
    }
  };
  const press = (/** @type {Event} */ event) => {
    const face = concerned(event, "button.face");
    const peers = face && behind.get(face);
    if (!peers) return;
    // Of several with the same face, each press goes on to the next.
    const next = peers[peers.findIndex(({ key }) => key === follow.followed()) + 1];
    if (next) follow.start(next.key);
    else follow.stop();
  };

  presence.changes.addEventListener("change", show, options);
  follow.changes.addEventListener("change", show, options);
  outline.addEventListener("htmx:afterSettle", show, options);
  bar.addEventListener("click", press, options);
  outline.addEventListener("click", press, options);
  show();
  return () => listening.abort();
}
