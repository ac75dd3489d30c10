/** <details data-menu>: one open at a time, closed by Escape, by a press elsewhere and by choosing. */

import { all, concerned, holds, one } from "./dom.js";

/** @param {Document} root */
export function mount(root = document) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const open = () => all(root, "details.menu[open]");
  const leave = (/** @type {Element} */ menu) => menu.removeAttribute("open");

  root.addEventListener("click", (event) => {
    const inside = concerned(event, "details.menu");
    const chose = concerned(event, "details.menu > summary + * :is(a, button)");
    for (const menu of open()) if (menu !== inside || chose) leave(menu);
  }, options);
  root.addEventListener("keydown", (event) => {
    const menu = concerned(event, "details.menu[open]");
    if (!menu) return;
    if (event.key === "Escape") {
      leave(menu);
      one(menu, "summary").focus();
      event.stopPropagation();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const items = all(menu, ":scope > summary + * :is(a, button):not(:disabled)");
      const step = event.key === "ArrowDown" ? 1 : -1;
      const from = items.findIndex((item) => item === document.activeElement);
      items.at((from + step + (from < 0 && step < 0 ? 1 : 0)) % items.length)?.focus();
      event.preventDefault();
    }
  }, options);
  // In a list that scrolls, the menu of its last row would open out of sight.
  root.addEventListener("toggle", (event) => {
    const menu = concerned(event, "details.menu[open]");
    if (menu && event.target === menu) one(menu, "summary + *").scrollIntoView({ block: "nearest" });
  }, { ...options, capture: true });
  root.addEventListener("focusin", (event) => {
    for (const menu of open()) if (!holds(menu, event)) leave(menu);
  }, options);

  return () => listening.abort();
}
