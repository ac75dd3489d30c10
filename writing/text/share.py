"""What some updates of a log put into a text and took from it, as it was after the last of them."""

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby

from pycrdt import Doc, XmlFragment

from writing.text.content import Content, Runs
from writing.text.following import Line
from writing.text.identified import Identified, Node, Stretch
from writing.text.segments import LogEntry
from writing.text.structs import Id, Range, parse
from writing.text.tree import Marks

Stretches = Mapping[Id, Sequence[Stretch]]
NO_DELETIONS = b"\x00"
ALL_CLOCKS: Range = (0, 2**31)
MOST_PARTS = 8


def shares_of(
    log: Sequence[LogEntry], own: Collection[int], attempt: uuid.UUID | None = None
) -> list["Share"]:
    """What these updates did, in parts between which somebody made another text of what stood."""
    first, last = min(own), max(own)
    parsed = {entry.seq: parse(entry.data) for entry in log if first <= entry.seq <= last}
    clients = {struct.client for seq in own for struct in parsed[seq].structs}
    takes = {seq: seq in own and not parsed[seq].deleted.keys() <= clients for seq in parsed}
    parts: list[set[int]] = [set()]
    for seq in sorted(parsed):
        if takes[seq]:
            parts[-1].add(seq)
        elif seq not in own and parts[-1] and parsed[seq].deleted and parsed[seq].structs:
            parts.append(set())
    # The rest is one part: what it took is looked for where the last of it was taken.
    parts[MOST_PARTS - 1 :] = [set().union(*parts[MOST_PARTS - 1 :])]
    return [Share(log, part, clients, attempt) for part in parts if part] or [
        Share(log, own, clients, attempt)
    ]


class Share:
    """`own` are the numbers of the updates, `clients` the client ids that wrote nothing else. Where
    `attempt` is theirs, its mark tells what they wrote, also what people have moved since.

    What they deleted is left standing in a copy: it is known then where it was, among what was
    written meanwhile, and with which marks.
    """

    def __init__(
        self,
        log: Sequence[LogEntry],
        own: Collection[int],
        clients: Collection[int],
        attempt: uuid.UUID | None = None,
    ) -> None:
        self.attempt = str(attempt) if attempt else ""
        self.clients = clients
        self._taken: dict[int, list[Range]] = {}
        copy: Doc[XmlFragment] = Doc(skip_gc=True)
        last = max(own)
        with copy.transaction():
            for entry in log:
                if entry.seq > last:
                    break
                copy.apply_update(self._kept(entry.data) if entry.seq in own else entry.data)
        text = Identified(copy.get_update())
        self.blocks = text.blocks()
        self._gone = text.types_in(self._taken)
        self._gone_in = text.stretches(self._taken)
        put = {} if attempt else text.stretches({client: [ALL_CLOCKS] for client in clients})
        standing = self._standing_texts(self.blocks)
        self.lines = [self._line(node, put, self._gone_in) for node in standing]

    def _kept(self, update: bytes) -> bytes:
        """The update without what it deletes."""
        parsed = parse(update)
        for client, ranges in parsed.deleted.items():
            if client not in self.clients:
                self._taken.setdefault(client, []).extend(ranges)
        return update[: parsed.head_bytes] + NO_DELETIONS

    def is_taken(self, node: Node) -> bool:
        return node.id in self._gone

    def is_own(self, node: Node) -> bool:
        return node.id[0] in self.clients

    def line_now(self, node: Node, put: Stretches) -> Line:
        """A text of a later state, where `put` is."""
        return self._line(node, put, {})

    def _line(self, node: Node, put: Stretches, gone_in: Stretches) -> Line:
        line = Line(node.id, node.within)
        gone, own = _Within(gone_in.get(node.id, ())), _Within(put.get(node.id, ()))
        at = 0
        for run, marks in node.runs:
            writer = writer_of(marks)
            by_mark = bool(self.attempt) and writer == self.attempt
            if not gone and not own:
                line.string += run
                line.writers += [writer] * len(run)
                line.put += [by_mark] * len(run)
                continue
            for character in run:
                is_put = by_mark or at in own
                if at not in gone or is_put:
                    line.string += character
                    line.writers.append(writer)
                    line.put.append(is_put)
                elif line.taken and line.taken[-1][0] == len(line.string):
                    line.taken[-1][1].append((character, marks))
                else:
                    line.taken.append((len(line.string), [(character, marks)]))
                at += 1
        line.taken = [(place, joined(runs)) for place, runs in line.taken]
        return line

    def content(self, node: Node) -> Content:
        """What was taken of an element or text that was."""
        if not node.tag:
            return [run for _, runs in self._line(node, {}, self._gone_in).taken for run in runs]
        held = [self.content(child) for child in node.held if self.is_taken(child)]
        return node.tag, dict(node.values), held

    def lines_of(self, node: Node) -> list[Line]:
        """What was taken of an element's texts, as if it stood."""
        if node.tag:
            return [line for child in node.held for line in self.lines_of(child)]
        gone = self._line(node, {}, self._gone_in).taken
        line = Line(node.id, node.within)
        for _, runs in gone:
            for run, marks in runs:
                line.string += run
                line.writers += [writer_of(marks)] * len(run)
        return [line]

    def held_own(self, node: Node) -> bool:
        """Whether what was taken held what was put there."""
        if node.tag:
            return any(map(self.held_own, node.held))
        return any(self._line(node, {}, {}).put)

    def _standing_texts(self, nodes: Sequence[Node]) -> Iterator[Node]:
        for node in nodes:
            if self.is_taken(node):
                continue
            if node.tag:
                yield from self._standing_texts(node.held)
            else:
                yield node


def writer_of(marks: Marks) -> str:
    agent = marks.get("agent")
    return str(agent.get("attempt", "")) if isinstance(agent, dict) else ""


class _Within:
    """Whether characters, asked for one after another, are in one of some stretches."""

    def __init__(self, stretches: Sequence[Stretch]) -> None:
        self._left = list(reversed(stretches))

    def __bool__(self) -> bool:
        return bool(self._left)

    def __contains__(self, at: int) -> bool:
        while self._left and self._left[-1][1] <= at:
            self._left.pop()
        return bool(self._left) and self._left[-1][0] <= at


def joined(runs: Runs) -> Runs:
    """The same in as few runs as there are different marks beside each other."""
    groups = groupby(runs, key=lambda run: run[1])
    return [("".join(text for text, _ in group), marks) for marks, group in groups]
