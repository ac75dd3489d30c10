"""How long the replay of a text and the difference of two versions take after 50,000 updates."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.stack import ROOT

UPDATES = 50_000
TARGET_SECONDS = 1.0

MEASURE = '''
import json, random, statistics, time
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse
from django.utils import timezone
from pycrdt import XmlElement, XmlText
from writing.actions.compaction import compact_log
from writing.actions.documents import create_document
from writing.actions.sections import add_section
from writing.actions.text import Entry, append_updates
from writing.actions.versions import name_version
from writing.models import Checkpoint, Segment
from writing.past import keep_checkpoints
from writing.text.peer import Peer

PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
override_settings(STORAGES={"staticfiles": {"BACKEND": PLAIN}}).enable()
dice = random.Random(7)
WORDS = [f"word{number}" for number in range(2000)]


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def write(peer, count):
    """People at places of their own choice in a text that grows: eight words in a row, each fifth
    taken back, and a new paragraph now and then."""
    paragraphs, at = [], 0
    for number in range(count):
        with peer.doc.transaction():
            if number % 100 == 0:
                place = dice.randint(0, len(paragraphs))
                peer.body.children.insert(place, XmlElement("paragraph", {}, [XmlText("")]))
                paragraphs.insert(place, peer.body.children[place].children[0])
            if number % 8 == 0:
                text = dice.choice(paragraphs)
                at = dice.randint(0, len(text))
            if number % 5 == 4 and at >= 7:
                del text[at - 7 : at]
                at -= 7
            else:
                word = dice.choice(WORDS) + " "
                text.insert(at, word)
                at += len(word)
        yield peer.take()


def client_of(user):
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


people = [User.objects.create_user(name) for name in ("ana", "ben", "eva")]
document = create_document(people[0], title="Reefs", brief="Reefs.")
section, peer = add_section(document, title="One"), Peer(7)
updates = write(peer, UPDATES)
versions = []
for part in range(5):
    with transaction.atomic():
        append_updates([
            (section.pk, Entry(next(updates), people[(part * 1000 + n // 8) % 3].pk))
            for n in range(UPDATES // 5)
        ])
    versions.append(name_version(document, name=f"Part {part}", acting_user=people[0]))
compaction = seconds(lambda: compact_log(section.pk))
found = {"updates": UPDATES, "compaction_seconds": round(compaction, 2)}
client = client_of(people[0])
frames = reverse("writing:replay_frames", args=[document.pk])
until = timezone.now().isoformat()


def ask(first, count=1, known=0):
    answer = client.get(frames, {"until": until, "first": first, "count": count, "known": known})
    assert answer.status_code == 200, answer.content
    return answer


def page(name, **query):
    answer = client.get(reverse(name, args=[document.pk]), query)
    assert answer.status_code == 200, answer.content


def measure():
    def median(work):
        cache.clear()
        return statistics.median(seconds(work) for _ in range(5))

    took = {"page_ms": median(lambda: page("writing:replay"))}
    ask(0)
    seeks = [seconds(lambda: ask(dice.randint(1, 400))) for _ in range(20)]
    plays = [seconds(lambda: ask(first, 24, 1)) for first in range(1, 400, 48)]
    took["seek_ms"], took["longest_seek_ms"] = statistics.median(seeks), max(seeks)
    took["play_24_steps_ms"], took["longest_play_ms"] = statistics.median(plays), max(plays)
    one, other = versions[1].pk, versions[3].pk
    took["compare_ms"] = median(lambda: page("writing:compare", before=one, after=other))
    took["compare_with_empty_ms"] = median(lambda: page("writing:compare", before="start"))
    took["history_ms"] = median(lambda: page("writing:history"))
    return {name: round(value * 1000, 1) for name, value in took.items()}


found["before_checkpoints"] = measure()
found["checkpoints_seconds"] = round(seconds(lambda: keep_checkpoints(section.pk)), 2)
found["checkpoints"] = measure()
found["bytes"] = {
    model.__name__.lower() + "s": sum(len(row.data) for row in model.objects.all())
    for model in (Segment, Checkpoint)
}
print("MEASURED" + json.dumps(found))
'''


def run() -> dict[str, Any]:
    """One JSON object; times of requests in one process, without the network."""
    with tempfile.TemporaryDirectory() as name:
        environment = {"DATA_DIR": str(Path(name) / "data"), "PATH": "", "LANG": "C.UTF-8"}
        script = MEASURE.replace("UPDATES", str(UPDATES))
        lines: list[str] = []
        for arguments in (["migrate", "-v", "0"], ["shell", "-v", "0", "-c", script]):
            lines += subprocess.run(
                [sys.executable, "manage.py", *arguments],
                cwd=ROOT,
                env=environment,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            ).stdout.splitlines()
    [found] = [line.removeprefix("MEASURED") for line in lines if line.startswith("MEASURED")]
    target = {"target_ms": round(TARGET_SECONDS * 1000)}
    return {"benchmark": "history", **json.loads(found), **target}


if __name__ == "__main__":
    print(json.dumps(run()))
