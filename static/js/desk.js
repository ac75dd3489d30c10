/** The manuscript's page: wires the modules to its elements. */

import { mount as mountAttempts } from "./attempts.js";
import { mount as mountBanner } from "./banner.js";
import { mount as mountCommenting } from "./commenting.js";
import { mount as mountComments } from "./comments.js";
import { all, one, wordsOf } from "./dom.js";
import { mount as mountFormatting } from "./formatting.js";
import { mount as mountHeading } from "./heading.js";
import { mount as mountHints } from "./hints.js";
import { mount as mountManuscript } from "./manuscript.js";
import { mount as mountOutline } from "./outline.js";
import { mount as mountPanels } from "./panels.js";
import { mount as mountPresence } from "./presence.js";
import { connect } from "./provider.js";
import { mount as mountRescue } from "./rescue.js";
import { mount as mountSaved } from "./saved.js";
import { openStore } from "./store.js";
import { mount as mountUnsaved } from "./unsaved.js";

const NO_ID = "00000000-0000-0000-0000-000000000000";

const byId = (/** @type {string} */ id) => one(document, `#${id}`);
const template = (/** @type {string} */ id) => /** @type {HTMLTemplateElement} */ (byId(id));
const desk = byId("manuscript");
const outline = byId("outline");
const given = wordsOf(desk);
const readonly = given.readonly === "true";
const user = { id: Number(given.userId), name: given.userName, tone: Number(given.userTone) };

const title = /** @type {HTMLInputElement} */ (one(document, "[data-document-title]"));
const unsaved = mountUnsaved({
  store: openStore(given.userId),
  documentId: given.document,
  readonly,
  titles: (id) => ({
    title: byId(`section-${id}`).querySelector("textarea")?.value ?? "",
    documentTitle: title.value,
  }),
});
const rescue = mountRescue(template("rescued-template"), {
  dialog: /** @type {HTMLDialogElement} */ (byId("dialog")),
  lost: unsaved.lost,
  discard: unsaved.discard,
});
const banner = mountBanner(byId("banner"), { rescue });
unsaved.changes.addEventListener("change", banner.show);
const connection = connect({
  url: given.socket,
  documentId: given.document,
  user,
  readonly,
  unsaved,
  onRefused: banner.refuse,
});
connection.onReconnect(unsaved.lookAgain);
document.body.append(template("formatting-template").content.cloneNode(true));
const formatting = mountFormatting(one(document, ".formatting"));
const commentButton = document.querySelector(".formatting [data-comment]");
const commenting = commentButton instanceof HTMLElement
  ? mountCommenting(commentButton, {
      dialog: byId("dialog"),
      address: (id) => given.commentUrl.replace(NO_ID, id),
    })
  : null;
const panels = mountPanels(desk, one(document, ".bottom-bar"));

const manuscript = mountManuscript(byId("sections-text"), {
  outline,
  template: template("section-template"),
  byline: one(document, ".byline .word-count"),
  nothing: one(document, ".no-sections"),
  editUrl: (id) => given.editUrl.replace(NO_ID, id),
  onSections: unsaved.outlineIsKnown,
  section: {
    connection,
    readonly,
    user,
    onChange: (view) => {
      commenting?.follow(view);
      formatting.follow(view);
    },
  },
});
mountOutline(outline, {
  announcements: byId("announcements"),
  moveUrl: (id) => given.moveUrl.replace(NO_ID, id),
  goTo: (id, how) => {
    panels.close();
    return manuscript.goTo(id, how);
  },
  readonly,
});
mountSaved(byId("saved"), { connection, unsaved, readonly });
const { awareness } = connection.document;
if (awareness) mountPresence(byId("faces"), { awareness, self: user.id });
mountHints(connection);
mountHeading(title, one(document, "[data-title-of-document]"));
mountComments(byId("sections-text"), {
  review: byId("review"),
  counts: all(document, "[data-count-of=review]"),
  panels,
  openAround: manuscript.openAround,
});
mountAttempts(byId("sections-text"), { toasts: byId("toasts") });
