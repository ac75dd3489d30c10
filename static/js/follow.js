/**
 * Follows a person or an agent through the manuscript: goes to where they are and stays with their
 * caret, until the reader scrolls, types or presses Escape, or the other is gone.
 */

import { concerned, one, wordsOf } from "./dom.js";
import { letterOf } from "./faces.js";
import { whoIs } from "./presence.js";

const LOOK_MS = 200;
// Who loses the connection comes back; an agent is followed by the next attempt.
const GONE_MS = 8000;
const SCROLLING = ["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End", " "];
// The part of the window, from above, in which a caret may stand.
const HIGHEST = 0.15;
const LOWEST = 0.75;

const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * @param {HTMLElement} note says whom one follows; data-followed, data-stopped and data-gone are read out
 * @param {object} options
 * @param {HTMLElement} options.column scrolls, and holds the sections
 * @param {HTMLElement} options.announcements read aloud by screen readers
 * @param {ReturnType<typeof import("./presence.js").watch>} options.presence
 * @param {(section: string) => void} options.goTo shows a section and mounts its editor
 */
export function mount(note, { column, announcements, presence, goTo }) {
  const words = wordsOf(note);
  const name = one(note, "[data-name]");
  const face = one(note, ".face");
  const stopButton = one(note, "button");
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const changes = new EventTarget();
  let followed = "";
  let looking = 0;
  /** The section one was brought to last. */
  let place = "";
  let seenAt = 0;

  const say = (/** @type {string} */ text) => {
    announcements.textContent = text.replace("{name}", name.textContent);
  };
  const stop = (said = "") => {
    if (!followed) return;
    followed = "";
    clearInterval(looking);
    if (note.contains(document.activeElement)) column.focus({ preventScroll: true });
    note.hidden = true;
    if (said) say(said);
    changes.dispatchEvent(new Event("change"));
  };
  const look = () => {
    const peer = presence.peers().find(({ key }) => key === followed);
    if (!peer) {
      if (performance.now() - seenAt > GONE_MS) stop(words.gone);
      return;
    }
    seenAt = performance.now();
    if (!peer.section) return;
    const caret = caretOf(column, peer);
    if (caret) keepInSight(caret);
    else if (place !== peer.section) goTo(peer.section);
    place = peer.section;
  };
  const start = (/** @type {string} */ key) => {
    const peer = presence.peers().find((each) => each.key === key);
    if (!peer) return;
    clearInterval(looking);
    followed = key;
    place = "";
    name.textContent = peer.user.name;
    face.textContent = letterOf(peer.user);
    face.classList.toggle("agent", Boolean(peer.user.agent));
    note.className = `following tone-${peer.user.tone ?? 5}`;
    note.hidden = false;
    say(words.followed);
    look();
    looking = setInterval(look, LOOK_MS);
    changes.dispatchEvent(new Event("change"));
  };

  stopButton.addEventListener("click", () => stop(words.stopped), options);
  document.addEventListener("keydown", (event) => {
    if (!followed || event.defaultPrevented || concerned(event, "dialog")) return;
    if (event.key === "Escape") stop(words.stopped);
    else if (SCROLLING.includes(event.key) && !concerned(event, "button, a, input, select, summary, [role=tab]")) stop();
  }, options);
  for (const input of ["wheel", "touchmove", "pointerdown", "beforeinput"]) {
    column.addEventListener(input, () => stop(), { ...options, passive: true });
  }

  return {
    start,
    stop: () => stop(words.stopped),
    /** The key of whom one follows, or "". */
    followed: () => followed,
    /** "change" whenever it is somebody else, or nobody. */
    changes,
    destroy: () => {
      stop();
      listening.abort();
    },
  };
}

/**
 * Where in the text they are, if that is drawn.
 * @type {(column: HTMLElement, peer: import("./presence.js").Peer) => Element | null}
 */
function caretOf(column, { section, user }) {
  const carets = column.querySelectorAll(`#section-${CSS.escape(section)} .cursor`);
  const who = whoIs(user);
  const found = [...carets].find((caret) => caret instanceof HTMLElement && caret.dataset.who === who);
  return found?.checkVisibility({ contentVisibilityAuto: true }) ? found : null;
}

/**
 * Lets the caret stand in the middle again once it has left the part that is easy to read.
 * @param {Element} caret
 */
function keepInSight(caret) {
  const { top } = caret.getBoundingClientRect();
  if (top > innerHeight * HIGHEST && top < innerHeight * LOWEST) return;
  const isFar = top < -innerHeight || top > 2 * innerHeight;
  caret.scrollIntoView({ block: "center", behavior: isFar || isCalm() ? "instant" : "smooth" });
}
