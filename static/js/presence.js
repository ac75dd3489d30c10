/**
 * Who else has the document open, and where: people, each once however many tabs they have, and
 * agents, one for each section they work in.
 */

/**
 * @typedef {{name: string, tone?: number, id?: number, agent?: boolean, face?: string}} User
 * @typedef {{user?: User, section?: string, since?: number, idle?: boolean}} State
 *   what one tab or agent shows of itself: the section it is in, when (in milliseconds) its person
 *   came there, and whether they have left it alone for a while
 * @typedef {{key: string, user: User, section: string, isIdle: boolean}} Peer
 *   `key` stays while they come and go; `section` is "" where nobody knows
 */

/**
 * Whose caret it is, in one section.
 * @param {User} user
 */
export const whoIs = (user) => (user.agent ? `agent ${user.name}` : `person ${user.id ?? user.name}`);

/** @type {(one: State, other: State) => number} the tab that says best where a person is, first */
const byUse = (one, other) =>
  Number(Boolean(one.idle)) - Number(Boolean(other.idle)) || (other.since ?? 0) - (one.since ?? 0);

/**
 * @param {Iterable<State>} states
 * @param {number} self the reader's own id
 * @returns {Peer[]} people first, by name
 */
function peersOf(states, self) {
  /** @type {Map<string, Peer>} */
  const peers = new Map();
  for (const { user, section = "", idle } of [...states].sort(byUse)) {
    if (!user?.name || user.id === self) continue;
    const key = user.agent ? `${whoIs(user)} ${section}` : whoIs(user);
    if (!peers.has(key)) peers.set(key, { key, user, section: String(section), isIdle: Boolean(idle) });
  }
  return [...peers.values()].sort(
    (a, b) =>
      Number(Boolean(a.user.agent)) - Number(Boolean(b.user.agent)) ||
      a.user.name.localeCompare(b.user.name),
  );
}

/**
 * @param {import("y-protocols/awareness").Awareness} awareness of the document
 * @param {number} self the reader's own id
 */
export function watch(awareness, self) {
  /** @type {Peer[]} */
  let peers = [];
  let known = "";
  const changes = new EventTarget();
  const look = () => {
    const now = peersOf(/** @type {Iterable<State>} */ (awareness.getStates().values()), self);
    if (JSON.stringify(now) === known) return;
    known = JSON.stringify(now);
    peers = now;
    changes.dispatchEvent(new Event("change"));
  };
  awareness.on("change", look);
  look();
  return {
    peers: () => peers,
    /** "change" whenever somebody came, left, went elsewhere or rests. */
    changes,
    destroy: () => awareness.off("change", look),
  };
}
