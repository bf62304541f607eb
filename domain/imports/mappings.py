"""Which column of a table means which field of an event, when the header does not say it by itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

from domain import errors
from domain.imports.rows import shown


class ImportFormat(StrEnum):
    """The formats in which an organization's events come."""

    CSV = "CSV"
    JSONL = "JSONL"
    ICALENDAR = "ICALENDAR"


FIELDS = (
    "id",
    "title",
    "category",
    "startsAt",
    "endsAt",
    "timezone",
    "tags",
    "summary",
    "description",
    "online",
    "url",
    "venue",
    "address",
    "city",
    "country",
    "capacity",
    "cancelled",
)
"""What a row can say about an event."""


@dataclass(frozen=True, slots=True)
class EventMapping:
    """Columns by field, and values that every row has. A field that is in neither goes by its own name."""

    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    constants: Mapping[str, object] = field(default_factory=dict[str, object])

    def apply(self, values: Mapping[str, object]) -> dict[str, object]:
        """The values of a row by field; names are compared without case, blanks, hyphens and underscores."""
        folded = {_folded(name): value for name, value in values.items()}
        named = {name: folded.get(_folded(self.columns.get(name, name))) for name in FIELDS}
        return {name: value for name, value in {**named, **self.constants}.items() if value not in (None, "")}

    def missing(self, header: Mapping[str, object]) -> list[str]:
        """The columns that the mapping names and the header lacks."""
        present = {_folded(name) for name in header}
        return [column for column in self.columns.values() if _folded(column) not in present]


def mapping_from(given: object) -> EventMapping:
    """The mapping that JSON describes: fields with the name of a column, or with {"value": …}. Raises `Refused`."""
    if given is None:
        return EventMapping()
    if not isinstance(given, Mapping):
        raise errors.Refused([errors.ValueIsMalformed("mapping", what='mapping: an object such as {"title": "Name"}')])
    columns: dict[str, str] = {}
    constants: dict[str, object] = {}
    refusals: list[errors.Refusal] = []
    for name, said in cast("Mapping[str, object]", given).items():
        constant = cast("Mapping[str, object]", said).get("value") if isinstance(said, Mapping) else None
        if name not in FIELDS:
            what = f"mapping: {shown(name)} is no field; there are {', '.join(FIELDS)}"
            refusals.append(errors.ValueIsMalformed("mapping", what=what))
        elif isinstance(said, str) and said.strip():
            columns[name] = said
        elif isinstance(constant, str | bool | int):
            constants[name] = constant
        else:
            what = f'mapping: {name} needs the name of a column or {{"value": …}}'
            refusals.append(errors.ValueIsMalformed("mapping", what=what))
    if refusals:
        raise errors.Refused(refusals)
    return EventMapping(columns, constants)


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()
