"""What has changed in the schema since the last release, in the eyes of clients; nothing here serves or prints."""

import re
from pathlib import Path

from graphql import BreakingChangeType, DangerousChangeType, GraphQLError, GraphQLSchema, build_schema
from graphql.utilities import find_schema_changes

from bilten.failures import CommandFailed

RELEASED_FILE = Path("schema") / "released.graphql"
_HEADER = (
    "# The schema of version {version}, the last release: clients rely on it. Written by 'bilten schema --release'.\n"
)
_VERSION_IN_HEADER = re.compile(r"\A# The schema of version (\d+(?:\.\d+)+)")


class SchemaBreaksClients(CommandFailed):
    """Operations that the last release answers would fail; the message names each change in a line of its own."""

    code = "SCHEMA_BREAKS_CLIENTS"


class ReleasedSchemaIsUnreadable(CommandFailed):
    """The file with the schema of the last release is missing or damaged."""

    code = "RELEASED_SCHEMA_IS_UNREADABLE"


def changes_since_release(served: str, version: str) -> list[str]:
    """A line for each change since the last release that clients may notice, for the SDL that `version` serves.

    Raises `SchemaBreaksClients`, unless the version is one that may break them, and `ReleasedSchemaIsUnreadable`.
    """
    released, released_version = _read_released()
    changes = find_schema_changes(_schema(released), build_schema(served))
    breaking = [change for change in changes if isinstance(change.type, BreakingChangeType)]
    dangerous = [change for change in changes if isinstance(change.type, DangerousChangeType)]
    if breaking and not _may_break(released_version, version):
        lines = [f"since {released_version}: {change.type.name}: {change.description}" for change in breaking]
        raise SchemaBreaksClients("\n".join(lines))
    return [
        *(f"breaking since {released_version}, as {version} may: {change.description}" for change in breaking),
        *(f"dangerous since {released_version}: {change.description}" for change in dangerous),
    ]


def release(served: str, version: str) -> None:
    """Make the SDL that `version` serves the one that later versions are compared with."""
    RELEASED_FILE.write_text(_HEADER.format(version=version) + served, encoding="utf-8")


def _read_released() -> tuple[str, str]:
    try:
        text = RELEASED_FILE.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{RELEASED_FILE} cannot be read: {error}"
        raise ReleasedSchemaIsUnreadable(message) from None
    found = _VERSION_IN_HEADER.match(text)
    if found is None:
        message = f"{RELEASED_FILE} does not say in its first line which version it is of"
        raise ReleasedSchemaIsUnreadable(message)
    return text, found.group(1)


def _schema(released: str) -> GraphQLSchema:
    try:
        return build_schema(released)
    except (GraphQLError, TypeError) as error:
        message = f"{RELEASED_FILE} is not a schema: {error}"
        raise ReleasedSchemaIsUnreadable(message.splitlines()[0]) from None


def _may_break(released: str, version: str) -> bool:
    # The first number has to grow for that, and below 1.0 the second one.
    return _promise(version) > _promise(released)


def _promise(version: str) -> tuple[int, int]:
    major, minor = (int(number) for number in version.split(".")[:2])
    return (major, 0 if major else minor)
