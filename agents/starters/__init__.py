"""Roles and workflows for kinds of documents, given to each installation once."""

import logging
from pathlib import Path

from agents.exchange import Bundle, Unusable, apply, plan_of, read
from agents.models import Role, Seeded, Workflow

FOLDER = Path(__file__).parent
logger = logging.getLogger(__name__)


def load_starters() -> list[str]:
    """The names of the files that were not loaded before; what is there already under a short name
    of theirs stays as it is."""
    seen = set(Seeded.objects.values_list("name", flat=True))
    loaded = []
    for path in sorted(FOLDER.glob("*.json")):
        name = f"starters:{path.stem}"
        if name in seen:
            continue
        bundle = read(path.read_text(encoding="utf-8"))
        roles = set(Role.objects.values_list("slug", flat=True))
        flows = set(Workflow.objects.values_list("slug", flat=True))
        missing = Bundle(
            roles=[entry for entry in bundle.roles if entry.slug not in roles],
            workflows=[entry for entry in bundle.workflows if entry.slug not in flows],
        )
        try:
            apply(plan_of(missing))
        except Unusable as error:
            logger.warning("The starters %s were left out: %s", path.name, error)
            continue
        Seeded.objects.create(name=name)
        loaded.append(path.stem)
    return loaded
