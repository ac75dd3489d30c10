"""What critics say beside their remarks."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents.actions.runs import start_draft
from agents.models import Model
from tests.agents.conftest import finished
from tests.fake_provider import FakeProvider, fake_provider
from writing.models import Comment, Document, Section, Severity, Thread

__all__ = ["fake_provider"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("eager")]


@pytest.fixture(autouse=True)
def provider(document: Document, fake_provider: FakeProvider) -> FakeProvider:
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.base_url = fake_provider.base_url
    model.provider.concurrency, model.provider.is_bundled = 64, False
    model.provider.save()
    model.context_tokens, model.tier = 32_768, Model.Tier.LARGE
    model.input_price, model.cached_price, model.output_price = Decimal(4), Decimal(1), Decimal(10)
    model.save()
    return fake_provider


def test_critics_say_how_much_they_mind(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    draft = "Reefs grow slowly in warm water. Many fish live there. Some of them sleep."
    remarks = [
        {"sentence": 1, "remark": "How slowly?", "severity": "critical"},
        {"sentence": 2, "remark": "Which fish?", "severity": "terrible"},
        {"sentence": 3, "remark": "Who does not?", "severity": "minor"},
    ]

    def say(messages: list[Any], body: dict[str, Any]) -> str:
        name = str(body.get("response_format"))
        if "remarks" in name:
            assert "severity" in name
            return json.dumps({"remarks": remarks, "score": 5})
        return '{"revisions": []}' if "revisions" in name else draft

    provider.say(say)
    finished(start_draft(document, acting_user=author, sections=sections[:1]))
    found = Thread.objects.order_by("created_at").values_list("severity", flat=True)
    assert sorted(found) == [Severity.UNSAID, Severity.MINOR, Severity.CRITICAL]
    comment = Comment.objects.filter(thread__severity=Severity.CRITICAL).earliest("pk")
    assert (comment.agent_role, comment.agent_model) == ("critic", "smollm2-135m-instruct")
    # The editor reads it as the critic said it.
    assert '"severity": "critical"' in provider.bodies[2]["messages"][-2]["content"]
