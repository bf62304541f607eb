"""Failures that end a command: each has a code and a message of one line."""


class CommandFailed(Exception):
    """The command cannot do its work; the message says why and what to do."""

    code = "COMMAND_FAILED"


class AddressIsBusy(CommandFailed):
    """Something else listens on the wanted address."""

    code = "ADDRESS_IS_BUSY"


class AddressIsUnusable(CommandFailed):
    """The wanted address does not exist here, or is not ours to listen on."""

    code = "ADDRESS_IS_UNUSABLE"


class DatabaseIsUnreachable(CommandFailed):
    """PostgreSQL does not answer, or refuses the credentials."""

    code = "DATABASE_IS_UNREACHABLE"


class ServerDidNotStart(CommandFailed):
    """The application failed while starting; its log says why."""

    code = "SERVER_DID_NOT_START"
