"""Who asks: the person whose token comes with the request, within the scopes of the token."""

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from writing.actions.api_tokens import use_token
from writing.api.rates import count_request
from writing.exceptions import Forbidden
from writing.models import ApiToken, TokenScope


class ApiRequest(HttpRequest):
    """A request as the operations get it."""

    user: User
    auth: ApiToken


class MissingScope(Forbidden):
    """The token is not meant for that."""


class Token(HttpBearer):
    """Wants a token with this scope; without one any token will do.

    The session's cookie counts for nothing: no other site can have a browser ask.
    """

    def __init__(self, scope: TokenScope | None = None) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """Raises TooMany and MissingScope."""
        found = use_token(token)
        if found is None:
            return None
        # An administrator's programs are an ordinary person's. Only here: nobody saves this.
        found.user.is_staff = found.user.is_superuser = False
        request.user = found.user
        count_request(found.user_id)
        if self.scope and not found.allows(self.scope):
            raise MissingScope(
                _("This token does not have the scope %(scope)s. Make one that has it.")
                % {"scope": self.scope.value}
            )
        return found
