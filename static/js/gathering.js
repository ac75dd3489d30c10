/**
 * Frames that come close together are taken in together: thirty sections that agents write in are
 * then drawn at once, and not one after the other. The first after a pause hardly waits.
 */

const GATHER_MS = 40;
const FIRST_MS = 8;

/** @typedef {(event: MessageEvent) => void} Listener */

/** Gives its messages to one listener, all in order and before the close that follows them. */
export class GatheringSocket extends WebSocket {
  /** @type {MessageEvent[]} */
  #frames = [];
  #timer = 0;
  #last = -Infinity;
  /** @type {Listener | null} */
  #listener = null;

  /** @param {string} url */
  constructor(url) {
    super(url);
    super.addEventListener("message", (event) => {
      this.#frames.push(event);
      const wait = Math.max(FIRST_MS, this.#last + GATHER_MS - performance.now());
      this.#timer ||= window.setTimeout(() => this.#giveOut(), wait);
    });
    super.addEventListener("close", () => this.#giveOut());
  }

  /**
   * @param {string} type
   * @param {any} listener
   * @param {AddEventListenerOptions} [options]
   */
  addEventListener(type, listener, options) {
    if (type === "message") this.#listener = listener;
    else super.addEventListener(type, listener, options);
  }

  /**
   * @param {string} type
   * @param {any} listener
   * @param {EventListenerOptions} [options]
   */
  removeEventListener(type, listener, options) {
    if (type === "message") this.#listener = null;
    else super.removeEventListener(type, listener, options);
  }

  #giveOut() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    for (const event of this.#frames.splice(0)) this.#listener?.(event);
    this.#last = performance.now();
  }
}
