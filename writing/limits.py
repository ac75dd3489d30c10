"""How much a document may hold. Forms, actions and agents' answers are checked here alike."""

from django.utils.translation import gettext as _

from writing.exceptions import InvalidInput

VERSION_NAME_CHARACTERS = 100
PERSON_NAME_CHARACTERS = 150
TITLE_CHARACTERS = 200
BRIEF_CHARACTERS = 20_000
KEY_POINTS_CHARACTERS = 5_000
COMMENT_CHARACTERS = 5_000
REPLACEMENT_CHARACTERS = 5_000
REASON_CHARACTERS = 1_000
SECTIONS = 200
SECTION_WORDS = 20_000
DOCUMENT_WORDS = SECTIONS * SECTION_WORDS
IMAGE_BYTES = 10_000_000  # of a file as it is sent
DOCUMENT_IMAGE_BYTES = 50_000_000  # of all images of a document, as we keep them


def clean_title(title: str) -> str:
    """The title on one line, without outer space; raises InvalidInput."""
    title = " ".join(title.replace("\0", "").split())
    if not title:
        raise InvalidInput(_("Give it a title."))
    if len(title) > TITLE_CHARACTERS:
        raise InvalidInput(
            _("The title has %(count)s characters; at most %(limit)s fit. Shorten it.")
            % {"count": f"{len(title):,}", "limit": TITLE_CHARACTERS}
        )
    return title


def clean_version_name(name: str) -> str:
    """The name on one line, without outer space; raises InvalidInput."""
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise InvalidInput(_("Give the version a name."))
    if len(name) > VERSION_NAME_CHARACTERS:
        raise InvalidInput(
            _("The name of a version has at most %(limit)s characters. Shorten it.")
            % {"limit": VERSION_NAME_CHARACTERS}
        )
    return name


def fit(text: str, characters: int) -> str:
    """What an agent answered, made to fit where a person would be asked to shorten it."""
    return text.replace("\0", "").strip()[:characters].strip()


def clean_brief(brief: str) -> str:
    """The brief without outer space; raises InvalidInput."""
    brief = _lines(brief)
    if len(brief) > BRIEF_CHARACTERS:
        raise InvalidInput(
            _("The brief has %(count)s characters; at most %(limit)s fit. Shorten it.")
            % {"count": f"{len(brief):,}", "limit": f"{BRIEF_CHARACTERS:,}"}
        )
    return brief


def clean_key_points(points: str) -> str:
    """One point a line, without bullets and empty lines; raises InvalidInput."""
    points = _points(points)
    if len(points) > KEY_POINTS_CHARACTERS:
        raise InvalidInput(
            _("The key points have %(count)s characters; at most %(limit)s fit. Shorten them.")
            % {"count": f"{len(points):,}", "limit": f"{KEY_POINTS_CHARACTERS:,}"}
        )
    return points


def fit_key_points(points: str) -> str:
    """As `clean_key_points`, made to fit for an agent."""
    return fit(_points(points), KEY_POINTS_CHARACTERS)


def clean_comment(body: str) -> str:
    """What somebody says in a thread; raises InvalidInput."""
    body = _lines(body)
    if not body:
        raise InvalidInput(_("Write something first."))
    if len(body) > COMMENT_CHARACTERS:
        raise InvalidInput(
            _("The comment has %(count)s characters; at most %(limit)s fit. Shorten it.")
            % {"count": f"{len(body):,}", "limit": f"{COMMENT_CHARACTERS:,}"}
        )
    return body


def clean_replacement(text: str) -> str:
    """Words that are suggested for others, on one line as these are; raises InvalidInput."""
    text = " ".join(text.replace("\0", "").splitlines())
    if len(text) > REPLACEMENT_CHARACTERS:
        raise InvalidInput(
            _("The suggestion has %(count)s characters; at most %(limit)s fit. Shorten it.")
            % {"count": f"{len(text):,}", "limit": f"{REPLACEMENT_CHARACTERS:,}"}
        )
    return text


def clean_reason(reason: str) -> str:
    """Why somebody suggests something; raises InvalidInput."""
    reason = _lines(reason)
    if len(reason) > REASON_CHARACTERS:
        raise InvalidInput(
            _("The reason has %(count)s characters; at most %(limit)s fit. Shorten it.")
            % {"count": f"{len(reason):,}", "limit": f"{REASON_CHARACTERS:,}"}
        )
    return reason


def check_target_words(words: int) -> int:
    """A length for a section to aim for; raises InvalidInput."""
    return _check_words(words, SECTION_WORDS)


def check_document_words(words: int) -> int:
    """A length for a document to aim for; raises InvalidInput."""
    return _check_words(words, DOCUMENT_WORDS)


def _check_words(words: int, most: int) -> int:
    if not 0 <= words <= most:
        raise InvalidInput(
            _("Choose a target between 0 and %(limit)s words.") % {"limit": f"{most:,}"}
        )
    return words


def _points(text: str) -> str:
    lines = (line.strip().lstrip("-*•·– ").strip() for line in _lines(text).split("\n"))
    return "\n".join(line for line in lines if line)


def _lines(text: str) -> str:
    """Text of many lines as its author counts it: browsers send each line's end as two."""
    return text.replace("\0", "").replace("\r\n", "\n").strip()
