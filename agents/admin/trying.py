"""A page to try a role on: a sample, two revisions or models side by side, answers as they come."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from copy import copy
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from agents.actions.roles import put_on
from agents.admin.revisions import administrator
from agents.choice import model_of
from agents.exceptions import NoModel
from agents.language import is_chinese
from agents.models import Model, Role, RoleRevision, Trial
from agents.samples import READS, REVISES, Sample
from writing import limits
from writing.models import Kind, Language

if TYPE_CHECKING:
    from agents.trying import Said


class SampleForm(forms.Form):
    """What is asked, and which revision and model of the role answers."""

    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=limits.TITLE_CHARACTERS,
        widget=UnfoldAdminTextInputWidget(),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=Kind.choices, widget=UnfoldAdminSelectWidget()
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=Language.choices, widget=UnfoldAdminSelectWidget()
    )
    brief = forms.CharField(
        label=gettext_lazy("Brief"),
        max_length=limits.BRIEF_CHARACTERS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )
    text = forms.CharField(
        label=gettext_lazy("Text of the section"),
        max_length=limits.BRIEF_CHARACTERS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
    )
    remark = forms.CharField(
        max_length=limits.COMMENT_CHARACTERS, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )
    revision = forms.ModelChoiceField(
        RoleRevision.objects.none(),
        label=gettext_lazy("Revision"),
        empty_label=None,
        widget=UnfoldAdminSelectWidget(),
    )
    model = forms.ModelChoiceField(
        Model.objects.select_related("provider"),
        label=gettext_lazy("Model"),
        required=False,
        empty_label=gettext_lazy("The role's own"),
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, role: Role, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["revision"].queryset = role.revisions.all()  # type: ignore[attr-defined]
        if role.kind not in READS:
            del self.fields["text"]
        if role.kind not in REVISES:
            del self.fields["remark"]
        elif role.kind == "harmoniser":
            self.fields["remark"].label = _("What another section says, like the first sentence")
        else:
            self.fields["remark"].label = _("What the critic said of the first sentence")

    @property
    def sample(self) -> Sample:
        names = ("title", "kind", "language", "brief", "text", "remark")
        return Sample(**{name: self.cleaned_data.get(name, "") for name in names})


def usual_sample(role: Role) -> dict[str, Any]:
    flow = role.stages.exclude(workflow__document_kind="").select_related("workflow").first()
    return {
        "title": _("Reefs"),
        "kind": flow.workflow.document_kind if flow else Kind.ARTICLE,
        "language": Language.CHINESE if is_chinese() else Language.ENGLISH,
        "brief": _("Coral reefs, for people who dive for the first time: what they see and why."),
        "text": _(
            "Corals is animals. They build stone houses in which very many of them live together, "
            "and algae feed them. Everything on a reef depends on that."
        ),
        "remark": _("Corals build reefs and live on them.")
        if role.kind == "harmoniser"
        else _("Mend the grammar, and say what a coral looks like."),
    }


class Tried(ModelAdmin):
    """For the administration of roles."""

    @action(
        description=gettext_lazy("Try it"),
        url_path="try",
        permissions=["change"],
        icon="play_circle",
    )
    def try_it(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        role = get_object_or_404(Role, pk=object_id)
        if request.method == "POST":
            return self._answer(request, role)
        revisions = [revision.pk for revision in role.revisions.all()[:2]]
        forms = [
            SampleForm(
                role,
                initial={**usual_sample(role), "revision": pk},
                auto_id=f"id_%s_{number}",
            )
            for number, pk in enumerate([*revisions, *revisions][:2], 1)
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Try %(role)s") % {"role": role},
            "opts": self.opts,
            "role": role,
            "sample": [field for field in forms[0] if field.name not in ("revision", "model")],
            "panes": [(form["revision"], form["model"]) for form in forms],
        }
        return render(request, "admin/agents/try.html", context)

    def _answer(self, request: HttpRequest, role: Role) -> HttpResponseBase:
        """The answer line by line as it comes, each a JSON object: see `agents.trying.Said`."""
        form = SampleForm(role, request.POST)
        if not form.is_valid():
            said = [
                f"{form[name].label}: {' '.join(map(str, each))}"
                for name, each in form.errors.items()
            ]
            return JsonResponse({"kind": "error", "text": " ".join(said)}, status=422)
        revision = form.cleaned_data["revision"]
        tried = put_on(copy(role), revision)
        try:
            model = form.cleaned_data["model"] or model_of(tried)
        except NoModel as error:
            return JsonResponse({"kind": "error", "text": str(error)}, status=422)
        trial = Trial.objects.create(
            role=role, revision=revision, model=model, created_by=administrator(request)
        )
        from agents.trying import answer_to  # a web process loads the client once somebody tries

        answer = answer_to(trial, tried, model, form.sample)
        return StreamingHttpResponse(
            _lines(answer, get_language()),
            content_type="application/x-ndjson",
            headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"},
        )


async def _lines(answer: "AsyncGenerator[Said, None]", language: str | None) -> AsyncGenerator[str]:
    # The request is over for the middleware, which has put its language away.
    translation.activate(language or "en")
    async with aclosing(answer):
        async for said in answer:
            yield json.dumps(said, ensure_ascii=False) + "\n"
