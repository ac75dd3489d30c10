"""What prompts cost as sections are added; `python -m bench tokens` says more."""

from bench.prompt_tokens import LEANEST_PEER, PEER_SECTIONS, TARGET_SHARE, count_tokens


def test_prompts_stay_lean_and_grow_with_the_sections_only() -> None:
    few, many = (count_tokens(size, has_points=True) for size in (8, PEER_SECTIONS))
    assert many["uncached"] <= TARGET_SHARE * LEANEST_PEER
    assert many["uncached"] / PEER_SECTIONS <= few["uncached"] / 8
    assert many["total"] / PEER_SECTIONS <= 1.5 * few["total"] / 8
