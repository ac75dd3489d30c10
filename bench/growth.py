"""What opening a section and one more edit cost after 50, 5,000 and 50,000 updates."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.stack import ROOT

MEASURE = '''
import json, statistics, time
from django.contrib.auth.models import User
from django.db import transaction
from pycrdt import XmlElement, XmlText
from writing.actions.compaction import compact_log
from writing.actions.documents import create_document
from writing.actions.sections import add_section
from writing.actions.text import Entry, append_updates, entries_after, load_document, save_entries
from writing.models import Segment, Snapshot, Update
from writing.text.peer import Peer

MODELS = (Update, Segment, Snapshot)


def milliseconds(work, times=7):
    took = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        took.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(took), 2)


def write(peer, count):
    """Words at the end of a paragraph, a new one now and then, and each fifth taken back."""
    for number in range(count):
        with peer.doc.transaction():
            if number % 100 == 0:
                text = XmlText("")
                peer.body.children.append(XmlElement("paragraph", {}, [text]))
            if number % 5 == 4:
                del text[len(text) - 5 : len(text)]
            else:
                text.insert(len(text), "word ")
        yield peer.take()


def stored(section):
    return sum(len(r.data) for m in MODELS for r in m.objects.filter(section=section))


user = User.objects.create_user("ana")
document = create_document(user, title="Reefs", brief="Reefs.")
for count in (50, 5_000, 50_000):
    section, peer = add_section(document, title=str(count)), Peer(7)
    with transaction.atomic():
        entries = [(section.pk, Entry(update, user.pk)) for update in write(peer, count)]
        append_updates(entries)
    more = write(peer, 100)
    edit = lambda: save_entries([(section.pk, Entry(next(more), user.pk))])
    load = lambda: load_document(section.pk)
    found = {"updates": count, "load_ms_before": milliseconds(load)}
    found["edit_ms_before"] = milliseconds(edit, 40)
    found["rows_before"], found["bytes_before"] = section.updates.count(), stored(section)
    start = time.perf_counter()
    compact_log(section.pk)
    found["compaction_seconds"] = round(time.perf_counter() - start, 2)
    found["load_ms"], found["edit_ms"] = milliseconds(load), milliseconds(edit, 40)
    found["rows"] = sum(m.objects.filter(section=section).count() for m in MODELS)
    found["bytes"] = stored(section)
    found["history_ms"] = milliseconds(lambda: entries_after(section.pk, 0), 3)
    print("MEASURED" + json.dumps(found))
'''


def run() -> dict[str, Any]:
    """One JSON object: for each age, before compaction and after it."""
    with tempfile.TemporaryDirectory() as name:
        environment = {"DATA_DIR": str(Path(name) / "data"), "PATH": "", "LANG": "C.UTF-8"}
        lines: list[str] = []
        for arguments in (["migrate", "-v", "0"], ["shell", "-v", "0", "-c", MEASURE]):
            lines += subprocess.run(
                [sys.executable, "manage.py", *arguments],
                cwd=ROOT,
                env=environment,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            ).stdout.splitlines()
    found = [line.removeprefix("MEASURED") for line in lines if line.startswith("MEASURED")]
    return {"benchmark": "growth", "sections": [json.loads(line) for line in found]}
