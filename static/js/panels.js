/** The tabs on the right; on a phone the outline and the panel become sheets above the bottom bar. */

/**
 * @param {HTMLElement} root holds the sheets, marked data-sheet
 * @param {HTMLElement} bar buttons with data-opens (a sheet) and data-tab (a panel in it)
 */
export function mount(root, bar) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const tabs = [...root.querySelectorAll("[role=tab]")];
  const openers = [...bar.querySelectorAll("[data-opens]")];
  const panelOf = (tab) => document.getElementById(tab.getAttribute("aria-controls"));

  const select = (tab) => {
    for (const each of tabs) {
      const chosen = each === tab;
      each.ariaSelected = String(chosen);
      each.tabIndex = chosen ? 0 : -1;
      panelOf(each).hidden = !chosen;
    }
    if (root.dataset.open) show(root.dataset.open);
  };
  const selectByName = (name) => select(tabs.find((tab) => panelOf(tab).id === name));
  const selected = () => panelOf(tabs.find((tab) => tab.ariaSelected === "true")).id;

  const show = (sheet) => {
    if (sheet) root.dataset.open = sheet;
    else delete root.dataset.open;
    for (const opener of openers) {
      const { opens, tab } = opener.dataset;
      opener.ariaExpanded = String(opens === sheet && (!tab || tab === selected()));
    }
  };

  root.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) select(tab);
    else if (root.dataset.open && !event.target.closest("[data-sheet]")) show(null);
  }, options);
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && root.dataset.open) {
      const opener = openers.find((each) => each.ariaExpanded === "true");
      show(null);
      opener?.focus();
      return;
    }
    const at = tabs.indexOf(event.target);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (at < 0 || !step) return;
    const next = tabs.at((at + step) % tabs.length);
    select(next);
    next.focus();
  }, options);
  bar.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (!opener) return;
    if (opener.dataset.tab) selectByName(opener.dataset.tab);
    show(opener.ariaExpanded === "true" && root.dataset.open ? null : opener.dataset.opens);
  }, options);

  return {
    /** Shows a panel, and on a phone its sheet. */
    reveal: (name) => {
      selectByName(name);
      if (getComputedStyle(bar).display !== "none") show("panel");
    },
    /** Puts the sheets away, for what is to be seen behind them. */
    close: () => show(null),
    destroy: () => listening.abort(),
  };
}
