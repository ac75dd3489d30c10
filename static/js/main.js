/** What every page has. The manuscript's own script is desk.js. */

import { mount as mountClock } from "./clock.js";
import { mount as mountDialog } from "./dialog.js";
import { all, one, wordsOf } from "./dom.js";
import { mount as mountFields } from "./fields.js";
import { mount as mountMenus } from "./menus.js";
import { mount as mountMorph } from "./morph.js";
import { mount as mountTheme } from "./theme.js";
import { mount as mountToasts } from "./toasts.js";

const { dismiss, failed } = wordsOf(one(document, "#words-of-the-page"));

mountClock(document);
mountDialog(/** @type {HTMLDialogElement} */ (one(document, "#dialog")));
mountFields();
mountMenus();
mountMorph();
mountTheme(all(document, "[data-theme-choice]"));
mountToasts(one(document, "#toasts"), { dismiss, failed });
