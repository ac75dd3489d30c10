"""The keys this process has held: whatever they look like, no log line says them.

Loads nothing, because the settings of logging, which come first, load it.
"""

# Shorter ones, which no provider makes, would be found in the middle of words.
SHORTEST = 8

_known: set[str] = set()


def remember(value: str) -> None:
    if len(value) >= SHORTEST:
        _known.add(value)


def hidden(text: str, by: str) -> str:
    """The text without them."""
    for value in tuple(_known):
        text = text.replace(value, by)
    return text
