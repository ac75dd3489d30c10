"""How many sections an outline has for a length."""

FEWEST_SECTIONS, MOST_SECTIONS = 3, 12
WORDS_PER_SECTION = 200


def sections_for(target_words: int) -> int:
    return max(FEWEST_SECTIONS, min(round(target_words / WORDS_PER_SECTION), MOST_SECTIONS))
