/** Where something small is shown beside the text, within what is seen of the window. */

const MARGIN_PX = 8;

/** What a phone's keyboard, and the bar at its bottom, leave of the window. */
export function visibleBox() {
  const { visualViewport: seen } = window;
  const bar = document.querySelector(".bottom-bar")?.getBoundingClientRect();
  const end = bar?.height ? bar.top : innerHeight;
  return seen
    ? { top: seen.offsetTop, bottom: Math.min(seen.offsetTop + seen.height, end), right: seen.offsetLeft + seen.width }
    : { top: 0, bottom: end, right: innerWidth };
}

/**
 * @param {HTMLElement} element fixed at the window's top left
 * @param {{left: number, top: number}} wanted
 */
export function moveTo(element, { left, top }) {
  const seen = visibleBox();
  const x = Math.max(MARGIN_PX, Math.min(left, seen.right - element.offsetWidth - MARGIN_PX));
  const y = Math.max(seen.top + MARGIN_PX, Math.min(top, seen.bottom - element.offsetHeight - MARGIN_PX));
  element.style.translate = `${Math.round(x)}px ${Math.round(y)}px`;
}

/**
 * Calls `place` whenever what it is shown beside may have moved, once a frame.
 * @param {() => void} place
 * @param {AbortSignal} signal
 * @returns {() => void} asks for it
 */
export function keepPlaced(place, signal) {
  let frame = 0;
  const ask = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      place();
    });
  };
  const options = { signal, capture: true, passive: true };
  addEventListener("scroll", ask, options);
  addEventListener("resize", ask, options);
  window.visualViewport?.addEventListener("resize", ask, options);
  window.visualViewport?.addEventListener("scroll", ask, options);
  document.addEventListener("focusin", ask, options);
  document.addEventListener("focusout", ask, options);
  signal.addEventListener("abort", () => cancelAnimationFrame(frame));
  return ask;
}

/**
 * Left and right arrows go from button to button of a toolbar.
 * @param {KeyboardEvent} event
 * @param {HTMLElement[]} buttons
 */
export function goThrough(event, buttons) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const usable = buttons.filter((button) => !(button instanceof HTMLButtonElement && button.disabled));
  const at = usable.findIndex((button) => button === event.target);
  if (!step || at < 0) return false;
  usable[(at + step + usable.length) % usable.length].focus();
  event.preventDefault();
  return true;
}
