import uuid

from tests.writing.conftest import Desk
from tests.writing.history import Hand
from writing.actions.versions import name_version, take_version
from writing.models import Version
from writing.tallies import contributions, count_changes

ATTEMPT = uuid.uuid4()


def named(desk: Desk, name: str) -> Version:
    return name_version(desk.document, name=name, acting_user=desk.people["owner"])


def counted(version: Version) -> list[tuple[str, int, int]]:
    found = contributions([count_changes(version)])[version.pk]
    return [(each.byline.name, each.added, each.removed) for each in found]


def test_words_are_counted_by_whoever_added_and_removed_them(desk: Desk) -> None:
    section = desk.sections[0]
    Hand(section, ATTEMPT).write("Corals build a city that never sleeps.")
    Hand(section, desk.people["owner"]).write("Nobody pays rent.")
    assert counted(named(desk, "First")) == [("An agent", 7, 0), ("owner", 3, 0)]
    Hand(section, desk.people["editor"]).replace("city that never sleeps", "town")
    Hand(section, ATTEMPT).remove("Nobody ")
    assert counted(named(desk, "Second")) == [("editor", 1, 4), ("An agent", 0, 1)]


def test_what_came_and_went_in_between_counts_for_nobody(desk: Desk) -> None:
    hand = Hand(desk.sections[0], desk.people["owner"])
    hand.write("One two three.")
    named(desk, "First")
    hand.write("Four five.")
    hand.remove("Four five.")
    hand.replace("two three", "two three")
    assert counted(named(desk, "Second")) == []


def test_a_version_of_one_section_is_counted_from_that_sections_last(desk: Desk) -> None:
    streets, walls, _ = desk.sections
    Hand(streets, desk.people["owner"]).write("One two.")
    named(desk, "First")
    Hand(streets, desk.people["owner"]).write("Three.")
    Hand(walls, desk.people["owner"]).write("Else here.")
    assert counted(take_version(streets, "Before")) == [("owner", 1, 0)]
    assert counted(named(desk, "Second")) == [("owner", 3, 0)]
