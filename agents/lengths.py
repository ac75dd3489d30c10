"""How many sections an outline has for a length."""

from writing.models import Kind

FEWEST_SECTIONS, MOST_SECTIONS = 3, 12
WORDS_PER_SECTION = 200
WORDS_PER_POST, MOST_POSTS = 45, 25  # of a thread, whose sections are posts


def sections_for(target_words: int, kind: str) -> int:
    words, most = WORDS_PER_SECTION, MOST_SECTIONS
    if kind == Kind.SOCIAL_THREAD:
        words, most = WORDS_PER_POST, MOST_POSTS
    return max(FEWEST_SECTIONS, min(round(target_words / words), most))
