from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agents.language import is_chinese
from agents.models.providers import Model


def name_in_interface(name: str, name_zh: str) -> str:
    """What `seed` gave is translated; what has a Chinese name of its own is shown by that."""
    return name_zh if name_zh and is_chinese() else gettext(name)


class RoleKind(models.TextChoices):
    PLANNER = "planner", _("Planner")
    WRITER = "writer", _("Writer")
    CRITIC = "critic", _("Critic")
    EDITOR = "editor", _("Editor")
    HARMONISER = "harmoniser", _("Harmoniser")


class Tone(models.IntegerChoices):
    """Of an agent's face and text: see static/css/tokens.css."""

    GREEN = 1, _("Green")
    RUST = 2, _("Rust")
    VIOLET = 3, _("Violet")
    PLUM = 4, _("Plum")
    BLUE = 5, _("Blue")
    TEAL = 6, _("Teal")
    OCHRE = 7, _("Ochre")
    ROSE = 8, _("Rose")


class Role(models.Model):
    """Who an agent is: persona, instructions, model and limits."""

    slug = models.SlugField(_("short name"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=20, choices=RoleKind)
    persona = models.TextField(_("persona"), blank=True)
    instructions = models.TextField(_("instructions"), blank=True)
    # Documents in Chinese are asked for in Chinese; empty: as above.
    name_zh = models.CharField(_("name in Chinese"), max_length=80, blank=True)
    persona_zh = models.TextField(_("persona in Chinese"), blank=True)
    instructions_zh = models.TextField(_("instructions in Chinese"), blank=True)
    model = models.ForeignKey(
        Model,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="roles",
        verbose_name=_("model"),
        help_text=_("Empty: the default model."),
    )
    fallback_model = models.ForeignKey(
        Model,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("fallback model"),
        help_text=_("Works where the other one fails or its provider is down."),
    )
    second_fallback_model = models.ForeignKey(
        Model,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("second fallback model"),
        help_text=_("Works where the fallback model fails too."),
    )
    temperature = models.FloatField(
        _("temperature"), default=0.7, validators=[MinValueValidator(0), MaxValueValidator(2)]
    )
    max_tokens = models.PositiveIntegerField(
        _("most tokens in an answer"), default=4000, validators=[MinValueValidator(16)]
    )
    tone = models.PositiveSmallIntegerField(_("colour"), choices=Tone, default=Tone.GREEN)
    avatar = models.CharField(
        _("avatar"),
        max_length=8,
        blank=True,
        help_text=_("A letter, a sign or an emoji. Empty: the first letter of the name."),
    )
    is_active = models.BooleanField(
        _("in use"),
        default=True,
        help_text=_("A role that is not in use stays in the history and is offered nowhere."),
    )
    # The newest: what an attempt that is claimed now works with. Kept by `actions/roles.py`.
    revision = models.ForeignKey(
        "RoleRevision", on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name for people to read, in their language where it is known."""
        return name_in_interface(self.name, self.name_zh)

    @property
    def face(self) -> str:
        """What its face shows."""
        return self.avatar or self.label[:1].upper()

    @property
    def fallbacks(self) -> list[Model]:
        """In the order in which they are tried."""
        return [model for model in (self.fallback_model, self.second_fallback_model) if model]


class RoleRevision(models.Model):
    """What shaped a role's answers from then on."""

    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    # By name of the role's field; for a model its id, and beside it its name as `…_name`.
    snapshot = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    # None: it came with Scriptorium, or from a command.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["role", "number"], name="one_revision_per_number")
        ]

    def __str__(self) -> str:
        moment = date_format(timezone.localtime(self.created_at), "SHORT_DATETIME_FORMAT")
        return f"{self.number} · {moment}"
