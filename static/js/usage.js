/** The charts of the page of usage. The tables beside them say the same; without a script they do alone. */

import { BarController, BarElement, CategoryScale, Chart, LinearScale, Tooltip } from "chart.js";
import { all, one, wordsOf } from "./dom.js";

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

/**
 * @typedef {{ name: string, label: string, unit: string }} Metric
 * @typedef {{ labels: string[], ticks: string[], numbers: Record<string, (number | null)[]> }} Series
 */

const LONGEST_LABEL = 24;

const root = document.querySelector("#usage");
if (root instanceof HTMLElement) mount(root);

/** @param {HTMLElement} element */
export function mount(element) {
  /** @type {{ currency: string, metrics: Metric[], times: Series, keys: Series }} */
  const data = JSON.parse(one(document, "#usage-data").textContent ?? "");
  const words = wordsOf(element);
  const choice = /** @type {HTMLSelectElement} */ (one(element, "#usage-metric"));
  const listening = new AbortController();
  const { signal } = listening;

  const charts = all(element, ".chart").map((box) => {
    const isBars = box.classList.contains("bars");
    box.hidden = false;
    const canvas = /** @type {HTMLCanvasElement} */ (one(box, "canvas"));
    const series = isBars ? data.keys : data.times;
    const chart = new Chart(canvas, {
      type: "bar",
      data: {
        labels: series.ticks.map(shortened),
        datasets: [{ data: /** @type {number[]} */ ([]), maxBarThickness: 28, borderRadius: 3 }],
      },
      options: {
        indexAxis: isBars ? "y" : "x",
        maintainAspectRatio: false,
        animation: false,
      },
    });
    return { box, canvas, chart, series, isBars };
  });

  const show = () => {
    const metric = data.metrics.find((each) => each.name === choice.value) ?? data.metrics[0];
    const write = writerOf(metric.unit, data.currency);
    const ink = inks(element);
    for (const { box, canvas, chart, series, isBars } of charts) {
      const title = (isBars ? words.bars : words.chart).replace("{metric}", metric.label);
      canvas.setAttribute("aria-label", title);
      if (isBars) box.style.blockSize = `${Math.max(series.labels.length * 30 + 50, 90)}px`;
      const bars = chart.data.datasets[0];
      bars.data = series.numbers[metric.name].map((number) => number ?? NaN);
      bars.label = metric.label;
      bars.backgroundColor = ink.bar;
      const names = { grid: { display: false }, border: { color: ink.line }, ticks: { color: ink.soft } };
      const numbers = {
        beginAtZero: true,
        grid: { color: ink.line },
        border: { display: false },
        ticks: { color: ink.soft, maxTicksLimit: 6, callback: (/** @type {any} */ tick) => write(Number(tick)) },
      };
      chart.options.scales = isBars ? { x: numbers, y: names } : { x: names, y: numbers };
      chart.options.plugins = {
        tooltip: {
          displayColors: false,
          callbacks: {
            title: (items) => series.labels[items[0]?.dataIndex ?? 0] ?? "",
            label: (item) => `${metric.label}: ${write(Number(item.raw))}`,
          },
        },
      };
      chart.update();
    }
  };

  const costs = data.times.numbers.cost;
  choice.value = costs.some((cost) => cost) ? "cost" : "completion_tokens";
  one(element, ".usage-metric").hidden = false;
  choice.addEventListener("change", show, { signal });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show, { signal });
  const theme = new MutationObserver(show);
  theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  show();
  return () => {
    listening.abort();
    theme.disconnect();
    for (const { chart } of charts) chart.destroy();
  };
}

/** @param {string} label */
function shortened(label) {
  return label.length > LONGEST_LABEL ? `${label.slice(0, LONGEST_LABEL - 1)}…` : label;
}

/**
 * What the tokens of the theme in use come to: a canvas knows nothing of `var()` and `light-dark()`.
 * @param {HTMLElement} element
 */
function inks(element) {
  const probe = element.appendChild(document.createElement("span"));
  const ink = (/** @type {string} */ name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const found = { bar: ink("accent"), line: ink("line"), soft: ink("soft") };
  probe.remove();
  return found;
}

/**
 * @param {string} unit
 * @param {string} currency
 * @returns {(number: number) => string}
 */
function writerOf(unit, currency) {
  const language = document.documentElement.lang;
  /** @type {Record<string, Intl.NumberFormatOptions>} */
  const styles = {
    money: { style: "currency", currency, currencyDisplay: "narrowSymbol", maximumSignificantDigits: 4 },
    share: { style: "percent", maximumFractionDigits: 1 },
    seconds: { style: "unit", unit: "second", maximumSignificantDigits: 3 },
    tokens: { notation: "compact", maximumFractionDigits: 1 },
    count: { maximumFractionDigits: 0 },
    rate: { maximumFractionDigits: 1 },
  };
  const format = new Intl.NumberFormat(language, styles[unit]);
  return (number) => (Number.isNaN(number) ? "–" : format.format(number));
}
