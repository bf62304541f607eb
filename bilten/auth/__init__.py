"""Who sends a request: bearer tokens become claims here; users, roles and permissions belong to the domain."""

from bilten.auth.claims import Claims, Expectations
from bilten.auth.errors import (
    DevelopmentKeyIsRefused,
    DevelopmentKeyIsUnusable,
    EmailIsInvalid,
    KeysAreUnavailable,
    TokenIsInvalid,
)
from bilten.auth.jwks import Clock, FixedKeys, IssuerKeys, KeySource
from bilten.auth.tokens import DEVELOPMENT_AUDIENCE, issue_token, name_from
from bilten.auth.verifier import TokenVerifier, create_verifier
from domain.users import DEVELOPMENT_ISSUER

__all__ = [
    "DEVELOPMENT_AUDIENCE",
    "DEVELOPMENT_ISSUER",
    "Claims",
    "Clock",
    "DevelopmentKeyIsRefused",
    "DevelopmentKeyIsUnusable",
    "EmailIsInvalid",
    "Expectations",
    "FixedKeys",
    "IssuerKeys",
    "KeySource",
    "KeysAreUnavailable",
    "TokenIsInvalid",
    "TokenVerifier",
    "create_verifier",
    "issue_token",
    "name_from",
]
