/**
 * What the server has not acknowledged, in this browser: one database per person, so that nobody
 * ever sends what another wrote on the same machine. Where the browser keeps no databases, it is
 * kept for as long as the page is open.
 */

/**
 * @typedef {object} Unsaved text of one section, from one visit to it
 * @property {string} key
 * @property {string} document
 * @property {string} section
 * @property {string} title
 * @property {string} documentTitle
 * @property {Uint8Array} update Yjs update v1: what was done here and is not acknowledged
 * @property {string} text the whole section, as Markdown
 * @property {boolean} isRefused whether the server would not take it, so that it is not sent again
 */

const TABLE = "unsaved";

/** @param {string} userId */
const nameFor = (userId) => `scriptorium-${userId}`;

/**
 * @template Result
 * @param {IDBRequest<Result>} request
 * @returns {Promise<Result>}
 */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}

/** @param {string} userId */
export function openStore(userId) {
  /** @type {Map<string, Unsaved>} */
  const records = new Map();
  /** @type {IDBDatabase | null} */
  let database = null;
  let isReady = false;

  const open = async () => {
    try {
      const request = indexedDB.open(nameFor(userId), 1);
      request.addEventListener("upgradeneeded", () => request.result.createObjectStore(TABLE, { keyPath: "key" }));
      database = await answer(request);
      // It is deleted when the person signs out, in whichever tab: from then on nothing is kept.
      database.addEventListener("versionchange", close);
      await read();
    } catch (error) {
      console.warn("This browser keeps no text:", error);
      close();
    }
    isReady = true;
  };
  const read = async () => {
    if (!database) return;
    for (const record of await answer(database.transaction(TABLE).objectStore(TABLE).getAll())) {
      if (!records.has(record.key)) records.set(record.key, record);
    }
  };
  const close = () => {
    database?.close();
    database = null;
  };
  /** @param {(table: IDBObjectStore) => void} change */
  const write = (change) => {
    if (!database) return Promise.resolve();
    const transaction = database.transaction(TABLE, "readwrite");
    change(transaction.objectStore(TABLE));
    return new Promise((resolve) => {
      transaction.addEventListener("complete", resolve);
      // A full disk, or a database that was deleted: what is here stays as long as the page.
      transaction.addEventListener("abort", () => {
        close();
        resolve(null);
      });
    });
  };

  return {
    ready: open(),
    isReady: () => isReady,
    /** Reads what other tabs have put here meanwhile. */
    read,
    /** Whether what is put here outlives the page. */
    isLasting: () => database !== null,
    all: () => [...records.values()],
    has: (/** @type {string} */ key) => records.has(key),
    /** Keeps a record in place of those with these keys. @type {(record: Unsaved, replaced: string[]) => Promise<unknown>} */
    put: (record, replaced) => {
      for (const key of replaced) records.delete(key);
      records.set(record.key, record);
      return write((table) => {
        table.put(record);
        for (const key of replaced) table.delete(key);
      });
    },
    /** @param {string[]} keys */
    remove: (keys) => {
      for (const key of keys) records.delete(key);
      return write((table) => keys.forEach((key) => table.delete(key)));
    },
    close,
  };
}

/** Deletes all that this browser keeps of a person. @param {string} userId */
export async function forget(userId) {
  const store = openStore(userId);
  await store.ready;
  await store.remove(store.all().map(({ key }) => key));
  const isKept = store.isLasting();
  store.close();
  if (!isKept) return;
  const request = indexedDB.deleteDatabase(nameFor(userId));
  // A tab that is asleep lets go of it later; it is empty already.
  await Promise.race([answer(request), new Promise((resolve) => request.addEventListener("blocked", resolve))]);
}
