from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from agents.models.providers import Model
from agents.models.roles import Role, name_in_interface
from writing.models import Kind


class StageKind(models.TextChoices):
    PLAN = "plan", _("Plan")
    WRITE = "write", _("Write")
    CRITIQUE = "critique", _("Critique")
    EDIT = "edit", _("Edit")
    HARMONISE = "harmonise", _("Harmonise")
    # In no workflow: a person asks for it in a thread.
    ANSWER = "answer", _("Answer")


class Scope(models.TextChoices):
    DOCUMENT = "document", _("Whole document")
    SECTION = "section", _("Each section")


class Output(models.TextChoices):
    APPLY = "apply", _("Apply directly")
    SUGGEST = "suggest", _("Suggest")
    COMMENT = "comment", _("Comment")


class Workflow(models.Model):
    """An ordered list of stages."""

    slug = models.SlugField(_("short name"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    description = models.TextField(_("description"), blank=True)
    name_zh = models.CharField(_("name in Chinese"), max_length=80, blank=True)
    description_zh = models.TextField(_("description in Chinese"), blank=True)
    document_kind = models.CharField(
        _("for documents of the kind"),
        max_length=20,
        choices=Kind,
        blank=True,
        help_text=_("It is offered for these alone, and chosen for them. Empty: for all."),
    )
    is_default = models.BooleanField(_("default workflow"), default=False)
    is_active = models.BooleanField(
        _("in use"),
        default=True,
        help_text=_("A workflow that is not in use stays in the history and is offered nowhere."),
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("workflow")
        verbose_name_plural = _("workflows")
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="one_default_workflow",
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name for people to read, in their language where it is known."""
        return name_in_interface(self.name, self.name_zh)

    @property
    def about(self) -> str:
        """The description for people to read, as `label`."""
        # An empty text would be "translated" to the catalogue's header.
        return name_in_interface(self.description, self.description_zh) if self.description else ""


class Stage(models.Model):
    """A role, a kind of step, its scope and what becomes of its output."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="stages")
    position = models.PositiveSmallIntegerField(_("position"))
    role = models.ForeignKey(
        Role, on_delete=models.PROTECT, related_name="stages", verbose_name=_("role")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=StageKind)
    scope = models.CharField(_("scope"), max_length=20, choices=Scope, default=Scope.SECTION)
    output = models.CharField(
        _("output"),
        max_length=20,
        choices=Output,
        default=Output.APPLY,
        help_text=_(
            "What becomes of new words: they are written, suggested, or said in a comment. Critics "
            "always comment. Words of people are never changed without asking."
        ),
    )
    model = models.ForeignKey(
        Model,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("model"),
        help_text=_("Empty: the model of the role."),
    )
    escalation_model = models.ForeignKey(
        Model,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("larger model"),
        help_text=_("Works instead where the critic's newest score is below the threshold."),
    )
    threshold = models.PositiveSmallIntegerField(
        _("threshold, 1 to 10"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text=_(
            "The critic's score that is good enough. A critic's threshold spares the editor who "
            "follows; another stage's decides when its larger model works."
        ),
    )
    rounds = models.PositiveSmallIntegerField(
        _("rounds at most"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
        help_text=_("A critic and the editor who follows repeat until the threshold is reached."),
    )

    class Meta:
        ordering = ["position"]
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        constraints = [
            models.UniqueConstraint(fields=["workflow", "position"], name="one_stage_per_position"),
            models.CheckConstraint(
                condition=models.Q(kind__in=("plan", "harmonise"), scope="document")
                | (~models.Q(kind__in=("plan", "harmonise")) & models.Q(scope="section")),
                name="scope_follows_from_kind",
                violation_error_message=_(
                    "Plan and harmonise are for the whole document; the others are for each "
                    "section."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.role.label}"
