from datetime import timedelta

import pytest
from django.utils import timezone

from writing.exceptions import TooMany
from writing.models import Try
from writing.tries import count_try


@pytest.mark.django_db
def test_so_many_tries_are_let_through_and_more_again_later():
    for _ in range(2):
        count_try("a door", most=2, seconds=60)
    for _ in range(3):
        with pytest.raises(TooMany):
            count_try("a door", most=2, seconds=60)
    count_try("another door", most=2, seconds=60)
    Try.objects.filter(what="a door").update(made_at=timezone.now() - timedelta(seconds=61))
    count_try("a door", most=2, seconds=60)
    assert Try.objects.filter(what="a door").count() == 1
