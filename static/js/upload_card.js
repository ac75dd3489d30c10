/** What is shown of an image on its way, where it will stand: how far it is, or what went wrong. */

import { concerned, one } from "./dom.js";

/**
 * @param {HTMLTemplateElement} template
 * @param {object} options
 * @param {string} options.name of the file
 * @param {() => void} options.onRetry
 * @param {() => void} options.onRemove by a press on Cancel or Remove
 */
export function create(template, { name, onRetry, onRemove }) {
  const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  const element = one(copy, ".upload");
  const bar = /** @type {HTMLProgressElement} */ (element.querySelector("progress"));
  const problem = one(element, "[role=alert]");
  one(element, "[data-name]").textContent = name;
  element.ariaLabel = name;
  element.addEventListener("click", (event) => {
    const action = concerned(event, "[data-action]")?.dataset.action;
    if (action === "retry") onRetry();
    else if (action === "remove") onRemove();
  });

  return {
    element,
    begin: () => {
      element.classList.remove("failed");
      problem.textContent = "";
      bar.value = 0;
    },
    /** @param {number} share up to 1; from there on the server works, and nobody knows how long */
    progress: (share) => {
      if (share < 1) bar.value = share;
      else bar.removeAttribute("value");
    },
    /** @type {(message: string, isForGood?: boolean) => void} */
    fail: (message, isForGood = false) => {
      element.classList.add("failed");
      one(element, "[data-action=retry]").hidden = isForGood;
      problem.textContent = message;
    },
  };
}
