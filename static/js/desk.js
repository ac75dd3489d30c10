/** The manuscript's page: wires the modules to its elements. */

import { mount as mountBanner } from "./banner.js";
import { mount as mountClock } from "./clock.js";
import { mount as mountComments } from "./comments.js";
import { mount as mountFormatting } from "./formatting.js";
import { mount as mountHeading } from "./heading.js";
import { mount as mountHints } from "./hints.js";
import { mount as mountManuscript } from "./manuscript.js";
import { mount as mountOutline } from "./outline.js";
import { mount as mountPanels } from "./panels.js";
import { mount as mountPresence } from "./presence.js";
import { connect } from "./provider.js";
import { mount as mountSaved } from "./saved.js";

const NO_ID = "00000000-0000-0000-0000-000000000000";

const byId = (id) => document.getElementById(id);
const desk = byId("manuscript");
const outline = byId("outline");
const { dataset: given } = desk;
const readonly = given.readonly === "true";
const user = { id: Number(given.userId), name: given.userName, tone: Number(given.userTone) };

const banner = mountBanner(byId("banner"));
const connection = connect({
  url: given.socket,
  documentId: given.document,
  user,
  onRefused: banner.show,
});
const bar = byId("formatting-template").content.cloneNode(true).firstElementChild;
document.body.append(bar);
const formatting = mountFormatting(bar);
const panels = mountPanels(desk, document.querySelector(".bottom-bar"));

const manuscript = mountManuscript(byId("sections-text"), {
  outline,
  template: byId("section-template"),
  byline: document.querySelector(".byline .word-count"),
  nothing: document.querySelector(".no-sections"),
  editUrl: (id) => given.editUrl.replace(NO_ID, id),
  section: { connection, readonly, user, onChange: formatting.follow },
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
mountSaved(byId("saved"), { connection, readonly });
mountPresence(byId("faces"), { awareness: connection.document.awareness, self: user.id });
mountHints(connection);
mountHeading(document.querySelector("[data-document-title]"), document.querySelector("[data-title-of-document]"));
mountComments(byId("sections-text"), { review: byId("review"), panels });
mountClock(byId("panel"));
