import random

import pytest

from agents.answers import judge_revision
from bench.fake_text import prose, revised

OLD = "The reef is a very important place for fish that live near the warm coast."


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("", "empty"),
        ("...", "empty"),
        (OLD, "same"),
        ("The reef is important.", "short"),
        (f"{OLD} {prose(1, 40)}", "long"),
        ("The reef is a place for fish, the reef is a place for fish near the coast.", "repeats"),
        ("The reef is very very very important for fish near the warm coast.", "repeats"),
        ("Here is the revised sentence: the reef is important for fish near the coast.", "meta"),
        ("This sentence says that the reef is important for fish near the coast.", "meta"),
        ("The reef is an important place for fish that live near the", "unfinished"),
        ("Many people enjoy walking in green hills during their summer holidays.", "strays"),
        ("珊瑚礁对生活在温暖海岸附近的鱼类来说是一个非常重要的地方。", "language"),
    ],
)
def test_worse_revision_is_named(new: str, code: str) -> None:
    verdict = judge_revision(OLD, new)
    assert verdict is not None
    assert verdict.code == code
    assert verdict.reason


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (OLD, "The reef is vital for fish near the warm coast."),
        (OLD, "Near the warm coast, fish live on the reef and need it."),
        ("It was cold.", "Frost bit at his fingers."),
        ("The section of road is long.", "The section of road is endless."),
        ("珊瑚礁对鱼类来说非常重要。", "对鱼类而言，珊瑚礁十分重要。"),
    ],
)
def test_better_revision_may_stand(old: str, new: str) -> None:
    assert judge_revision(old, new) is None


def test_remark_copied_as_a_revision_is_refused() -> None:
    remark = "Name the fish that live near the warm coast of the reef."
    verdict = judge_revision(OLD, remark, remark)
    assert verdict is not None
    assert verdict.code == "meta"


def test_fake_provider_s_revisions_may_stand() -> None:
    chance = random.Random(1)
    for sentence in prose(1, 400).replace("\n\n", " ").split(". "):
        old = sentence.rstrip(".") + "."
        if len(old.split()) > 4:
            assert judge_revision(old, revised(old, chance)) is None
