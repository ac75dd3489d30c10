from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from writing.setup_token import read_token

pytestmark = pytest.mark.django_db


def test_checks_ask_no_database(django_assert_num_queries) -> None:
    """They come before the first migration."""
    with django_assert_num_queries(0):
        call_command("check")


def test_prepare_makes_the_set_up_link_until_there_is_an_account() -> None:
    call_command("prepare", verbosity=0)
    token = read_token()
    assert token
    out = StringIO()
    call_command("setup_link", stdout=out)
    assert f"/setup/{token}/" in out.getvalue()
    call_command("prepare", verbosity=0)
    assert read_token() == token


def test_an_account_ends_the_set_up_link() -> None:
    User.objects.create_user("anna")
    call_command("prepare", verbosity=0)
    assert read_token() is None
    with pytest.raises(CommandError, match="There is an account"):
        call_command("setup_link")
