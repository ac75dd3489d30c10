/** The tabs on the right; on a phone the outline and the panel become sheets above the bottom bar. */

import { all, concerned, one } from "./dom.js";

/**
 * @param {HTMLElement} root holds the sheets, marked data-sheet
 * @param {HTMLElement} bar buttons with data-opens (a sheet) and data-tab (a panel in it)
 */
export function mount(root, bar) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const tabs = all(root, "[role=tab]");
  const openers = all(bar, "[data-opens]");
  /** @param {Element} tab */
  const panelOf = (tab) => one(root, `#${tab.getAttribute("aria-controls")}`);

  /** @param {HTMLElement} tab */
  const select = (tab) => {
    for (const each of tabs) {
      const chosen = each === tab;
      each.ariaSelected = String(chosen);
      each.tabIndex = chosen ? 0 : -1;
      panelOf(each).hidden = !chosen;
    }
    if (root.dataset.open) show(root.dataset.open);
  };
  /** @param {string} name */
  const selectByName = (name) => tabs.filter((tab) => panelOf(tab).id === name).forEach(select);
  const isSelected = (/** @type {string} */ name) =>
    tabs.some((tab) => tab.ariaSelected === "true" && panelOf(tab).id === name);

  /** @param {string | null} sheet */
  const show = (sheet) => {
    if (sheet) root.dataset.open = sheet;
    else delete root.dataset.open;
    for (const opener of openers) {
      const { opens, tab } = opener.dataset;
      opener.ariaExpanded = String(opens === sheet && (!tab || isSelected(tab)));
    }
  };

  root.addEventListener("click", (event) => {
    const tab = concerned(event, "[role=tab]");
    if (tab) select(tab);
    else if (root.dataset.open && !concerned(event, "[data-sheet]")) show(null);
  }, options);
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && root.dataset.open) {
      const opener = openers.find((each) => each.ariaExpanded === "true");
      show(null);
      opener?.focus();
      return;
    }
    const at = tabs.findIndex((tab) => tab === event.target);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (at < 0 || !step) return;
    const next = tabs[(at + step + tabs.length) % tabs.length];
    select(next);
    next.focus();
  }, options);
  bar.addEventListener("click", (event) => {
    const opener = concerned(event, "[data-opens]");
    if (!opener) return;
    const { opens, tab } = opener.dataset;
    if (tab) selectByName(tab);
    show(opener.ariaExpanded === "true" && root.dataset.open ? null : (opens ?? null));
  }, options);

  return {
    /** Shows a panel, and on a phone its sheet. */
    reveal: (/** @type {string} */ name) => {
      selectByName(name);
      if (getComputedStyle(bar).display !== "none") show("panel");
    },
    /** Puts the sheets away, for what is to be seen behind them. */
    close: () => show(null),
    destroy: () => listening.abort(),
  };
}
