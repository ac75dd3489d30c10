/**
 * Keeps what is typed and not acknowledged in the browser, section by section, and sends it on a
 * later visit. Nothing else is kept: whole texts would grow, and would bring back what is gone.
 */

import { yXmlFragmentToProseMirrorRootNode } from "y-prosemirror";
import { applyUpdate, Doc, encodeStateAsUpdate, mergeUpdates } from "yjs";

import { toMarkdown } from "./markdown.js";
import { schema } from "./schema.js";

// What is acknowledged sooner is never written.
const KEEP_AFTER_MS = 300;
const KEPT = "kept from an earlier visit";

/** @typedef {import("@hocuspocus/provider").HocuspocusProvider} Provider */
/** @typedef {ReturnType<typeof import("./store.js").openStore>} Store */

/**
 * Whether all that an update builds upon is in the text.
 * @type {(shared: Doc, update: Uint8Array) => boolean}
 */
function fits(shared, update) {
  const trial = new Doc();
  applyUpdate(trial, encodeStateAsUpdate(shared));
  applyUpdate(trial, update);
  const { pendingStructs, pendingDs } = trial.store;
  trial.destroy();
  return !pendingStructs && !pendingDs;
}

/**
 * @param {object} options
 * @param {Store} options.store
 * @param {string} options.documentId
 * @param {boolean} options.readonly then nothing is kept, but earlier text is still found
 * @param {(sectionId: string) => {title: string, documentTitle: string}} options.titles
 */
export function mount({ store, documentId, readonly, titles }) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const changes = new EventTarget();
  const changed = () => changes.dispatchEvent(new Event("change"));
  /** @type {Map<string, ReturnType<typeof watch>>} */
  const watched = new Map();
  let isOutlineKnown = false;
  let isOver = false;
  let isRefused = false;

  /** @param {Provider} provider */
  const watch = (provider) => {
    const { document: shared } = provider;
    const section = provider.configuration.name;
    const key = `${section} ${shared.clientID}`;
    /** @type {Uint8Array[]} */
    let pending = [];
    /** @type {Set<string>} earlier records that `pending` holds too */
    const adopted = new Set();
    /** @type {Set<string>} earlier records that build upon something that is not in the text */
    const stuck = new Set();
    let timer = 0;

    const keep = () => {
      clearTimeout(timer);
      timer = 0;
      if (!pending.length) return;
      pending = [mergeUpdates(pending)];
      const doc = yXmlFragmentToProseMirrorRootNode(shared.getXmlFragment("body"), schema);
      const record = {
        key, section, ...titles(section), document: documentId, update: pending[0], text: toMarkdown(doc), isRefused,
      };
      store.put(record, [...adopted]);
      adopted.clear();
      changed();
    };
    const keepSoon = () => {
      timer ||= setTimeout(keep, KEEP_AFTER_MS);
    };
    const drop = () => {
      clearTimeout(timer);
      timer = 0;
      pending = [];
      const keys = [...adopted, key].filter(store.has);
      adopted.clear();
      if (keys.length) store.remove(keys);
      changed();
    };
    const onAcknowledged = () => {
      if (provider.unsyncedChanges === 0 && pending.length) drop();
    };
    /** @type {(update: Uint8Array, origin: unknown) => void} */
    const onUpdate = (update, origin) => {
      if (origin === provider || origin === KEPT) return;
      pending.push(update);
      keepSoon();
    };
    const adopt = () => {
      if (!provider.isSynced || !store.isReady() || isOver) return;
      for (const record of store.all()) {
        if (record.section !== section || record.isRefused || record.key === key || adopted.has(record.key)) continue;
        if (!fits(shared, record.update)) {
          stuck.add(record.key);
          continue;
        }
        stuck.delete(record.key);
        adopted.add(record.key);
        pending.push(record.update);
        applyUpdate(shared, record.update, KEPT);
        keepSoon();
      }
      // The server may have it already, where only its answer was lost.
      onAcknowledged();
      changed();
    };
    shared.on("update", onUpdate);
    provider.on("unsyncedChanges", onAcknowledged);
    provider.on("synced", adopt);
    store.ready.then(adopt);

    return {
      adopt,
      keep,
      drop,
      hasPending: () => pending.length > 0,
      owns: (/** @type {string} */ one) => one === key,
      isStuck: (/** @type {string} */ one) => stuck.has(one),
      stop: () => {
        keep();
        shared.off("update", onUpdate);
        provider.off("unsyncedChanges", onAcknowledged);
        provider.off("synced", adopt);
      },
    };
  };
  const keepAll = () => watched.forEach(({ keep }) => keep());
  const isLost = (/** @type {import("./store.js").Unsaved} */ { section, key, isRefused: wasRefused }) =>
    isOver || readonly || wasRefused || (watched.get(section)?.isStuck(key) ?? isOutlineKnown);
  const ours = () => store.all().filter((record) => record.document === documentId);

  window.addEventListener("pagehide", keepAll, options);
  document.addEventListener("visibilitychange", keepAll, options);
  store.ready.then(changed);

  return {
    /** "change" whenever something was kept, sent or lost. */
    changes,
    /** @param {Provider} provider of a section */
    enter: (provider) => {
      if (!readonly) watched.set(provider.configuration.name, watch(provider));
    },
    /** Before its provider goes; what is not saved stays kept. @param {string} section */
    leave: (section) => {
      watched.get(section)?.stop();
      watched.delete(section);
    },
    /** From here on a section that is not open cannot be opened. */
    outlineIsKnown: () => {
      isOutlineKnown = true;
      changed();
    },
    /** After a reconnect: another tab may have been closed while neither had a connection. */
    lookAgain: async () => {
      await store.read();
      watched.forEach(({ adopt }) => adopt());
    },
    /** The connection will not come back; `wasRefused` if because of what was sent. @param {boolean} wasRefused */
    end: (wasRefused) => {
      isOver = true;
      isRefused = wasRefused;
      keepAll();
      changed();
    },
    /** What will not be saved by itself. */
    lost: () => ours().filter(isLost),
    /** Whether nothing waits to be sent. */
    isSent: () => store.isReady() && ours().every(isLost) && ![...watched.values()].some(({ hasPending }) => hasPending()),
    isLasting: store.isLasting,
    /** Forgets a text for good. @param {import("./store.js").Unsaved} record */
    discard: ({ key, section }) => {
      const watcher = watched.get(section);
      if (watcher?.owns(key)) watcher.drop();
      else store.remove([key]).then(changed);
    },
    destroy: () => {
      listening.abort();
      for (const { stop } of watched.values()) stop();
      store.close();
    },
  };
}
