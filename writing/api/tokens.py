"""The token itself: what it opens, for whom and for how long."""

from datetime import datetime

from ninja import Router, Schema

from writing.api.auth import ApiRequest, Token
from writing.api.problems import answers
from writing.models import TokenScope

router = Router(tags=["Token"])


class TokenOut(Schema):
    name: str
    username: str
    scopes: list[TokenScope]
    created_at: datetime
    expires_at: datetime | None


@router.get(
    "token",
    response=answers(TokenOut),
    auth=Token(),
    summary="Read your token",
    operation_id="read_token",
)
def read_token(request: ApiRequest) -> TokenOut:
    """Whether it works and what it may be used for. Needs no scope."""
    token = request.auth
    return TokenOut(
        name=token.name,
        username=request.user.get_username(),
        scopes=token.scopes,
        created_at=token.created_at,
        expires_at=token.expires_at,
    )
