"""What agents report is said in the language of whoever started the run."""

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import translation

from agents.actions.runs import start_draft, start_plan
from agents.models import Model, Run, RunState
from tests.agents.conftest import finished
from tests.fake_provider import FakeProvider, fake_provider
from writing.models import Comment, Document, Section

__all__ = ["fake_provider"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("eager")]


@pytest.fixture(autouse=True)
def provider(document: Document, fake_provider: FakeProvider) -> FakeProvider:
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.base_url, model.provider.is_bundled = fake_provider.base_url, False
    model.provider.save()
    Model.objects.update(context_tokens=32_768, tier=Model.Tier.LARGE)
    return fake_provider


def drafted_in(language: str, document: Document, sections: list[Section], author: User) -> Run:
    with translation.override(language):
        run = start_draft(document, acting_user=author, sections=sections)
    assert run.locale == language
    return finished(run)


@pytest.mark.parametrize(
    ("language", "critic", "editor", "revised"),
    [("zh-hans", "评审", "编辑", "已修订。"), ("en", "Critic", "Editor", "Revised.")],
)
def test_names_and_replies(
    document: Document,
    sections: list[Section],
    author: User,
    language: str,
    critic: str,
    editor: str,
    revised: str,
) -> None:
    drafted_in(language, document, sections, author)
    said = Comment.objects.filter(thread__section__document=document)
    assert set(said.values_list("agent_name", flat=True)) == {critic, editor}
    assert set(said.filter(agent_name=editor).values_list("body", flat=True)) == {revised}


def test_the_language_of_the_document_does_not_matter(
    document: Document, sections: list[Section], author: User
) -> None:
    Document.objects.filter(pk=document.pk).update(language="zh-hans")
    drafted_in("en", document, sections[:1], author)
    said = Comment.objects.filter(thread__section=sections[0])
    assert set(said.values_list("agent_name", flat=True)) == {"Critic", "Editor"}


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-hans", "附带模型 不接受这个 API 密钥"), ("en", "does not accept the API key")],
)
def test_problems(
    provider: FakeProvider,
    document: Document,
    sections: list[Section],
    author: User,
    language: str,
    words: str,
) -> None:
    provider.fail("401@writer:1x0")
    run = drafted_in(language, document, sections[:1], author)
    assert run.state == RunState.FAILED
    sections[0].refresh_from_db()
    assert words in sections[0].problem
    assert run.steps.get(kind="write").problem == sections[0].problem


def test_notices(
    provider: FakeProvider, document: Document, sections: list[Section], author: User
) -> None:
    provider.say(lambda messages, body: '{"remarks": [], "score": 9}' if _is_critic(body) else None)
    run = drafted_in("zh-hans", document, sections[:1], author)
    assert run.steps.get(kind="critique").notice == "评审没有意见。"
    assert run.steps.get(kind="edit").notice == "没有可依据的意见，因此没有修订。"


def test_a_model_that_is_gone_when_a_worker_comes(document: Document, author: User) -> None:
    with translation.override("zh-hans"), transaction.atomic():
        run = start_plan(document, acting_user=author)
        Model.objects.update(is_default=False)
    assert finished(run).state == RunState.FAILED
    assert run.steps.get().problem.startswith("还没有设置模型。")


def _is_critic(body: dict[str, object]) -> bool:
    return '"remarks"' in str(body.get("response_format")).replace("'", '"')
