/**
 * The server says that something changed, not what: each hint becomes an event on <body>, and the
 * htmx regions that show it fetch it again, so that rights are checked where data is read.
 */

import { all, detailOf } from "./dom.js";

const HINTS = [
  "outline-changed", "run-changed", "review-changed", "document-changed", "history-changed",
  "notifications-changed",
];

// Steps that begin or end together tell of it one by one, and then everybody is busy with the first
// words that follow: those matter more than panels. What one does oneself is shown at once.
const GATHER_MS = 900;
const PAUSE_MS = 700;
// A hint is told so many times the length of the last answer to it apart: what is slow to make, in
// a long document or on a busy server, is fetched less often.
const REST = 6;
const LONGEST_PAUSE_MS = 3000;

/**
 * @param {ReturnType<typeof import("./provider.js").connect>} connection
 * @param {{person: number}} options whose page it is: some hints are for some people
 */
export function mount(connection, { person }) {
  /** @type {(name: string, detail: object) => void} */
  const tell = (name, detail) => document.body.dispatchEvent(new CustomEvent(name, { detail }));
  // Hints that follow each other closely are told together as the last of them: htmx's own
  // throttle would drop that one, which says how things are in the end.
  /** @type {Map<string, object | null>} the last hint of those that wait */
  const waiting = new Map();
  const timers = new Set();
  /** @type {Map<string, number>} */
  const lengths = new Map();
  // What nobody looks at only keeps its counts right.
  const isSeen = (/** @type {string} */ name) =>
    !document.hidden && all(document, `[hx-trigger*="${name}"]`).some((region) => !region.closest("[hidden]"));
  const pause = (/** @type {string} */ name) =>
    isSeen(name) ? Math.min(Math.max(PAUSE_MS, REST * (lengths.get(name) ?? 0)), LONGEST_PAUSE_MS) : LONGEST_PAUSE_MS;
  const listening = new AbortController();
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    detailOf(event).requestConfig.startedAt = performance.now();
  }, { signal: listening.signal });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const { triggeringEvent, startedAt } = detailOf(event).requestConfig;
    if (triggeringEvent) lengths.set(triggeringEvent.type, performance.now() - startedAt);
  }, { signal: listening.signal });
  const later = (/** @type {() => void} */ action, /** @type {number} */ milliseconds) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      action();
    }, milliseconds);
    timers.add(timer);
  };
  /** @type {(name: string, detail: object) => void} */
  const tellSoon = (name, detail) => {
    const isFirst = !waiting.has(name);
    waiting.set(name, detail);
    if (isFirst) later(() => tellNow(name), GATHER_MS);
  };
  const tellNow = (/** @type {string} */ name) => {
    const last = waiting.get(name);
    if (!last) {
      waiting.delete(name);
      return;
    }
    waiting.set(name, null);
    tell(name, last);
    later(() => tellNow(name), pause(name));
  };
  /** @param {{payload: string}} frame */
  const onStateless = ({ payload }) => {
    const { hint, detail } = JSON.parse(payload);
    const isOurs = !detail.people || detail.people.includes(person);
    if (HINTS.includes(hint) && isOurs) tellSoon(hint, detail);
  };
  connection.document.on("stateless", onStateless);
  // What was said while we were away is not said again.
  connection.onReconnect(() => HINTS.forEach((hint) => tellSoon(hint, {})));
  return () => {
    connection.document.off("stateless", onStateless);
    timers.forEach(clearTimeout);
    listening.abort();
  };
}
