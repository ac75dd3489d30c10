/** <details data-menu>: one open at a time, closed by Escape, by a press elsewhere and by choosing. */

export function mount(root = document) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const open = () => [...root.querySelectorAll("details.menu[open]")];
  const leave = (menu, focus = false) => {
    menu.open = false;
    if (focus) menu.querySelector("summary").focus();
  };

  root.addEventListener("click", (event) => {
    const inside = event.target.closest?.("details.menu");
    const chose = event.target.closest?.("details.menu > summary + * :is(a, button)");
    for (const menu of open()) if (menu !== inside || chose) leave(menu);
  }, options);
  root.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("details.menu[open]");
    if (!menu) return;
    if (event.key === "Escape") {
      leave(menu, true);
      event.stopPropagation();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const items = [...menu.querySelectorAll(":scope > summary + * :is(a, button):not(:disabled)")];
      const step = event.key === "ArrowDown" ? 1 : -1;
      const from = items.indexOf(document.activeElement);
      items.at((from + step + (from < 0 && step < 0 ? 1 : 0)) % items.length)?.focus();
      event.preventDefault();
    }
  }, options);
  root.addEventListener("focusin", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) leave(menu);
  }, options);

  return () => listening.abort();
}
