"""Where a role or a workflow is used: what stands in the way of its deletion."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from agents.models import Batch, Role, Run, Step, Workflow


@dataclass(frozen=True)
class Uses:
    """`workflows` that a role works in, and how many runs and batches name it."""

    workflows: list[Workflow]
    runs: int
    batches: int = 0

    @property
    def reasons(self) -> list[str]:
        """Why it cannot be deleted; empty if it can."""
        said = []
        if self.workflows:
            names = pgettext("between names", ", ").join(each.label for each in self.workflows)
            said.append(
                _("These workflows work with it: %(names)s. Take it out of them first.")
                % {"names": names}
            )
        if self.runs:
            said.append(
                ngettext(
                    "%(count)d run names it. The history has to say who wrote what.",
                    "%(count)d runs name it. The history has to say who wrote what.",
                    self.runs,
                )
                % {"count": self.runs}
            )
        if self.batches:
            said.append(
                ngettext(
                    "%(count)d batch was made with it.",
                    "%(count)d batches were made with it.",
                    self.batches,
                )
                % {"count": self.batches}
            )
        return said


def uses_of_role(role: Role) -> Uses:
    workflows = Workflow.objects.filter(stages__role=role).distinct()
    runs = Step.objects.filter(role=role).order_by().values("run").distinct().count()
    return Uses(list(workflows), runs)


def uses_of_workflow(workflow: Workflow) -> Uses:
    runs = Run.objects.filter(workflow=workflow).count()
    return Uses([], runs, Batch.objects.filter(workflow=workflow).count())
