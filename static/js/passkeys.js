/**
 * Passkeys: a form[data-passkey] is sent once the browser has made one (`create`) or signed with one
 * (`get`). What the server asks for stands in the element named by data-options, or is fetched from
 * data-options-from. Binary values travel as base64url, as in the JSON of the WebAuthn standard:
 * https://www.w3.org/TR/webauthn-3/#sctn-parseCreationOptionsFromJSON
 */

import { one, wordsOf } from "./dom.js";

/** @param {HTMLElement} element */
export function mount(element) {
  const form = /** @type {HTMLFormElement} */ (element);
  const problem = one(form, "[data-problem]");
  const button = /** @type {HTMLButtonElement} */ (one(form, "button[type=submit]"));
  const input = /** @type {HTMLInputElement} */ (one(form, "input[name=credential]"));
  const words = wordsOf(problem);
  const listening = new AbortController();

  /** @param {string} text */
  function say(text) {
    problem.textContent = text;
    problem.hidden = !text;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!isPossible()) return say(words.unsupported);
    say("");
    button.disabled = true;
    try {
      input.value = JSON.stringify(await ceremony(form));
      form.submit();
    } catch (error) {
      say(error instanceof DOMException && error.name === "InvalidStateError" ? words.known : words.refused);
      button.disabled = false;
    }
  }, { signal: listening.signal });

  return () => listening.abort();
}

/** A browser knows passkeys only of names, and only where nobody listens in. */
function isPossible() {
  const isNumber = /^[\d.]+$|:/.test(location.hostname);
  return isSecureContext && "credentials" in navigator && "PublicKeyCredential" in window && !isNumber;
}

/** @param {HTMLFormElement} form */
async function ceremony(form) {
  const { passkey, options, optionsFrom } = wordsOf(form);
  if (passkey === "create") {
    const isAlone = form.querySelector("input[name=passwordless]:checked") !== null;
    const { creation_options } = JSON.parse(one(document, `#${options}`).textContent ?? "");
    return created(await navigator.credentials.create({ publicKey: creation(creation_options.publicKey, isAlone) }));
  }
  const asked = optionsFrom ? await fetched(optionsFrom) : JSON.parse(one(document, `#${options}`).textContent ?? "");
  return signed(await navigator.credentials.get({ publicKey: request(asked.request_options.publicKey) }));
}

/** @param {string} address */
async function fetched(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

/**
 * @param {any} asked
 * @param {boolean} isAlone whether it is to be enough without the password
 */
function creation(asked, isAlone) {
  const selection = asked.authenticatorSelection ?? {};
  return {
    ...asked,
    challenge: bytes(asked.challenge),
    user: { ...asked.user, id: bytes(asked.user.id) },
    excludeCredentials: (asked.excludeCredentials ?? []).map(described),
    authenticatorSelection: {
      ...selection,
      residentKey: isAlone ? "required" : "discouraged",
      requireResidentKey: isAlone,
      userVerification: isAlone ? "required" : selection.userVerification,
    },
  };
}

/** @param {any} asked */
function request(asked) {
  return {
    ...asked,
    challenge: bytes(asked.challenge),
    allowCredentials: (asked.allowCredentials ?? []).map(described),
  };
}

/** @param {any} descriptor */
function described(descriptor) {
  return { ...descriptor, id: bytes(descriptor.id) };
}

/** @param {Credential | null} credential */
function created(credential) {
  const { response, ...rest } = parts(credential);
  const { attestationObject, clientDataJSON } = /** @type {AuthenticatorAttestationResponse} */ (response);
  return { ...rest, response: { attestationObject: text(attestationObject), clientDataJSON: text(clientDataJSON) } };
}

/** @param {Credential | null} credential */
function signed(credential) {
  const { response, ...rest } = parts(credential);
  const { authenticatorData, clientDataJSON, signature, userHandle } =
    /** @type {AuthenticatorAssertionResponse} */ (response);
  return {
    ...rest,
    response: {
      authenticatorData: text(authenticatorData),
      clientDataJSON: text(clientDataJSON),
      signature: text(signature),
      userHandle: userHandle && text(userHandle),
    },
  };
}

/** @param {Credential | null} credential */
function parts(credential) {
  const key = /** @type {PublicKeyCredential} */ (credential);
  return {
    id: key.id,
    rawId: text(key.rawId),
    type: key.type,
    authenticatorAttachment: key.authenticatorAttachment,
    clientExtensionResults: key.getClientExtensionResults(),
    response: key.response,
  };
}

/** @param {string} base64url */
function bytes(base64url) {
  const base64 = base64url.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** @param {ArrayBuffer} buffer */
function text(buffer) {
  const base64 = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
