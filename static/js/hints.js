/**
 * The server says that something changed, not what: each hint becomes an event on <body>, and the
 * htmx regions that show it fetch it again, so that rights are checked where data is read.
 */

const HINTS = ["outline-changed", "run-changed", "review-changed", "document-changed"];

/** @param {ReturnType<typeof import("./provider.js").connect>} connection */
export function mount(connection) {
  /** @type {(name: string, detail: object) => void} */
  const tell = (name, detail) => document.body.dispatchEvent(new CustomEvent(name, { detail }));
  /** @param {{payload: string}} frame */
  const onStateless = ({ payload }) => {
    const { hint, detail } = JSON.parse(payload);
    if (HINTS.includes(hint)) tell(hint, detail);
  };
  connection.document.on("stateless", onStateless);
  // What was said while we were away is not said again.
  connection.onReconnect(() => HINTS.forEach((hint) => tell(hint, {})));
  return () => connection.document.off("stateless", onStateless);
}
