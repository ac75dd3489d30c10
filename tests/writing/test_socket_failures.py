import asyncio
import uuid

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db import connection

from tests.writing.browser_double import BrowserDouble
from writing.actions.documents import create_document
from writing.actions.sections import add_section
from writing.actions.text import body_of
from writing.models import Section
from writing.text import frames

PATIENCE_SECONDS = 10

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

# A failure of the database, in both dialects: the table of updates is away.
AWAY = "ALTER TABLE {} RENAME TO is_away"
BACK = "ALTER TABLE is_away RENAME TO {}"


@sync_to_async
def run(statement: str, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement.format(table))


@sync_to_async
def make_section() -> tuple[object, Section]:
    user = get_user_model().objects.create_user(f"ana-{uuid.uuid4().hex[:8]}")
    document = create_document(user, title="Reefs", brief="Reefs.")
    return user, add_section(document, acting_user=user, title="Walls")


async def opened(user, section: Section) -> BrowserDouble:
    browser = BrowserDouble(section.document_id, user)
    await browser.connect()
    await browser.open(section.pk)
    return browser


async def hubs_end() -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while any(task.get_name().startswith("hub ") for task in asyncio.all_tasks()):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("table", ["writing_update", "writing_peer"])
async def test_what_cannot_be_saved_is_not_acknowledged_and_everybody_may_come_again(table: str):
    user, section = await make_section()
    browsers = [await opened(user, section) for _ in range(2)]
    await run(AWAY, table)
    try:
        for number, browser in enumerate(browsers):
            await browser.type(f"Word {number}.")
        assert [await browser.closed_with() for browser in browsers] == [4500, 4500]
    finally:
        await run(BACK, table)
    assert [browser.saved for browser in browsers] == [[], []]
    await hubs_end()
    again = await opened(user, section)
    await again.type("Saved now.")
    await again.until(lambda: again.saved == [True])
    assert "Saved now." in str(await sync_to_async(body_of)(section.pk))
    await again.socket.disconnect()


async def test_when_a_save_fails_everybody_starts_over_from_what_the_database_holds():
    user, section = await make_section()
    writer, reader = [await opened(user, section) for _ in range(2)]
    await writer.type("Kept.")
    await reader.until(lambda: "Kept." in reader.read())
    await run(AWAY, "writing_update")
    try:
        for number in range(5):
            await writer.type(f"Word {number}.")
        assert [await writer.closed_with(), await reader.closed_with()] == [4500, 4500]
    finally:
        await run(BACK, "writing_update")
    await hubs_end()
    # As its provider does: what the server lacks, in one update; then it goes on.
    again, other = [await opened(user, section) for _ in range(2)]
    again.text = writer.text
    await again.send(frames.update(again.section, writer.text.get_update()))
    await again.type("Went on.")
    await other.until(lambda: "Went on." in other.read())
    await again.until(lambda: again.saved == [True, True])
    text = str(await sync_to_async(body_of)(section.pk))
    assert [text.count(f"Word {number}.") for number in range(5)] == [1] * 5
    assert text == other.read() == again.read()
    for browser in (again, other):
        await browser.socket.disconnect()


async def test_a_hub_ends_though_the_database_fails_when_the_last_one_leaves():
    user, section = await make_section()
    browser = await opened(user, section)
    await run(AWAY, "writing_thread")
    try:
        await browser.socket.disconnect()
        await hubs_end()
    finally:
        await run(BACK, "writing_thread")
