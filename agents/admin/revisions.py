"""A role's revisions: what each changed, and the way back to one."""

import difflib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import label_for_field
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action

from agents.actions.roles import MODELS, VALUES, go_back
from agents.models import Role, RoleRevision
from writing.text.alignment import TOKEN

REVISIONS_A_PAGE = 20


def administrator(request: HttpRequest) -> User:
    """Who is signed in: nobody else comes as far as this."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


@dataclass(frozen=True)
class Piece:
    """A run of words: `kind` is "kept", "new" or "gone"."""

    kind: str
    text: str


@dataclass(frozen=True)
class Difference:
    name: str
    pieces: list[Piece]


def differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
    """What is not the same in two snapshots, by the words of the fields."""
    for name in (*VALUES, *MODELS):
        shown = f"{name}_name" if name in MODELS else name
        old, new = str(before.get(shown, "")), str(after.get(shown, ""))
        if old != new:
            label = str(label_for_field(name, Role))
            yield Difference(label, list(_pieces(old, new)))


def _pieces(before: str, after: str) -> Iterator[Piece]:
    if not before:  # all of it would be marked
        yield Piece("kept", after)
        return
    old, new = TOKEN.findall(before), TOKEN.findall(after)
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece("kept", "".join(old[a:b]))
            continue
        if a < b:
            yield Piece("gone", "".join(old[a:b]))
        if c < d:
            yield Piece("new", "".join(new[c:d]))


class Revisions(ModelAdmin):
    """For the administration of roles: a page of its own for their revisions."""

    @action(
        description=gettext_lazy("Revisions"),
        url_path="revisions",
        permissions=["change"],
        icon="history",
    )
    def revisions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        role = get_object_or_404(Role.objects.select_related("revision"), pk=object_id)
        if request.method == "POST":
            number = request.POST.get("revision", "")
            chosen = role.revisions.filter(pk=number).first() if number.isdecimal() else None
            if chosen is None:
                raise Http404
            go_back(role, chosen, acting_user=administrator(request))
            self.log_change(
                request, role, _("Went back to revision %(number)d.") % {"number": chosen.number}
            )
            messages.success(
                request, _("The role is as in revision %(number)d.") % {"number": chosen.number}
            )
            return redirect(request.path)
        kept = role.revisions.select_related("created_by")
        page = Paginator(kept, REVISIONS_A_PAGE).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Revisions of %(role)s") % {"role": role},
            "opts": self.opts,
            "role": role,
            "page": page,
            "revisions": list(
                _with_differences(
                    list(kept[max(0, page.start_index() - 1) : page.end_index() + 1]), len(page)
                )
            ),
        }
        return render(request, "admin/agents/role_revisions.html", context)


def _with_differences(
    revisions: Sequence[RoleRevision], count: int
) -> Iterator[tuple[RoleRevision, list[Difference]]]:
    """Newest first, the first `count`, each with what it changed in the one before it; the oldest
    of a role is all new."""
    for revision, before in list(itertools.pairwise([*revisions, None]))[:count]:
        if revision is None:
            continue
        old = before.snapshot if before else {}
        yield revision, list(differences(old, revision.snapshot))
