/** The manuscript's page: wires the modules to its elements. */

import { mount as mountAdding } from "./adding.js";
import { mount as mountAttempts } from "./attempts.js";
import { mount as mountBanner } from "./banner.js";
import { mount as mountCaret } from "./caret.js";
import { mount as mountCommenting } from "./commenting.js";
import { mount as mountComments } from "./comments.js";
import { all, concerned, one, wordsOf } from "./dom.js";
import { mount as mountFaces } from "./faces.js";
import { mount as mountFind } from "./find.js";
import { mount as mountFollow } from "./follow.js";
import { mount as mountFormatting } from "./formatting.js";
import { mount as mountHeading } from "./heading.js";
import { mount as mountHints } from "./hints.js";
import { mount as mountImageBar } from "./image_bar.js";
import { chooseImage, images } from "./images.js";
import { mount as mountManuscript } from "./manuscript.js";
import { mount as mountMode, noMode } from "./mode.js";
import { mount as mountOutline } from "./outline.js";
import { mount as mountPanels } from "./panels.js";
import { watch } from "./presence.js";
import { connect } from "./provider.js";
import { mount as mountRescue } from "./rescue.js";
import { mount as mountSaved } from "./saved.js";
import { mount as mountSelected } from "./selected.js";
import { mount as mountShortcuts } from "./shortcuts.js";
import { mount as mountSlash } from "./slash.js";
import { mount as mountSpanning } from "./spanning.js";
import { openStore } from "./store.js";
import { mount as mountStructure } from "./structure.js";
import { mount as mountSuggestions } from "./suggestions.js";
import { mount as mountTableTools } from "./table_tools.js";
import { mountSwitch } from "./typography.js";
import { mount as mountUnsaved } from "./unsaved.js";
import { mount as mountWhereabouts } from "./whereabouts.js";

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
byId("content").append(template("formatting-template").content.cloneNode(true));
const formatting = mountFormatting(one(document, ".formatting"));
const remarking = [["comment", "KeyM"], ["suggest", "KeyR"]].flatMap(([name, code]) =>
  all(document, `.formatting [data-${name}]`).map((button) => mountCommenting(button, {
    dialog: byId("dialog"),
    address: (id) => (given[`${name}Url`] ?? "").replace(NO_ID, id),
    code,
  })));
const menu = readonly ? null : mountSlash(byId("blocks"));
const adding = menu && mountAdding(one(document, ".add-block"), { menu });
const tableTools = readonly ? null : mountTableTools(one(document, ".table-tools"));
if (!readonly) mountSwitch(one(document, "[data-typography]"));
document.body.append(template("image-bar-template").content.cloneNode(true));
const imageBar = mountImageBar(one(document, ".image-bar"));
const panels = mountPanels(desk, one(document, ".bottom-bar"));

const { awareness } = connection;
const column = byId("sections-text");
const whereabouts = mountWhereabouts(column, awareness);
const sections = () => manuscript.sections();
const toasts = byId("toasts");
const caret = mountCaret(column, { sections });
const spanning = mountSpanning(column, { sections, toasts });
const findBar = /** @type {HTMLFormElement} */ (byId("find"));
const find = mountFind(findBar, { page: byId("content"), sections, toasts, readonly });
mountSelected(one(document, ".selected-words"), { column, sections });
const dialog = /** @type {HTMLDialogElement} */ (byId("dialog"));
mountShortcuts(template("shortcuts-template"), { dialog });

const announcements = byId("announcements");
const imagesHere = images(template("upload-template"), {
  address: given.addImageUrl,
  words: wordsOf(template("upload-template")),
  toasts,
  announcements,
});

const mode = readonly ? noMode : mountMode(byId("mode"), {
  documentId: given.document,
  userId: given.userId,
  desk,
  outline,
  toasts,
  announcements,
});
const suggestions = mountSuggestions(column, {
  review: byId("review"),
  panels,
  sections,
  openAround: (mark) => manuscript.openAround(mark),
  isSaved: connection.isSaved,
  announcements,
});

const manuscript = mountManuscript(column, {
  outline,
  template: template("section-template"),
  byline: one(document, ".byline .word-count"),
  nothing: one(document, ".no-sections"),
  editUrl: (id) => given.editUrl.replace(NO_ID, id),
  onInView: whereabouts.see,
  onSections: unsaved.outlineIsKnown,
  section: {
    connection,
    readonly,
    user,
    onText: (id, doc) => {
      find.follow(id, doc);
      suggestions.follow();
    },
    decorate: find.decorate,
    editor: {
      onChange: (view) => {
        for (const each of remarking) each.follow(view);
        formatting.follow(view);
        menu?.follow(view);
        adding?.follow(view);
        tableTools?.follow(view);
        imageBar.follow(view);
      },
      onType: (view, from, to, text) => menu?.onType(view, from, to, text),
      onKey: (view, event) => menu?.onKey(view, event) || spanning.onKey(view, event) || caret.onKey(view, event),
      isLocked: spanning.isLocked,
      images: imagesHere,
      suggesting: mode,
    },
  },
});
mountOutline(outline, {
  announcements,
  moveUrl: (id) => given.moveUrl.replace(NO_ID, id),
  goTo: (id, how) => {
    panels.close();
    return manuscript.goTo(id, how);
  },
  readonly,
});
if (!readonly) {
  mountStructure(byId("sections-text"), {
    outline,
    connection,
    editorOf: manuscript.editorOf,
    splitUrl: (id) => given.splitUrl.replace(NO_ID, id),
  });
}
outline.addEventListener("click", (event) => {
  const row = concerned(event, "[data-image]")?.closest("[data-section]");
  const editor = row instanceof HTMLElement ? manuscript.editorOf(row.dataset.section ?? "") : null;
  if (!editor) return;
  panels.close();
  chooseImage(editor.view);
});
mountSaved(byId("saved"), { connection, unsaved, readonly });
const presence = watch(awareness, user.id);
const follow = mountFollow(byId("following"), {
  column: byId("content"),
  announcements,
  presence,
  goTo: (id) => manuscript.goTo(id, { focus: false }),
});
follow.changes.addEventListener("change", panels.close);
mountFaces(byId("faces"), { outline, presence, follow });
mountHints(connection, { person: user.id });
mountHeading(title, one(document, "[data-title-of-document]"));
mountComments(column, {
  review: byId("review"),
  counts: all(document, "[data-count-of=review]"),
  panels,
  openAround: manuscript.openAround,
});
mountAttempts(column, { toasts });
