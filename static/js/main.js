/** What every page has. The manuscript's own script is desk.js. */

import { mount as mountBanner } from "./banner.js";
import { mount as mountClock } from "./clock.js";
import { mount as mountCopying } from "./copying.js";
import { mount as mountDialog } from "./dialog.js";
import { all, one, wordsOf } from "./dom.js";
import { mount as mountFields } from "./fields.js";
import { mount as mountMenus } from "./menus.js";
import { mount as mountMentions } from "./mentions.js";
import { mount as mountMorph } from "./morph.js";
import { mount as mountPasskeys } from "./passkeys.js";
import { mount as mountRescue } from "./rescue.js";
import { mount as mountSignOut } from "./signing_out.js";
import { openStore } from "./store.js";
import { mount as mountTheme } from "./theme.js";
import { mount as mountToasts } from "./toasts.js";

const { dismiss, failed } = wordsOf(one(document, "#words-of-the-page"));

const dialog = /** @type {HTMLDialogElement} */ (one(document, "#dialog"));

mountClock(document);
mountCopying();
mountDialog(dialog);
mountFields();
mountMenus();
mountMentions(one(document, "#words-of-the-page"));
mountMorph();
all(document, "form[data-passkey]").forEach(mountPasskeys);
mountTheme(all(document, "[data-theme-choice]"));
mountToasts(one(document, "#toasts"), { dismiss, failed });

const template = document.querySelector("template#rescued-template");
if (template instanceof HTMLTemplateElement) {
  mountSignOut(template);
  // The manuscript's page knows better what of its own text will still be saved.
  if (!document.querySelector("#manuscript")) offerText(template);
}

/** @param {HTMLTemplateElement} template */
async function offerText(template) {
  const store = openStore(wordsOf(template).user);
  const rescue = mountRescue(template, {
    dialog,
    lost: store.all,
    discard: async ({ key }) => {
      await store.remove([key]);
      banner.show();
    },
  });
  const banner = mountBanner(one(document, "#banner"), { rescue });
  await store.ready;
  banner.show();
}
