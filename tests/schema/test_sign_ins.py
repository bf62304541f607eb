"""What a sign-in vouches for: addresses that are verified, that change, or that are missing."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest
from pydantic import SecretStr

from app import create_app
from bilten.config import Settings
from tests.api import Answer, Api, Clock
from tests.commands import document
from tests.issuer import AUDIENCE, ISSUER, Issuer
from tests.world import INVITE, address

ME = """
{ viewer {
  id name email onboarding { steps { step done } } history { edges { node { kind changes { field before after } } } }
} }
"""


@pytest.fixture
async def foreign(
    database_url: str, redis_url: str, tmp_path: Path, clock: Clock
) -> AsyncGenerator[tuple[Api, Issuer]]:
    """The application as it runs behind an authentication service of somebody else."""
    issuer = Issuer().add("one")
    settings = Settings(
        home=tmp_path,
        database_url=SecretStr(database_url),
        redis_url=SecretStr(redis_url),
        jwks_url=issuer.url,
        jwt_issuer=ISSUER,
        jwt_audience=AUDIENCE,
    )
    app = create_app(settings, clock=clock)
    try:
        async with app.router.lifespan_context(app):
            api = Api(app, settings, clock)
            yield api, issuer
            await api.http.aclose()
    finally:
        issuer.stop()


async def ask(
    foreign: tuple[Api, Issuer], query: str, variables: dict[str, Any] | None = None, **claims: Any
) -> Answer:
    """Run a document as the holder of these claims."""
    api, issuer = foreign
    payload = {"iss": ISSUER, "aud": AUDIENCE, "exp": api.clock().timestamp() + 3_600, **claims}
    token = jwt.encode(payload, issuer.published["one"], "EdDSA", {"kid": "one"})
    response = await api.http.post(
        "/graphql",
        json={"query": query, "variables": variables or {}},
        headers={"authorization": f"Bearer {token}"},
    )
    return Answer(response.status_code, response.json(), response.headers)


def done(answer: Answer, step: str) -> bool:
    [found] = [item for item in answer.data["viewer"]["onboarding"]["steps"] if item["step"] == step]
    return found["done"]


async def test_address_follows_the_sign_in(foreign: tuple[Api, Issuer]) -> None:
    subject, old, new = uuid4().hex, address("old"), address("new")
    before = await ask(foreign, ME, sub=subject, email=old, email_verified=False, name="Ada")

    after = await ask(foreign, ME, sub=subject, email=new, email_verified=True, name="Somebody Else")

    assert after.data["viewer"]["id"] == before.data["viewer"]["id"]
    assert (before.data["viewer"]["email"], after.data["viewer"]["email"]) == (old, new)
    assert (done(before, "VERIFY_EMAIL"), done(after, "VERIFY_EMAIL")) == (False, True)
    # The name is the person's to change, not the sign-in's.
    assert after.data["viewer"]["name"] == "Ada"
    newest = after.data["viewer"]["history"]["edges"][0]["node"]
    assert newest["kind"] == "UserIdentityRefreshed"
    assert {change["field"]: [change["before"], change["after"]] for change in newest["changes"]} == {
        "email": [old, new],
        "emailVerified": [False, True],
    }


async def test_same_sign_in_again_writes_nothing(foreign: tuple[Api, Issuer]) -> None:
    claims: dict[str, Any] = {"sub": uuid4().hex, "email": address("same"), "email_verified": True}

    answers = [await ask(foreign, ME, **claims) for _ in range(3)]

    assert len(answers[-1].data["viewer"]["history"]["edges"]) == 1


async def test_sign_in_that_stays_silent_about_the_address_takes_none_away(foreign: tuple[Api, Issuer]) -> None:
    subject, email = uuid4().hex, address("known")
    await ask(foreign, ME, sub=subject, email=email, email_verified=True)

    silent = await ask(foreign, ME, sub=subject)

    assert silent.data["viewer"]["email"] == email


async def test_one_address_at_two_sign_ins_is_two_accounts(foreign: tuple[Api, Issuer]) -> None:
    email = address("shared")

    ids = [(await ask(foreign, ME, sub=uuid4().hex, email=email)).data["viewer"]["id"] for _ in range(2)]

    assert len(set(ids)) == 2


async def test_invitation_needs_an_address_that_the_sign_in_vouches_for(foreign: tuple[Api, Issuer]) -> None:
    owner, guest, subject = uuid4().hex, address("guest"), uuid4().hex
    create = document("createOrganization", "organization { id }")
    made = await ask(foreign, create, {"input": {"name": "Club"}}, sub=owner)
    given = {"organizationId": made.data["createOrganization"]["organization"]["id"], "email": guest, "role": "STAFF"}
    invited = await ask(foreign, INVITE, {"input": given}, sub=owner)
    token = invited.data["inviteMember"]["invitation"]["link"].partition("token=")[2]
    accept = document("acceptInvitation", "membership { role }")

    async def codes(**claims: Any) -> list[str]:
        return (await ask(foreign, accept, {"input": {"token": token}}, **claims)).problems("acceptInvitation")

    assert await codes(sub=subject) == ["EMAIL_NOT_VERIFIED"]
    assert await codes(sub=subject, email=guest) == ["EMAIL_NOT_VERIFIED"]
    assert await codes(sub=subject, email=guest, email_verified=False) == ["EMAIL_NOT_VERIFIED"]
    assert await codes(sub=subject, email=address("other"), email_verified=True) == ["INVITATION_FOR_SOMEBODY_ELSE"]
    # What an earlier sign-in vouched for does not count: the one in hand has to.
    await ask(foreign, ME, sub=subject, email=guest, email_verified=True)
    assert await codes(sub=subject) == ["EMAIL_NOT_VERIFIED"]
    assert await codes(sub=subject, email=guest, email_verified=True) == []


async def test_stranger_with_a_token_of_another_issuer_is_not_signed_in(foreign: tuple[Api, Issuer]) -> None:
    api, _ = foreign
    stranger = Issuer().add("one")
    try:
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "exp": api.clock().timestamp() + 3_600}
        token = jwt.encode(claims, stranger.published["one"], "EdDSA", {"kid": "one"})
    finally:
        stranger.stop()

    response = await api.http.post("/graphql", json={"query": ME}, headers={"authorization": f"Bearer {token}"})

    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
