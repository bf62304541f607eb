"""How authentication fails, apart from any protocol: a caller turns these into its own answers."""

from bilten.failures import CommandFailed


class TokenIsInvalid(Exception):
    """The bearer token proves nothing; asking again with the same token is pointless.

    `reason` is one of a few fixed phrases ("expired", "wrong audience", …) and holds nothing from the token, so it
    may be shown to whoever sent it.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The token is not valid: {reason}.")


class KeysAreUnavailable(Exception):
    """The issuer's keys cannot be fetched and none are cached, so no token can be judged; worth a retry."""

    retryable = True

    def __init__(self) -> None:
        super().__init__("The keys of the authentication service cannot be fetched at the moment.")


class DevelopmentKeyIsRefused(CommandFailed):
    """The local development key must not sign or verify here; the message says which setting forbids it."""

    code = "DEVELOPMENT_KEY_IS_REFUSED"


class DevelopmentKeyIsUnusable(CommandFailed):
    """The file of the local development key cannot be written, or read as one; the message names it."""

    code = "DEVELOPMENT_KEY_IS_UNUSABLE"


class EmailIsInvalid(CommandFailed, ValueError):
    """The text is not an e-mail address; the message says what is wrong with it."""

    code = "EMAIL_IS_INVALID"
