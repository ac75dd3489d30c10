"""Rows that are written past the ORM read back as if it had written them."""

import uuid

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from writing import rows
from writing.actions.documents import create_document
from writing.actions.sections import add_section
from writing.actions.text import Entry, append_updates
from writing.models import Section, Update

pytestmark = pytest.mark.django_db


@pytest.fixture
def sections() -> list[Section]:
    user = User.objects.create_user("ana")
    document = create_document(
        user, title="Reefs", brief="Reefs.", kind="article", language="en", target_words=500
    )
    return [add_section(document, acting_user=user, title=f"Wall {n}") for n in range(3)]


def test_rows_of_every_kind_of_value_read_back_as_they_were(
    sections: list[Section], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "ROWS_AT_ONCE", 2)
    section, user, attempt, now = sections[0], User.objects.get(), uuid.uuid4(), timezone.now()
    names = ("section", "seq", "data", "user", "attempt", "created_at")
    written: list[tuple[object, ...]] = [
        (section.pk, seq, bytes([0, 37, 255, seq]), user.pk if seq % 2 else None, None, now)
        for seq in range(1, 5)
    ]
    written.append((section.pk, 5, b"", None, attempt, now))
    rows.insert(Update, names, written)
    read = Update.objects.order_by("seq").values_list("section_id", *names[1:])
    assert [(s, seq, bytes(data), *rest) for s, seq, data, *rest in read] == written
    rows.update_each(Update, ["data"], ((b"new", pk) for pk in read.values_list("pk", flat=True)))
    assert {bytes(data) for data in read.values_list("data", flat=True)} == {b"new"}
    rows.insert(Update, names, [])
    assert Update.objects.count() == 5


def test_numbers_grow_each_by_its_own_and_who_does_not_exist_is_left_out(
    sections: list[Section],
) -> None:
    first, second, third = (section.pk for section in sections)
    amounts = {first: 1, uuid.uuid4(): 1, second: 3, third: 1}
    assert rows.increase_each(Section, "last_seq", amounts) == {first: 1, second: 3, third: 1}
    assert rows.increase_each(Section, "last_seq", {second: 2}) == {second: 5}
    assert rows.increase_each(Section, "last_seq", {}) == {}
    assert Section.objects.get(pk=second).last_seq == 5


def test_a_batch_numbers_each_section_by_itself_and_fails_as_a_whole(
    sections: list[Section],
) -> None:
    first, second, third = (section.pk for section in sections)
    batch = [(pk, Entry(b"\x00\x00")) for pk in (first, second, first, first)]
    assert append_updates(batch, holding=[third]) == [1, 1, 2, 3]
    with pytest.raises(Section.DoesNotExist), transaction.atomic():
        append_updates([(first, Entry(b"")), (uuid.uuid4(), Entry(b""))])
    assert Section.objects.get(pk=first).last_seq == 3
    assert append_updates([(first, Entry(b"\x00\x00"))]) == [4]
