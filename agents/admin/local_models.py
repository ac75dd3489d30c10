"""Local models: fetched from the public hub, and put into use, on one page."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from agents.actions import local_models as actions
from agents.local_server import running_model
from agents.models import LocalModel
from agents.open_models import OPEN_MODELS

PER_PAGE = 20
PAGE = "admin:agents_localmodel_changelist"


class LocalModelForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = LocalModel
        fields = ["repository", "file", "wanted_revision", "sha256"]
        widgets = dict.fromkeys(fields, UnfoldAdminTextInputWidget())

    def clean_sha256(self) -> str:
        sha256: str = self.cleaned_data["sha256"]
        return sha256.strip().lower()


@admin.register(LocalModel)
class LocalModelAdmin(ModelAdmin):
    def get_urls(self) -> list[URLPattern]:
        def wrap(view: Callable[..., HttpResponse]) -> Any:
            return self.admin_site.admin_view(require_POST(view))

        return [
            path(
                "",
                self.admin_site.admin_view(self.changelist_view),
                name="agents_localmodel_changelist",
            ),
            path("fetch/", wrap(self.fetch), name="agents_localmodel_fetch"),
            path("bundled/", wrap(self.bundled), name="agents_localmodel_bundled"),
            path("<int:pk>/<slug:what>/", wrap(self.act), name="agents_localmodel_act"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._page(request, LocalModelForm())

    def _page(self, request: HttpRequest, form: LocalModelForm) -> HttpResponse:
        models = LocalModel.objects.all()
        fetched = {(model.repository, model.file, model.wanted_revision) for model in models}
        page = Paginator(models, PER_PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Local models"),
            "opts": self.opts,
            "page": page,
            "is_active": any(model.is_active for model in page),
            "is_starting": any(model.state == "starting" for model in page),
            "curated": [
                (each, (each.repository, each.file, each.commit) in fetched) for each in OPEN_MODELS
            ],
            "running": running_model() if settings.LOCAL_MODEL != "none" else None,
            "is_chosen": any(model.is_used for model in models),
            "decided": settings.LOCAL_MODEL or "",
            "hub": settings.HF_ENDPOINT,
            "form": form,
        }
        name = "admin/agents/local_models.html"
        # What is polled.
        name += "#models" if request.headers.get("HX-Request") else ""
        return render(request, name, context, status=422 if form.errors else 200)

    def fetch(self, request: HttpRequest) -> HttpResponse:
        """One of the curated list by its place there, or what was entered."""
        person = self._person(request)
        if "curated" in request.POST:
            return self._fetch_curated(request, person)
        form = LocalModelForm(request.POST)
        if not form.is_valid():
            return self._page(request, form)
        actions.fetch_local_model(form.save(commit=False), acting_user=person)
        return redirect(PAGE)

    def _fetch_curated(self, request: HttpRequest, person: User) -> HttpResponse:
        chosen = next((e for e in OPEN_MODELS if e.sha256 == request.POST["curated"]), None)
        if chosen is None:
            raise Http404
        model = LocalModel(
            repository=chosen.repository,
            file=chosen.file,
            wanted_revision=chosen.commit,
            sha256=chosen.sha256,
            size_bytes=chosen.size_bytes,
        )
        if not LocalModel.objects.filter(
            repository=chosen.repository, file=chosen.file, wanted_revision=chosen.commit
        ).exists():
            actions.fetch_local_model(model, acting_user=person)
        return redirect(PAGE)

    def act(self, request: HttpRequest, pk: int, what: str) -> HttpResponse:
        person = self._person(request)
        model = get_object_or_404(LocalModel, pk=pk)
        acts = {
            "cancel": actions.cancel_fetching,
            "again": actions.fetch_again,
            "use": actions.use_local_model,
            "delete": actions.delete_local_model,
        }
        if what not in acts or (what == "use" and settings.LOCAL_MODEL):
            raise Http404
        if not acts[what](model, acting_user=person):
            messages.warning(
                request, _("%(model)s has changed meanwhile: nothing was done.") % {"model": model}
            )
        return redirect(PAGE)

    def bundled(self, request: HttpRequest) -> HttpResponse:
        actions.use_bundled_model(acting_user=self._person(request))
        messages.success(request, _("The bundled model is used again."))
        return redirect(PAGE)

    def _person(self, request: HttpRequest) -> User:
        if not request.user.is_authenticated or not self.has_change_permission(request):
            raise PermissionDenied
        return request.user
