"""Documents, sections and exports, as programs use them."""

from tests.agents.conftest import type_into
from tests.writing.conftest import Desk
from writing.models import Document, Section

OUTLINE = [{"title": "How they grow", "key_points": "- slowly"}, {"title": "Who lives there"}]


def test_a_document_is_made_from_a_brief_with_its_outline(desk: Desk, program):
    mine = program("stranger")
    made = mine.post(
        "documents",
        {"title": " Coral  reefs ", "brief": "For divers.", "kind": "report", "outline": OUTLINE},
    )
    assert made.status_code == 201
    said = made.json()
    document = Document.objects.get(pk=said["id"])
    assert (document.title, document.brief, document.kind) == (
        "Coral reefs",
        "For divers.",
        "report",
    )
    assert (said["right"], said["sections"], said["words"]) == ("own", 2, 0)
    assert said["page"] == f"/documents/{document.pk}/"
    rows = document.sections.present().values_list("position", "title", "key_points")
    assert list(rows) == [(0, "How they grow", "slowly"), (1, "Who lives there", "")]
    assert mine.get(f"documents/{document.pk}").json() == said


def test_an_outline_that_does_not_fit_makes_no_document(desk: Desk, program):
    refused = program("stranger").post(
        "documents", {"title": "x", "outline": [{"title": "y"}, {"title": " "}]}
    )
    assert refused.status_code == 422
    assert not Document.objects.filter(title="x").exists()


def test_a_document_is_found_changed_deleted_and_restored(desk: Desk, program):
    mine, path = program("owner"), f"documents/{desk.document.pk}"
    changed = mine.ask("PATCH", path, {"title": "The loud city", "target_words": 300}).json()
    assert (changed["title"], changed["brief"]) == ("The loud city", "Reefs.")
    assert mine.get("documents?search=loud").json()["count"] == 1
    assert mine.get("documents?search=quiet").json()["items"] == []
    assert mine.ask("DELETE", path).status_code == 204
    assert mine.get(path).status_code == 404
    assert mine.post(f"{path}/restore").json()["title"] == "The loud city"
    assert mine.get(path).status_code == 200


def test_sections_are_added_moved_read_and_deleted(desk: Desk, program):
    mine, path = program("editor"), f"documents/{desk.document.pk}/sections"
    made = mine.post(path, {"title": "Roofs", "position": 1}).json()
    assert desk.titles() == ["Streets", "Roofs", "Walls", "Night"]
    mine.ask("PATCH", f"sections/{made['id']}", {"position": 3, "brief": "Tiles."})
    assert desk.titles() == ["Streets", "Walls", "Night", "Roofs"]
    assert Section.objects.get(pk=made["id"]).brief == "Tiles."
    assert mine.ask("DELETE", f"sections/{made['id']}").status_code == 204
    assert desk.titles() == ["Streets", "Walls", "Night"]
    assert mine.post(f"sections/{made['id']}/restore").json()["position"] == 3
    type_into(desk.sections[0], "Quiet, mostly.", desk.people["editor"])
    assert mine.get(f"sections/{desk.sections[0].pk}").json()["text"].strip() == "Quiet, mostly."


def test_every_format_is_exported(desk: Desk, program):
    mine, path = program("viewer"), f"documents/{desk.document.pk}/exports/"
    for suffix, kind in (
        ("md", "text/markdown; charset=utf-8"),
        ("html", "text/html; charset=utf-8"),
        ("json", "application/json"),
    ):
        answer = mine.get(path + suffix)
        assert (answer.status_code, answer["Content-Type"]) == (200, kind)
        assert "attachment" in answer["Content-Disposition"]
        assert b"The quiet city" in answer.content
    refused = mine.get(path + "doc")
    assert refused.status_code == 404
    assert "md" in refused.json()["message"]
