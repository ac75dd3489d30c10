/** The page's elements, typed: what a template promises is there, or it is said which is missing. */

/**
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function one(root, selector) {
  const found = root.querySelector(selector);
  if (found instanceof HTMLElement) return found;
  throw new Error(`the page has no ${selector}`);
}

/**
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
export function all(root, selector) {
  return [...root.querySelectorAll(selector)].filter((found) => found instanceof HTMLElement);
}

/**
 * The element, or the nearest around it, that an event concerns.
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export function concerned(event, selector) {
  return event.target instanceof Element ? event.target.closest(selector) : null;
}

/**
 * @param {Element} element
 * @param {Event} event
 */
export function holds(element, event) {
  return event.target instanceof Node && element.contains(event.target);
}

/**
 * What an event of htmx or of ours carries.
 * @param {Event} event
 * @returns {any}
 */
export function detailOf(event) {
  return event instanceof CustomEvent ? event.detail : {};
}

/** The words that a template gave an element for its script. @param {HTMLElement} element */
export function wordsOf(element) {
  return /** @type {Record<string, string>} */ (element.dataset);
}
