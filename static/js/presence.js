/**
 * Who else is here: people as round faces, agents as square ones, the same person or role only
 * once. The reader is the face of the account menu, beside these.
 */

const SHOWN = 6;

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

/**
 * @typedef {{name: string, tone?: number, id?: number, agent?: boolean}} User
 * @typedef {User & {key: string, count: number}} Present
 */

/**
 * @param {Map<number, {user?: User}>} states
 * @param {number} self
 * @returns {Present[]}
 */
function others(states, self) {
  const present = new Map();
  for (const { user } of states.values()) {
    if (!user?.name || user.id === self) continue;
    const key = user.agent ? `agent ${user.name}` : `person ${user.id ?? user.name}`;
    const one = present.get(key) ?? { ...user, key, count: 0 };
    one.count += 1;
    present.set(key, one);
  }
  return [...present.values()].sort(
    (a, b) => Number(Boolean(a.agent)) - Number(Boolean(b.agent)) || a.name.localeCompare(b.name),
  );
}

/**
 * @param {HTMLElement} item
 * @param {Present} present
 */
function draw(item, { name, tone, agent, count }) {
  item.className = `face tone-${tone ?? 5}`;
  item.classList.toggle("agent", Boolean(agent));
  const label = agent && count > 1 ? `${name} × ${count}` : name;
  item.title = label;
  item.ariaLabel = label;
  item.textContent = agent ? [...name][0].toUpperCase() : initials(name);
}

/**
 * @param {HTMLElement} list
 * @param {object} options
 * @param {import("y-protocols/awareness").Awareness} options.awareness of the document
 * @param {number} options.self the reader's own id
 */
export function mount(list, { awareness, self }) {
  let shown = "";
  // Who stays keeps the same face: a new one would be seen to arrive.
  /** @type {Map<string, HTMLElement>} */
  let faces = new Map();
  const show = () => {
    const present = others(/** @type {any} */ (awareness.getStates()), self);
    const now = JSON.stringify(present);
    if (now === shown) return;
    shown = now;
    faces = new Map(present.slice(0, SHOWN).map((one) => {
      const item = faces.get(one.key) ?? document.createElement("li");
      draw(item, one);
      return [one.key, item];
    }));
    const items = [...faces.values()];
    if (present.length > SHOWN) {
      const rest = document.createElement("li");
      rest.className = "face more";
      rest.textContent = `+${present.length - SHOWN}`;
      rest.title = present.slice(SHOWN).map(({ name }) => name).join(", ");
      items.push(rest);
    }
    // Putting in again what is there already would make it appear again.
    for (const item of [...list.children]) if (!items.includes(/** @type {any} */ (item))) item.remove();
    items.forEach((item, index) => {
      if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
    });
  };
  awareness.on("change", show);
  show();
  return () => awareness.off("change", show);
}
