from django.db import models


class Seeded(models.Model):
    """What an installation was given at a start: what is deleted afterwards does not come back."""

    # As `role:writer`, `workflow:draft`; of a file of starters its name, as `starters:story`.
    name = models.CharField(max_length=80, unique=True)

    def __str__(self) -> str:
        return self.name
