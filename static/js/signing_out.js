/** Who signs out takes along what this browser kept of their text, and is warned if that is any. */

import { concerned, wordsOf } from "./dom.js";
import { forget, openStore } from "./store.js";

/** @param {HTMLElement} words whose data attributes say whose text it is, and hold the question */
export function mount(words) {
  const listening = new AbortController();
  const { user, signOut } = wordsOf(words);
  document.addEventListener("submit", async (event) => {
    const form = concerned(event, "form[data-sign-out]");
    if (!(form instanceof HTMLFormElement)) return;
    event.preventDefault();
    const store = openStore(user);
    await store.ready;
    const isAny = store.all().length > 0;
    store.close();
    if (isAny && !confirm(signOut)) return;
    await forget(user);
    form.submit();
  }, { signal: listening.signal });

  return () => listening.abort();
}
