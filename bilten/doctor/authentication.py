"""Checks of authentication: the keys that tokens are judged by, and what tokens have to say."""

from collections import Counter
from collections.abc import AsyncGenerator
from datetime import timedelta
from urllib.parse import urlsplit

from bilten.auth.errors import DevelopmentKeyIsUnusable
from bilten.auth.jwks_fetch import FetchFailed, fetch_keys
from bilten.auth.tokens import development_expectations, development_key
from bilten.config import Settings
from bilten.doctor.findings import Finding, counted, ok, problem, warning

FETCH = timedelta(seconds=5)


async def authentication_findings(settings: Settings) -> AsyncGenerator[Finding]:
    """The keys of the authentication service, or of this home."""
    if settings.jwks_url is None:
        yield _development(settings)
        return
    where = urlsplit(settings.jwks_url).hostname
    try:
        fetched = await fetch_keys(settings.jwks_url, within=FETCH)
    except FetchFailed as failure:
        yield problem(
            "authentication",
            f"the keys cannot be read from {where}: {failure}, so every token is refused",
            "BILTEN_JWKS_URL=the jwks_uri that the service names in its /.well-known/openid-configuration",
        )
        return
    if not len(fetched.keys):
        yield problem(
            "authentication",
            f"{where} publishes no key that Bilten takes",
            "let the service sign with RS256 (2,048 bits or more), ES256 or EdDSA",
        )
        return
    kinds = Counter(key.algorithm for key in fetched.keys)
    told = ", ".join(f"{number} for {algorithm}" for algorithm, number in sorted(kinds.items()))
    yield ok(
        "authentication",
        f"{counted(len(fetched.keys), 'key')} at {where} ({told}); tokens have to name the issuer"
        f" {settings.jwt_issuer} and the audience {settings.jwt_audience}",
    )
    if any(value != (value or "").strip() for value in (settings.jwt_issuer, settings.jwt_audience)):
        yield warning(
            "authentication",
            "issuer or audience begins or ends with a space, and tokens have to equal it",
            "BILTEN_JWT_ISSUER and BILTEN_JWT_AUDIENCE without spaces",
        )


def _development(settings: Settings) -> Finding:
    path = settings.resolved_home / "keys" / "development.pem"
    if not path.exists():
        return ok("authentication", "the local development key is made when it is first needed")
    try:
        development_key(settings)
    except DevelopmentKeyIsUnusable as error:
        return problem("authentication", str(error), f"rm {path}, and hand out new tokens with bilten token")
    expected = development_expectations(settings)
    return ok("authentication", f"the local development key is readable; audience {expected.audience}")
