"""What can go wrong with runs and steps."""

from writing.exceptions import InvalidInput, NotFound


class NothingToDo(InvalidInput):
    """There is nothing to draft, stop or try again."""


class AlreadyRunning(InvalidInput):
    """Agents are at work there already."""

    status = 409


class NoModel(InvalidInput):
    """No model is set up that could do the work."""


class NoWorkflow(NotFound):
    """There is no such workflow."""


class Fenced(Exception):
    """The attempt no longer holds its step: it was stopped, or handed to another attempt."""


class AlreadyUndone(InvalidInput):
    """Somebody was faster."""

    status = 409
