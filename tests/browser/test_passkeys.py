"""A passkey is added and enough to sign in with; Chromium plays the authenticator."""

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from bench.stack import PASSWORD, USER, Stack
from tests.browser.test_accessibility import Auditor

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_added_and_is_enough_to_sign_in(
    stack: Stack, open_page: Callable[..., Any]
) -> None:
    # Browsers know passkeys only of names, not of numbers.
    home = stack.url.replace("127.0.0.1", "localhost")
    page = open_page(storage_state=None)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    auditor = Auditor(page)

    page.goto(f"{home}/accounts/login/?next=/account/")
    page.fill("input[name=login]", USER)
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{home}/account/")
    auditor.see("account")
    page.get_by_role("link", name="Turn on").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name").fill("This laptop")
    auditor.see("add a passkey")
    page.get_by_role("button", name="Add it").click()
    page.wait_for_url(f"{home}/accounts/2fa/recovery-codes/")
    expect(page.get_by_text("The passkey is added.")).to_be_visible()
    auditor.see("recovery codes")
    page.goto(f"{home}/accounts/2fa/")
    expect(page.get_by_text("This laptop")).to_be_visible()
    auditor.see("second step")

    page.context.clear_cookies()
    page.goto(f"{home}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{home}/")
    page.context.clear_cookies()
    page.goto(f"{home}/accounts/login/")
    page.fill("input[name=login]", USER)
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{home}/accounts/2fa/authenticate/**")
    auditor.see("asked for the second step")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{home}/")

    # The others sign in with the password alone.
    page.goto(f"{home}/accounts/2fa/")
    page.get_by_role("link", name="Remove “This laptop”").click()
    page.get_by_role("link", name="Use a passkey").click()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    assert not auditor.found, json.dumps(auditor.found, indent=1)


def test_at_an_address_of_numbers_it_is_said_why_there_are_none(
    stack: Stack, open_page: Callable[..., Any]
) -> None:
    page = open_page(storage_state=None)
    page.goto(f"{stack.url}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("at an address with https, or at localhost")).to_be_visible()
