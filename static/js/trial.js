/** Tries a role in the administration: answers stream into two panes, and can be cancelled. */

/** @typedef {{kind: "text" | "end" | "error", text: string}} Said */

/**
 * @param {Element} root
 * @param {string} selector
 * @returns {any}
 */
const find = (root, selector) => {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`${selector} is missing`);
  return found;
};

/**
 * The lines of an answer as they arrive.
 * @param {Response} response
 * @returns {AsyncGenerator<Said>}
 */
async function* linesOf(response) {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ; ) {
    const { done, value } = await reader.read();
    if (done) {
      if (rest.trim()) yield JSON.parse(rest);
      return;
    }
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line) yield JSON.parse(line);
  }
}

/** What a critic, planner or editor answers is JSON: easier to read with its lines broken. */
const readable = (/** @type {string} */ text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement} pane
 */
function mountPane(form, pane) {
  const answer = find(pane, ".trial-answer");
  const status = find(pane, ".trial-status");
  const cancel = find(pane, "[data-cancel]");
  const start = find(pane, "[data-try]");
  const words = form.dataset;
  /** @type {AbortController | null} */
  let asking = null;

  const values = () => {
    const data = new FormData(form);
    for (const name of ["revision", "model"]) data.set(name, find(pane, `[name=${name}]`).value);
    return data;
  };
  const say = (/** @type {string} */ text, isProblem = false) => {
    status.textContent = text;
    status.classList.toggle("is-problem", isProblem);
  };

  const run = async () => {
    asking?.abort();
    const mine = (asking = new AbortController());
    answer.textContent = "";
    answer.ariaBusy = "true";
    cancel.hidden = false;
    start.hidden = true;
    say(words.waiting ?? "");
    let isOver = false;
    try {
      const { signal } = mine;
      const response = await fetch(form.action, { method: "POST", body: values(), signal });
      for await (const { kind, text } of linesOf(response)) {
        if (kind === "text") {
          if (!answer.textContent) say("");
          answer.append(text);
        } else {
          isOver = true;
          say(text, kind === "error");
        }
      }
      if (!isOver) say(words.failed ?? "", true);
      answer.textContent = readable(answer.textContent ?? "");
    } catch (error) {
      if (mine !== asking) return;
      say((mine.signal.aborted ? words.cancelled : words.failed) ?? "", !mine.signal.aborted);
    } finally {
      if (mine === asking) {
        answer.ariaBusy = "false";
        cancel.hidden = true;
        start.hidden = false;
        asking = null;
      }
    }
  };
  start.addEventListener("click", () => {
    run();
    cancel.focus();
  });
  cancel.addEventListener("click", () => {
    asking?.abort();
    start.hidden = false;
    start.focus();
  });
  return run;
}

/** @param {HTMLFormElement} form */
export function mount(form) {
  const panes = /** @type {HTMLElement[]} */ ([...form.querySelectorAll(".trial-pane")]);
  const runs = panes.map((pane) => mountPane(form, pane));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    for (const run of runs) run();
  });
}

const form = document.getElementById("trial");
if (form instanceof HTMLFormElement) mount(form);
