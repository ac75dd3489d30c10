"""Mentions: typed as `@name`, kept as a sign with an id, shown by the name of now.

What is typed is enough, so that mentioning works without script; completion only helps with it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from writing.access import readers_of
from writing.crew import crew
from writing.models import Comment, Mention, Section
from writing.people import identity_of

SIGN = re.compile(r"@\{(user|role):([\w-]+)\}")
WIDE = "\u2e80"  # from here on, writing that puts no spaces between words
MOST_MENTIONS = 20


@dataclass(frozen=True, slots=True)
class Mentionable:
    """Somebody a comment may turn to: a person, who has an id, or an agent's role.

    `handle` is what to type behind the @, `names` what is understood as well.
    """

    name: str
    handle: str
    tone: int
    user_id: int | None = None
    role: str = ""
    names: tuple[str, ...] = ()

    @property
    def sign(self) -> str:
        return f"@{{role:{self.role}}}" if self.role else f"@{{user:{self.user_id}}}"


def mentionable_in(section: Section) -> list[Mentionable]:
    """Everybody who may read the document, then the roles that may be called in the section."""
    people = [(identity_of(user), user.get_username()) for user in readers_of(section.document_id)]
    agents = crew().agents_for(section)
    # A name that two have means neither; each is reached by what is theirs alone.
    counts = Counter(who["name"].casefold() for who, _username in people)
    counts += Counter(agent.name.casefold() for agent in agents)
    taken = {username.casefold() for _who, username in people}

    def handle(name: str, own: str) -> str:
        is_alone = counts[name.casefold()] == 1 and name.casefold() not in taken - {own.casefold()}
        return name if is_alone else own

    found = []
    for who, username in people:
        best = handle(who["name"], username)
        found.append(
            Mentionable(who["name"], best, who["tone"], user_id=who["id"], names=(best, username))
        )
    for agent in agents:
        best = handle(agent.name, agent.role)
        found.append(
            Mentionable(agent.name, best, agent.tone, role=agent.role, names=(best, agent.role))
        )
    return found


def find_mentions(body: str, mentionable: Sequence[Mentionable]) -> tuple[str, list[Mentionable]]:
    """The text as it is kept, and whom it mentions, each once, in order."""
    by_name: dict[str, Mentionable] = {}
    for who in mentionable:
        for name in who.names:
            by_name.setdefault(name.casefold(), who)
    if not by_name:
        return body, []
    longest_first = "|".join(map(re.escape, sorted(by_name, key=len, reverse=True)))
    # Behind a letter it is an address, and a name that goes on is another one.
    pattern = re.compile(
        rf"(?<![a-zA-Z0-9_.+-])@({longest_first})(?![^\W{WIDE}-\U0010ffff])",
        re.IGNORECASE,
    )
    found: dict[Mentionable, None] = {}

    def sign(match: re.Match[str]) -> str:
        who = by_name.get(match[1].casefold())
        if who is None or (who not in found and len(found) == MOST_MENTIONS):
            return match[0]
        found[who] = None
        return who.sign

    return pattern.sub(sign, body), list(found)


def keep_mentions(comment: Comment, mentioned: Sequence[Mentionable]) -> None:
    Mention.objects.bulk_create(
        Mention(comment=comment, user_id=who.user_id, agent_role=who.role, name=who.name)
        for who in mentioned
    )


def plain_body(comment: Comment) -> str:
    """What the comment says, with names."""
    return "".join(f"@{name}" if is_name else text for text, name, is_name in _parts(comment))


def marked_body(comment: Comment) -> SafeString:
    """As `plain_body`, as HTML in which mentions stand out."""
    html = "".join(
        f'<span class="mention">@{escape(name)}</span>' if is_name else str(escape(text))
        for text, name, is_name in _parts(comment)
    )
    return mark_safe(html)  # noqa: S308 (escaped piece by piece)


def _parts(comment: Comment) -> Iterator[tuple[str, str, bool]]:
    names = {}
    for mention in comment.mentions.all():
        if mention.user:
            names["user", str(mention.user_id)] = identity_of(mention.user)["name"]
        else:
            names["role", mention.agent_role] = mention.name
    at = 0
    for match in SIGN.finditer(comment.body):
        # Whoever types such a sign mentions nobody by it.
        if name := names.get((match[1], match[2])):
            yield comment.body[at : match.start()], "", False
            yield "", name, True
            at = match.end()
    yield comment.body[at:], "", False
