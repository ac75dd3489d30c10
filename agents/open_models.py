"""Open models that write well for their size on a machine without a graphics card.

Each is one file, pinned by commit and SHA-256, under a licence that allows any use. None of them
thinks before it writes, which would take minutes here.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class OpenModel:
    """`memory_gb`: about what it needs while it writes, context included."""

    title: str
    about: Promise
    licence: str
    repository: str
    file: str
    commit: str
    sha256: str
    size_bytes: int
    memory_gb: float


OPEN_MODELS = (
    OpenModel(
        "Qwen2.5 1.5B Instruct",
        _("Quick on two cores, and far better than the bundled one. Many languages."),
        "Apache-2.0",
        "bartowski/Qwen2.5-1.5B-Instruct-GGUF",
        "Qwen2.5-1.5B-Instruct-Q4_K_M.gguf",
        "9eadc66189c7641e1ddd226b8267a9119b2ce2d4",
        "1adf0b11065d8ad2e8123ea110d1ec956dab4ab038eab665614adba04b6c3370",
        986_048_768,
        2,
    ),
    OpenModel(
        "Granite 3.3 2B Instruct",
        _("Follows instructions closely. Twelve languages."),
        "Apache-2.0",
        "ibm-granite/granite-3.3-2b-instruct-GGUF",
        "granite-3.3-2b-instruct-Q4_K_M.gguf",
        "7cdf86ccd1f1bb3491c9b7017b033f2e51367397",
        "ac71e9e32c0bea919b409c5918f69ca74339854b0319c5065e4e9fb6d95c4852",
        1_545_303_328,
        3.5,
    ),
    OpenModel(
        "Qwen3 4B Instruct 2507",
        _("The best writer of these, for four cores and more. Many languages."),
        "Apache-2.0",
        "bartowski/Qwen_Qwen3-4B-Instruct-2507-GGUF",
        "Qwen_Qwen3-4B-Instruct-2507-Q4_K_M.gguf",
        "ae44f08e1392f39c0e474af10c3ff8355c8b6688",
        "2fde00ce69dd4899c70d020845e2638353015bba0fdf161b3eb965f2bca4464e",
        2_497_280_736,
        6,
    ),
)
