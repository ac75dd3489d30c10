/** What every page has. The manuscript's own script is desk.js. */

import { mount as mountDialog } from "./dialog.js";
import { mount as mountFields } from "./fields.js";
import { mount as mountMenus } from "./menus.js";
import { mount as mountMorph } from "./morph.js";
import { mount as mountTheme } from "./theme.js";
import { mount as mountToasts } from "./toasts.js";

const { dismiss, failed } = document.getElementById("words-of-the-page").dataset;

mountDialog(document.getElementById("dialog"));
mountFields();
mountMenus();
mountMorph();
mountTheme([...document.querySelectorAll("[data-theme-choice]")]);
mountToasts(document.getElementById("toasts"), { dismiss, failed });
