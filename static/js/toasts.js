/**
 * Short messages: those the server sends, and one of our own when a request got no answer.
 * A toast leaves after a while, but never while it is pointed at or holds the focus.
 */

import { concerned, detailOf } from "./dom.js";

const STAYS_MS = 7000;
const STAYS_WITH_ACTION_MS = 12000;

/**
 * @param {HTMLElement} list
 * @param {{dismiss: string, failed: string}} words
 */
export function mount(list, words) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const timers = new Map();

  /** @param {Element} toast */
  const wait = (toast) => {
    clearTimeout(timers.get(toast));
    const stays = toast.querySelector("button[hx-post], [data-action], a") ? STAYS_WITH_ACTION_MS : STAYS_MS;
    timers.set(toast, setTimeout(() => {
      if (toast.matches(":hover, :focus-within")) wait(toast);
      else remove(toast);
    }, stays));
  };
  /** @param {Element} toast */
  const remove = (toast) => {
    clearTimeout(timers.get(toast));
    timers.delete(toast);
    toast.remove();
  };
  /** @param {Element} toast */
  const adopt = (toast) => {
    if (timers.has(toast)) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "dismiss";
    button.textContent = "×";
    button.ariaLabel = words.dismiss;
    button.addEventListener("click", () => remove(toast));
    toast.append(button);
    wait(toast);
  };
  const failed = () => show(list, words.failed).classList.add("error");

  const watcher = new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) if (node instanceof HTMLElement) adopt(node);
    }
  });
  watcher.observe(list, { childList: true });
  for (const toast of list.querySelectorAll(".toast")) adopt(toast);

  list.addEventListener("htmx:afterRequest", (event) => {
    const toast = concerned(event, ".toast button")?.closest(".toast");
    if (toast && detailOf(event).successful) remove(toast);
  }, options);
  document.body.addEventListener("htmx:sendError", (event) => {
    // A panel that refreshes itself tries again; only what a person asked for needs an answer.
    if (detailOf(event).requestConfig?.verb !== "get") failed();
  }, options);
  // htmx drops the body of an error; ours are for reading: a toast, or a form with what is wrong.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const detail = detailOf(event);
    const { xhr } = detail;
    if (xhr.status === 422 || (xhr.status >= 400 && xhr.getResponseHeader("HX-Retarget"))) {
      detail.shouldSwap = true;
      detail.isError = false;
    } else if (xhr.status >= 400 && detail.requestConfig.verb !== "get") failed();
  }, options);

  return () => {
    listening.abort();
    watcher.disconnect();
    for (const timer of timers.values()) clearTimeout(timer);
  };
}

/**
 * Shows a message, unless it stands there already.
 * @param {HTMLElement} list
 * @param {string} text
 * @param {{label: string, run: () => void}} [action] a button beside it
 */
export function show(list, text, action) {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.append(Object.assign(document.createElement("span"), { textContent: text }));
  const shown = [...list.children].find((each) => each.firstElementChild?.textContent === text);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.action = "";
    button.textContent = action.label;
    button.addEventListener("click", () => {
      action.run();
      toast.remove();
    });
    toast.append(button);
  } else if (shown instanceof HTMLElement) return shown;
  list.append(toast);
  return toast;
}
