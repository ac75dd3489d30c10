/** The page on which a document is seen coming about: wires its parts. */

import { all, one, wordsOf } from "./dom.js";
import { fetchFrames } from "./replay_frames.js";
import { mount as mountStage } from "./replay_stage.js";

const STEP_MS = 120;

const root = document.querySelector("#replay");
if (root instanceof HTMLElement) mount(root);

/** @param {HTMLElement} element */
export function mount(element) {
  const words = wordsOf(element);
  const { until, times } = JSON.parse(one(document, "#replay-data").textContent ?? "");
  const slider = /** @type {HTMLInputElement} */ (one(element, "input[type=range]"));
  const button = one(element, "[data-play-button]");
  const when = one(element, "[data-when]");
  const select = (/** @type {string} */ name) =>
    /** @type {HTMLSelectElement | null} */ (element.querySelector(`[data-${name}]`));
  const last = times.length - 1;
  const stage = mountStage(one(element, ".replay-text"), {
    legend: all(element, "[data-number]"),
    empty: one(element, "[data-empty]"),
  });
  const source = fetchFrames({ url: words.frames, until, last });
  const format = new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: "medium",
    timeStyle: "short",
  });

  let shown = -1;
  let wanted = last;
  let timer = 0;
  let isShowing = false;

  const tell = () => {
    const text = words.of
      .replace("{time}", format.format(new Date(times[wanted])))
      .replace("{step}", String(wanted))
      .replace("{last}", String(last));
    when.textContent = text;
    slider.setAttribute("aria-valuetext", text);
  };
  /** Shows the step that is wanted, and whichever is wanted by then. */
  const show = async () => {
    if (isShowing) return;
    isShowing = true;
    try {
      while (shown !== wanted) {
        const step = wanted;
        const frames = await source.from(shown, step);
        for (const frame of frames) stage.show(frame, source.blocks);
        stage.seek(step === last);
        shown = step;
        element.dataset.step = String(step);
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // what fetch throws without a connection
      when.textContent = words.failed;
      pause();
    } finally {
      isShowing = false;
    }
  };
  /** @param {number} step */
  const go = (step) => {
    wanted = Math.max(0, Math.min(step, last));
    slider.value = String(wanted);
    tell();
    return show();
  };
  const pause = () => {
    clearTimeout(timer);
    timer = 0;
    button.textContent = words.play;
  };
  const tick = async () => {
    const began = performance.now();
    await go(wanted + 1);
    if (!timer) return;
    if (wanted === last) return pause();
    const pace = STEP_MS / Number(select("speed")?.value ?? 1);
    timer = setTimeout(tick, Math.max(0, pace - (performance.now() - began)));
  };
  const play = () => {
    if (wanted === last) go(0);
    button.textContent = words.pause;
    timer = setTimeout(tick, STEP_MS);
  };

  button.addEventListener("click", () => (timer ? pause() : play()));
  slider.addEventListener("input", () => {
    pause();
    go(Number(slider.value));
  });
  select("only")?.addEventListener("change", () => stage.only(select("only")?.value ?? "all"));
  select("jump")?.addEventListener("change", () => {
    const { value } = select("jump") ?? {};
    if (!value) return;
    pause();
    go(Number(value));
  });
  go(words.start ? Number(words.start) : last);
}
