"""The check of bearer tokens for plain Strawberry: Bilten's own verifier, and the account read at each request."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bilten.auth import create_verifier
from bilten.config import Settings

_ACCOUNT = "select id, email, name from users where id = $1"
_verifier = create_verifier(Settings.load(), lambda: datetime.now(UTC))


async def viewer_of(authorization: str | None, pool: Any) -> Any:  # noqa: ANN401 - a pool of asyncpg and its record
    """The account of whoever asks, or nothing. Raises `TokenIsInvalid`."""
    if authorization is None:
        return None
    claims = await _verifier.verify(authorization.removeprefix("Bearer "))
    return await pool.fetchrow(_ACCOUNT, UUID(claims.subject))


def expect_viewer(viewer: Any, user_id: UUID) -> None:  # noqa: ANN401 - a record
    """Nobody registers somebody else. Raises `PermissionError`."""
    if viewer is None or viewer["id"] != user_id:
        message = "Sign in as the user who registers."
        raise PermissionError(message)
