/**
 * The one connection of an open document, with a provider per section and one for the document
 * itself, which carries the presence of people and the server's hints.
 */

import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import { Doc } from "yjs";

import { GatheringSocket } from "./gathering.js";

const DELAY_MS = 500;
const MAX_DELAY_MS = 5000;
// The server sends something every two seconds.
const SILENCE_MS = 10_000;
const WANTED = "presence-wanted";
/** @typedef {"signed-out" | "forbidden" | "gone" | "refused"} Reason */

/**
 * Why the server closed for good; after any other close we come back.
 * @type {Record<number, Reason | undefined>}
 */
const REFUSALS = { 4401: "signed-out", 4403: "forbidden", 4404: "gone", 4400: "refused", 4409: "refused" };

/**
 * @param {object} options
 * @param {string} options.url path of the document's socket
 * @param {string} options.documentId
 * @param {object} options.user
 * @param {boolean} options.readonly
 * @param {ReturnType<typeof import("./unsaved.js").mount>} options.unsaved
 * @param {(reason: Reason) => void} options.onRefused
 */
export function connect({ url, documentId, user, readonly, unsaved, onRefused }) {
  const address = new URL(url, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new HocuspocusProviderWebsocket({
    url: address.href,
    WebSocketPolyfill: GatheringSocket,
    preserveTrailingSlash: true,
    delay: DELAY_MS,
    minDelay: DELAY_MS,
    maxDelay: MAX_DELAY_MS,
    messageReconnectTimeout: SILENCE_MS,
  });
  const changes = new EventTarget();
  const changed = () => changes.dispatchEvent(new Event("change"));
  /** @type {Map<string, HocuspocusProvider>} */
  const providers = new Map();

  /** @param {string} name */
  const open = (name) => {
    const provider = new HocuspocusProvider({
      name,
      document: new Doc(),
      token: "",
      websocketProvider: socket,
      onUnsyncedChanges: changed,
      onSynced: () => {
        showAgain(provider);
        changed();
      },
      onAuthenticated: ({ scope }) => {
        if (scope === "readonly" && !readonly) refuse("forbidden");
      },
    });
    providers.set(name, provider);
    if (name !== documentId) unsaved.enter(provider);
    provider.attach();
    return provider;
  };
  /** @param {string} name */
  const close = (name) => {
    const provider = providers.get(name);
    if (!provider) return;
    unsaved.leave(name);
    providers.delete(name);
    provider.destroy();
    provider.document.destroy();
    changed();
  };

  let isRefused = false;
  /** @param {Reason} reason */
  const refuse = (reason) => {
    if (isRefused) return;
    isRefused = true;
    socket.disconnect();
    unsaved.end(reason === "refused");
    onRefused(reason);
  };
  socket.on("open", () => {
    // What was queued while offline comes again with the sync that follows; sent twice, it would
    // be acknowledged twice, and "Saved" would be shown too early.
    Object.assign(socket, { messageQueue: [] });
  });
  socket.on("status", changed);
  socket.on("close", (/** @type {{event: CloseEvent}} */ { event }) => {
    const reason = REFUSALS[event.code];
    if (reason) refuse(reason);
  });
  unsaved.changes.addEventListener("change", changed);

  const document = open(documentId);
  const { awareness } = document;
  if (!awareness) throw new Error("a provider without presence");
  awareness.setLocalState({ user });
  document.on("stateless", (/** @type {{payload: string}} */ { payload }) => {
    if (JSON.parse(payload).hint === WANTED) providers.forEach(showAgain);
  });

  return {
    document,
    /** Who has the document open. */
    awareness,
    open,
    close,
    /** "change" whenever what is saved, or whether we are connected, may have changed. */
    changes,
    isConnected: () => socket.status === "connected" && document.isSynced,
    isSaved: () =>
      unsaved.isSent() && [...providers.values()].every((provider) => provider.unsyncedChanges === 0),
    onReconnect: (/** @type {() => void} */ listener) => {
      let before = false;
      socket.on("connect", () => {
        if (before) listener();
        before = true;
      });
    },
    destroy: () => {
      unsaved.changes.removeEventListener("change", changed);
      for (const name of [...providers.keys()]) close(name);
      socket.destroy();
    },
  };
}

/**
 * Who was taken for lost is seen again from their next state on, even if it is the same.
 * @param {HocuspocusProvider} provider
 */
function showAgain({ awareness }) {
  const state = awareness?.getLocalState();
  if (state) awareness?.setLocalState(state);
}
