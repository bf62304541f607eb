"""Signed invitation links: readable by whoever signed them, and by nobody else."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import jwt
import pytest

from bilten.config import Settings
from bilten.invitations import SignedInvitationLinks, signing_secret
from domain.errors import InvitationIsInvalid
from domain.ids import InvitationId
from tests.api import Api

SECRET = b"0123456789abcdef0123456789abcdef"
LINKS = SignedInvitationLinks(SECRET, "https://bilten.example")
EXPIRES = datetime(2026, 11, 30, 12, tzinfo=UTC)


def token_of(link: str) -> str:
    return link.partition("token=")[2]


def signed(claims: dict[str, object], *, secret: bytes = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, secret, algorithm=algorithm)


def test_link_leads_back_to_its_invitation() -> None:
    invitation = InvitationId(uuid4())

    link = LINKS.link(invitation, EXPIRES)

    assert link.startswith("https://bilten.example/invitations?token=")
    assert LINKS.invitation_id(token_of(link)) == invitation


def test_same_invitation_has_the_same_link() -> None:
    invitation = InvitationId(UUID(int=7))

    assert LINKS.link(invitation, EXPIRES) == LINKS.link(invitation, EXPIRES)


def test_expired_link_is_still_read_so_that_its_holder_learns_when_it_ended() -> None:
    link = LINKS.link(InvitationId(UUID(int=7)), datetime(2000, 1, 1, tzinfo=UTC))

    assert LINKS.invitation_id(token_of(link)) == UUID(int=7)


GOOD: dict[str, object] = {"jti": UUID(int=7).hex, "aud": "bilten:invitation", "exp": 4_000_000_000}


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        "\ud800",
        "a\x00b",
        signed(GOOD, secret=b"another secret of thirty-two byte"),
        signed(GOOD, algorithm="HS512", secret=SECRET * 2),
        signed({**GOOD, "aud": "bilten"}),
        signed({**GOOD, "jti": "not a uuid"}),
        signed({name: value for name, value in GOOD.items() if name != "jti"}),
        signed({name: value for name, value in GOOD.items() if name != "exp"}),
        signed({name: value for name, value in GOOD.items() if name != "aud"}),
        jwt.encode(GOOD, "", algorithm="none"),
    ],
    ids=range(12),
)
def test_token_that_was_not_signed_for_this_is_invalid(token: str) -> None:
    with pytest.raises(InvitationIsInvalid):
        LINKS.invitation_id(token)


def test_secret_is_made_once_for_a_home(tmp_path: Path) -> None:
    first = signing_secret(Settings(home=tmp_path))
    second = signing_secret(Settings(home=tmp_path))

    assert first == second
    assert len(first) >= 32
    assert first != signing_secret(Settings(home=tmp_path / "other"))


async def test_page_shows_the_command_and_never_markup_of_the_token(api: Api) -> None:
    page = await api.http.get("/invitations", params={"token": 'abc.DEF-1_2"><script>alert(1)</script>'})

    assert page.status_code == 200
    assert "abc.DEF-1_2scriptalert1script" in page.text
    assert "<script" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["content-security-policy"]
