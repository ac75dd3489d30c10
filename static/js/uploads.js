/** Sends images to the server, a few at a time. */

const AT_ONCE = 2;
const CREATED = 201;
/** The same image would be refused again. */
const FOR_GOOD = [413, 422];

/** @typedef {{id: string, width: number, height: number}} Stored */

let sending = 0;
/** @type {(() => void)[]} */
const waiting = [];

/** @type {(signal: AbortSignal) => Promise<void>} */
async function turn(signal) {
  if (sending >= AT_ONCE) await new Promise((go) => waiting.push(() => go(null)));
  sending += 1;
  signal.throwIfAborted();
}

function leave() {
  sending -= 1;
  waiting.shift()?.();
}

/**
 * @param {Blob} file
 * @param {object} options
 * @param {string} options.address
 * @param {{failed: string, offline: string}} options.words
 * @param {AbortSignal} options.signal
 * @param {(share: number) => void} [options.onProgress] how much of it is sent, up to 1
 * @returns {Promise<Stored>} rejected with what to tell the person, and as its cause the status
 */
export async function send(file, { signal, ...options }) {
  try {
    await turn(signal);
    return await request(file, { signal, ...options });
  } finally {
    leave();
  }
}

/** @param {unknown} error of `send` */
export const isForGood = (error) => error instanceof Error && FOR_GOOD.includes(Number(error.cause));

/** @type {typeof send} */
function request(file, { address, words, signal, onProgress }) {
  const form = new FormData();
  form.set("image", file);
  // Only this tells how much is sent.
  const call = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    const fail = (/** @type {string} */ message) => reject(new Error(message, { cause: call.status }));
    call.open("POST", address);
    call.responseType = "json";
    call.setRequestHeader("Accept", "application/json");
    const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
    for (const [name, value] of Object.entries(headers)) call.setRequestHeader(name, value);
    call.upload.addEventListener("progress", ({ loaded, total }) => onProgress?.(loaded / total));
    call.addEventListener("error", () => fail(words.offline));
    call.addEventListener("load", () => {
      if (call.status === CREATED) resolve(call.response);
      else fail(call.response?.message ?? words.failed);
    });
    signal.addEventListener("abort", () => {
      call.abort();
      fail("");
    });
    call.send(form);
  });
}
