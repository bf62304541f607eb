"""The parameters of a GraphQL request, read from a body or from a query string and checked for their shape."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl

import orjson

from transport.refusals import Refused

BATCH = 10
"""How many operations one request may carry."""
_NAMES = frozenset({"query", "operationName", "variables", "extensions"})


@dataclass(frozen=True, slots=True)
class Parameters:
    """What is to be run. Without `query`, `extensions.persistedQuery` names a document by its hash."""

    query: str | None
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict[str, Any])
    extensions: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def document_hash(self) -> str | None:
        """The SHA-256 of the document, if the client follows the protocol of persisted queries."""
        named = self.extensions.get("persistedQuery")
        if not isinstance(named, dict):
            return None
        persisted = cast("dict[str, Any]", named)
        found = persisted.get("sha256Hash")
        if persisted.get("version") != 1 or not isinstance(found, str):
            message = "extensions.persistedQuery has to hold version 1 and a sha256Hash."
            raise Refused(400, message)
        return found.lower()

    @property
    def wants_cost(self) -> bool:
        """Whether the answer should tell what the operation costs."""
        return self.extensions.get("cost") is True


def from_body(body: bytes) -> Parameters | list[Parameters]:
    """The parameters in a JSON body, or those of each operation of a batch. Raises `Refused`."""
    try:
        content: object = orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError):
        message = "The request body is not JSON that can be read."
        raise Refused(400, message) from None
    if isinstance(content, list):
        batch = cast("list[object]", content)
        if not 1 <= len(batch) <= BATCH:
            message = f"A batch holds between 1 and {BATCH} operations, and this one {len(batch):,}."
            raise Refused(400, message)
        return [_checked_entry(number, entry) for number, entry in enumerate(batch, start=1)]
    return checked(content)


def from_query_string(query: bytes) -> Parameters:
    """The parameters in a query string. Raises `Refused`."""
    try:
        # Latin-1 keeps every byte; what is escaped has to be UTF-8.
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, errors="strict", max_num_fields=32)
    except ValueError:
        message = "The query string cannot be read."
        raise Refused(400, message) from None
    given: dict[str, object] = {}
    for name, value in pairs:
        if name in given:
            message = f"The parameter {name} is given twice."
            raise Refused(400, message)
        if name in _NAMES and (value or name == "query"):
            given[name] = _json(name, value) if name in {"variables", "extensions"} else value
    return checked(given)


def _json(name: str, value: str) -> object:
    try:
        return orjson.loads(value)
    except (orjson.JSONDecodeError, RecursionError):
        message = f"The parameter {name} is not JSON that can be read."
        raise Refused(400, message) from None


def _checked_entry(number: int, content: object) -> Parameters:
    try:
        return checked(content)
    except Refused as refused:
        message = f"Entry {number} of the batch: {refused}"
        raise Refused(refused.status, message, refused.code) from None


def checked(content: object) -> Parameters:
    """The parameters in a decoded JSON value. Raises `Refused`."""
    if not isinstance(content, dict):
        message = "The request has to be a JSON object, or an array of them."
        raise Refused(400, message)
    given = cast("dict[str, object]", content)
    parameters = Parameters(
        query=_text(given, "query"),
        operation_name=_text(given, "operationName") or None,
        variables=_object(given, "variables"),
        extensions=_object(given, "extensions"),
    )
    if not parameters.query and parameters.document_hash is None:
        message = "The request has no query."
        raise Refused(400, message)
    return parameters


def _text(given: Mapping[str, object], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        message = f"{name} has to be a string."
        raise Refused(400, message)
    return value


def _object(given: Mapping[str, object], name: str) -> Mapping[str, Any]:
    value = given.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        message = f"{name} has to be a JSON object."
        raise Refused(400, message)
    return cast("dict[str, Any]", value)
