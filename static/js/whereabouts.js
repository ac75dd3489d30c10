/** What the others are told of this tab's person: the section they are in, and whether they rest. */

const IDLE_MS = 60_000;
// Who scrolls past a section is not in it.
const STAY_MS = 300;
const INPUT = ["keydown", "pointerdown", "pointermove", "wheel", "touchmove"];

/**
 * @param {HTMLElement} column holds the sections
 * @param {import("y-protocols/awareness").Awareness} awareness of the document
 */
export function mount(column, awareness) {
  const listening = new AbortController();
  const options = { signal: listening.signal, capture: true, passive: true };
  let inView = "";
  let telling = 0;
  let idling = 0;
  let usedAt = performance.now();
  let isIdle = false;

  /** @param {object} news */
  const tell = (news) => awareness.setLocalState({ ...awareness.getLocalState(), ...news, since: Date.now() });
  const tellPlace = () => {
    const around = document.activeElement?.closest(".section");
    const stood = around instanceof HTMLElement && column.contains(around) ? around.dataset.section : undefined;
    const section = stood ?? inView;
    if (section !== (awareness.getLocalState()?.section ?? "")) tell({ section });
  };
  const tellPlaceSoon = () => {
    clearTimeout(telling);
    telling = setTimeout(tellPlace, STAY_MS);
  };
  const rest = () => {
    const left = usedAt + IDLE_MS - performance.now();
    isIdle = left <= 0;
    if (isIdle) tell({ idle: true });
    else idling = setTimeout(rest, left);
  };
  const use = () => {
    usedAt = performance.now();
    if (!isIdle) return;
    tell({ idle: false });
    rest();
  };

  for (const name of INPUT) document.addEventListener(name, use, options);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) use();
  }, options);
  column.addEventListener("focusin", tellPlaceSoon, options);
  column.addEventListener("focusout", tellPlaceSoon, options);
  rest();

  return {
    /** The section that is read now. @type {(section: string) => void} */
    see: (section) => {
      inView = section;
      tellPlaceSoon();
    },
    destroy: () => {
      listening.abort();
      clearTimeout(telling);
      clearTimeout(idling);
    },
  };
}
