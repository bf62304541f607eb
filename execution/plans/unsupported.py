"""Why an operation is not compiled."""


class Unsupported(Exception):
    """The operation is left to graphql-core. `reason` is one of a few fixed texts, good for counting."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
