/** Keeps `<time data-since="2026-01-31T12:00:00Z">` at the time that has passed since then. */

const TICK_MILLISECONDS = 1000;

/**
 * @param {ParentNode} root
 * @returns {() => void} stops the clock
 */
export function mount(root) {
  const tick = () => {
    for (const element of root.querySelectorAll("time[data-since]")) {
      const { since } = /** @type {HTMLTimeElement} */ (element).dataset;
      if (since) element.textContent = passed(Date.now() - Date.parse(since));
    }
  };
  const timer = setInterval(tick, TICK_MILLISECONDS);
  return () => clearInterval(timer);
}

/** @param {number} milliseconds 84_000 reads 1:24 */
export function passed(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = two(seconds % 60);
  return hours ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}
