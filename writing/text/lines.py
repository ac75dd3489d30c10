"""How a line of Markdown begins: the signs of blocks, whole and half seen."""

import re

BLANK = re.compile(r"[ \t]*")
RULE = re.compile(r"([-*_])[ \t]*(?:\1[ \t]*){2,}")
_RULE_SO_FAR = re.compile(r"([-*_])[ \t]*(?:\1[ \t]*)*")
_BULLET = re.compile(r"([-*+])([ \t]+)(?=[^ \t])")
_BULLET_SO_FAR = re.compile(r"[-*+][ \t]*")
_NUMBER = re.compile(r"(\d{1,9})([.)])([ \t]+)(?=[^ \t])")
_NUMBER_EMPTY = re.compile(r"(\d{1,9})([.)])[ \t]*")
_NUMBER_SO_FAR = re.compile(r"\d{1,9}(?:[.)][ \t]*)?")
HEADING = re.compile(r"(#{1,6})[ \t]+(?=[^ \t])")
HEADING_SO_FAR = re.compile(r"#{1,6}[ \t]*")
HEADING_END = re.compile(r"[ \t]+#*[ \t]*\Z")
FENCE = re.compile(r"(`{3,})([^`]*)|(~{3,})(.*)")
_FENCE_SO_FAR = re.compile(r"`{1,2}|`{3,}[^`]*|~{1,2}|~{3,}.*")
DELIMITERS = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_CELL_END = re.compile(r"(?<!\\)\|")


def may_become(rest: str, is_full: bool) -> bool:
    """Whether more of this line could still make it another kind of block."""
    patterns = [_RULE_SO_FAR, HEADING_SO_FAR, _FENCE_SO_FAR]
    if not is_full:
        patterns += [_BULLET_SO_FAR, _NUMBER_SO_FAR]
    return rest[0] == "|" or any(pattern.fullmatch(rest) for pattern in patterns)


def item(rest: str, interrupts: bool) -> tuple[str, str, int, int] | None:
    """A list item's list, sign, number, and how far its content is from the sign's beginning."""
    if bullet := _BULLET.match(rest):
        spaces = len(bullet[2]) if len(bullet[2]) < 5 else 1
        return "bullet_list", bullet[1], 0, 1 + spaces
    if number := _NUMBER.match(rest):
        if interrupts and number[1] != "1":
            return None
        spaces = len(number[3]) if len(number[3]) < 5 else 1
        return "ordered_list", number[2], int(number[1]), len(number[1]) + 1 + spaces
    if interrupts:
        return None
    if _BULLET_SO_FAR.fullmatch(rest):
        return "bullet_list", rest[0], 0, 2
    if number := _NUMBER_EMPTY.fullmatch(rest):
        return "ordered_list", number[2], int(number[1]), len(number[1]) + 2
    return None


def cells(row: str) -> list[str]:
    row = row.strip(" \t").removeprefix("|")
    if row.endswith("|") and not row.endswith("\\|"):
        row = row[:-1]
    return [cell.strip(" \t").replace("\\|", "|") for cell in _CELL_END.split(row)]
