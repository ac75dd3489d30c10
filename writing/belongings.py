"""What other apps keep of a person: they say so when they are ready."""

from collections.abc import Callable, Iterator

from django.contrib.auth.models import User

# Names of files and what is in them, for the person to take along.
Export = Callable[[User], Iterator[tuple[str, bytes]]]
# Stops what goes on in the person's name; not in a transaction, and safe to repeat.
Stop = Callable[[User], None]
# Deletes what was the person's alone; to be called in a transaction.
Delete = Callable[[User], None]

_exports: list[Export] = []
_stops: list[Stop] = []
_deletes: list[Delete] = []


def register(export: Export, stop: Stop, delete: Delete) -> None:
    """To be called once by each app that keeps something of a person."""
    _exports.append(export)
    _stops.append(stop)
    _deletes.append(delete)


def files_of(user: User) -> Iterator[tuple[str, bytes]]:
    for export in _exports:
        yield from export(user)


def stop_all(user: User) -> None:
    for stop in _stops:
        stop(user)


def delete_all(user: User) -> None:
    for delete in _deletes:
        delete(user)
