import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.urls import reverse

from tests.writing.conftest import Desk
from tests.writing.history import Hand, saved_at
from writing import past, replay
from writing.actions import compaction
from writing.actions.compaction import compact_log
from writing.actions.versions import name_version
from writing.models import Section
from writing.past import keep_checkpoints, past_of, sections_without_checkpoints

ATTEMPT = uuid.uuid4()
LATE = datetime(2126, 1, 1, tzinfo=UTC).isoformat()
TAG = re.compile(r"<[^>]*>")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "SEGMENT_UPDATES", 4)
    monkeypatch.setattr(past, "CHECKPOINT_UPDATES", 8)


@pytest.fixture
def streets(desk: Desk) -> Section:
    """An agent and two people write in turns."""
    section = desk.sections[0]
    ana, ben = (Hand(section, desk.people[name]) for name in ("owner", "editor"))
    agent = Hand(section, ATTEMPT)
    agent.write("Corals build a **city**.")
    ana.write("Nobody pays rent <here>.")
    ben.replace("city", "town")
    for number in range(20):
        ben.write(f"Night {number}.")
        ana.remove(f"Night {number}.")
    for minutes in range(3):
        saved_at(section, minutes)
    return section


def frames(desk: Desk, person: str = "viewer", **query: Any):
    address = reverse("writing:replay_frames", args=[desk.document.pk])
    return desk.client(person).get(address, {"until": LATE, **query})


def texts(desk: Desk, step: int) -> list[str]:
    found = frames(desk, first=step).json()
    [frame] = found["frames"]
    return ["\n".join(found["blocks"][key] for key in keys) for _, keys in frame["sections"]]


def test_it_begins_with_nothing_and_ends_with_now(desk: Desk, streets: Section) -> None:
    assert texts(desk, 0) == []
    assert "Corals" in texts(desk, 1)[0]
    assert "town" not in texts(desk, 2)[0]
    last = texts(desk, 43)[0]
    assert "Nobody pays rent &lt;here&gt;." in last
    assert frames(desk, first=44).status_code == 422


def test_each_stretch_says_whose_it_is(desk: Desk, streets: Section) -> None:
    page = desk.client("viewer").get(reverse("writing:replay", args=[desk.document.pk]))
    names = re.findall(
        r'data-number="(\d)" data-agent="(\w+)".*?</span> (\w+ ?\w*)<', page.content.decode()
    )
    assert names == [("1", "true", "An agent"), ("2", "false", "owner"), ("3", "false", "editor")]
    last = texts(desk, 43)[0]
    assert '<span data-by="1">Corals build a </span>' in last
    assert "town" in last.split('<span data-by="3">')[1]
    assert '<span data-by="2">Nobody pays rent' in last


def test_steps_that_follow_tell_only_what_changed(desk: Desk, streets: Section) -> None:
    shown: dict[int, list[str]] = {}
    blocks: dict[str, str] = {}
    step = 0
    while step < 43:
        found = frames(desk, first=step, count=7, known=int(step > 0)).json()
        if step:
            assert not set().union(*shown.values()) & found["blocks"].keys()
        blocks |= found["blocks"]
        for frame in found["frames"]:
            shown |= dict(frame["sections"])
            step = frame["step"] + 1
            standing = ["\n".join(map(blocks.__getitem__, keys)) for keys in shown.values()]
            assert [text for text in standing if text] == texts(desk, frame["step"])


def test_segments_and_checkpoints_change_nothing(desk: Desk, streets: Section) -> None:
    before = [texts(desk, step) for step in range(0, 44, 4)]
    assert sections_without_checkpoints() == []
    compact_log(streets.pk)
    assert sections_without_checkpoints() == [streets.pk]
    assert keep_checkpoints(streets.pk) == 5
    assert keep_checkpoints(streets.pk) == 0
    assert sections_without_checkpoints() == []
    assert [checkpoint.seq for checkpoint in streets.checkpoints.all()] == [8, 16, 24, 32, 40]
    assert [texts(desk, step) for step in range(0, 44, 4)] == before
    assert past_of(streets.pk, 21).seq == 21


def test_a_long_history_has_few_steps(
    desk: Desk, streets: Section, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "MOST_STEPS", 10)
    assert frames(desk, first=10).status_code == 200
    assert frames(desk, first=11).status_code == 422
    assert "Nobody pays rent" in texts(desk, 10)[0]


def test_what_is_slow_comes_in_smaller_pieces(
    desk: Desk, streets: Section, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "ENOUGH_SECONDS", 0)
    assert len(frames(desk, first=1, count=9).json()["frames"]) == 1


def test_versions_are_places_to_jump_to(desk: Desk, streets: Section) -> None:
    version = name_version(desk.document, name="First", acting_user=desk.people["owner"])
    address = reverse("writing:replay", args=[desk.document.pk])
    page = desk.client("viewer").get(address, {"version": version.pk}).content.decode()
    assert re.search(r'<option value="43">[^<]*First</option>', page)
    assert 'data-start="43"' in page


def test_the_database_is_asked_little_however_long_the_history(
    desk: Desk, streets: Section, django_assert_max_num_queries
) -> None:
    compact_log(streets.pk)
    keep_checkpoints(streets.pk)
    frames(desk, first=0)
    client = desk.client("viewer")
    address = reverse("writing:replay_frames", args=[desk.document.pk])
    with django_assert_max_num_queries(11):
        client.get(address, {"until": LATE, "first": "30", "count": "10"})


def test_who_may_not_read_sees_nothing(desk: Desk, streets: Section) -> None:
    assert frames(desk, "stranger").status_code == 404
    queries: list[dict[str, Any]] = [{"first": "x"}, {"first": -1}, {"count": 0}, {"until": "soon"}]
    for query in queries:
        assert frames(desk, **query).status_code == 422, query
