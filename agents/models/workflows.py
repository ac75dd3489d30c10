from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agents.models.roles import Role


class StageKind(models.TextChoices):
    PLAN = "plan", _("Plan")
    WRITE = "write", _("Write")
    CRITIQUE = "critique", _("Critique")
    EDIT = "edit", _("Edit")


class Scope(models.TextChoices):
    DOCUMENT = "document", _("Whole document")
    SECTION = "section", _("Each section")


class Output(models.TextChoices):
    APPLY = "apply", _("Apply directly")
    SUGGEST = "suggest", _("Suggest")


class Workflow(models.Model):
    """An ordered list of stages."""

    slug = models.SlugField(_("short name"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    description = models.TextField(_("description"), blank=True)
    is_default = models.BooleanField(_("default workflow"), default=False)

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
        """The name for people to read: one that `seed` gave is translated."""
        return gettext(self.name)

    @property
    def about(self) -> str:
        """The description for people to read, as `label`."""
        return gettext(self.description)


class Stage(models.Model):
    """A role, a kind of step, its scope and what becomes of its output."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="stages")
    position = models.PositiveSmallIntegerField(_("position"))
    role = models.ForeignKey(
        Role, on_delete=models.PROTECT, related_name="stages", verbose_name=_("role")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=StageKind)
    scope = models.CharField(_("scope"), max_length=20, choices=Scope, default=Scope.SECTION)
    output = models.CharField(_("output"), max_length=20, choices=Output, default=Output.APPLY)

    class Meta:
        ordering = ["position"]
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        constraints = [
            models.UniqueConstraint(fields=["workflow", "position"], name="one_stage_per_position"),
            models.CheckConstraint(
                condition=models.Q(kind="plan", scope="document")
                | (~models.Q(kind="plan") & models.Q(scope="section")),
                name="only_planning_is_of_the_document",
                violation_error_message=_(
                    "A plan stage is for the whole document; the others are for each section."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.role.label}"
