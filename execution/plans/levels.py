"""A level: all objects of one type at one place of the answer, made together."""

import dataclasses
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from graphql import GraphQLObjectType

from execution.plans import code, slow
from execution.plans.columns import Column, Faulty, Pending, Raised, Value, all_arrived, in_background, settled
from execution.plans.core import is_awaitable, is_nullable
from execution.plans.places import OfField, Places
from execution.plans.run import Run, Selected
from execution.plans.shapes import Shape
from execution.plans.sources import Reading, Source


@dataclass(slots=True)
class Constant:
    """A field whose value is the same for every object, such as `__typename`."""

    field: Selected
    value: Value


@dataclass(slots=True)
class Inline:
    """A leaf that is read off the object where the object is made."""

    field: Selected
    source: Reading


@dataclass(slots=True)
class Filled:
    """A field whose values are made as a column before the objects are.

    Without a shape it is a leaf, and its raw values are looked at where the object is made.
    """

    field: Selected
    source: Source
    shape: Shape | None
    _is_nullable: bool = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self._is_nullable = is_nullable(self.field.type)

    def column(self, run: Run, objects: Sequence[Value], places: Places) -> Column | Awaitable[Column]:
        """The values of the field."""
        own = OfField(places, self.field.key, self.field.parent_type.name)
        values = self.source.values(run, objects, own)
        if not isinstance(values, list):
            return self._arrived(run, values, own)
        return values if self.shape is None else self.shape.complete(run, values, own)

    def fails(self, column: Column) -> bool:
        """Whether the values, of which there are some, make all objects fail."""
        if self.shape is not None:
            return isinstance(column, Faulty) and all(isinstance(value, Raised) for value in column)
        return not self._is_nullable and all(value is None or isinstance(value, Exception) for value in column)

    async def _arrived(self, run: Run, awaitable: Awaitable[Column], own: Places) -> Column:
        values = await awaitable
        if self.shape is None:
            return values
        made = self.shape.complete(run, values, own)
        return made if isinstance(made, list) else await made


Part = Constant | Inline | Filled


class Level:
    """The fields that are selected on an object type, at one place of an operation."""

    def __init__(self, type_: GraphQLObjectType, parts: Sequence[Part]) -> None:
        self.type = type_
        self._parts = parts
        self._filled = [part for part in parts if isinstance(part, Filled)]
        self._inline = [part for part in parts if isinstance(part, Inline)]
        self._by_kind: dict[type, code.Assemble] = {}
        self._by_code: dict[tuple[str, ...], code.Assemble] = {}

    def run(self, run: Run, objects: Column, kind: type, places: Places) -> Column | Awaitable[Column]:
        """The answer's object for each of these objects, which are all of one class; `Raised` for those that fail."""
        columns: list[Column] = []
        late: list[tuple[int, Awaitable[Column]]] = []
        for place, part in enumerate(self._filled):
            column = part.column(run, objects, places)
            if isinstance(column, list):
                columns.append(column)
            else:
                columns.append(_EMPTY)
                late.append((place, column))
        careful = _Carefully(run, self._parts, objects, places, columns)
        if not late:
            return self._assembled(careful, kind)
        for place, column in enumerate(columns):
            if column and self._filled[place].fails(column):
                # Nothing of the other fields can be seen any more: nobody waits for them.
                in_background([awaitable for _, awaitable in late])
                return careful.failures(self._filled[place], column)
        return self._later(careful, kind, late)

    async def _later(self, careful: "_Carefully", kind: type, late: Sequence[tuple[int, Awaitable[Column]]]) -> Column:
        if len(late) == 1:
            [(place, awaitable)] = late
            careful.columns[place] = await awaitable
        else:
            failed = await all_arrived(careful.columns, late, lambda place, column: self._filled[place].fails(column))
            if failed is not None:
                return careful.failures(self._filled[failed], careful.columns[failed])
        made = self._assembled(careful, kind)
        return made if isinstance(made, list) else await made

    def _assembled(self, careful: "_Carefully", kind: type) -> Column | Awaitable[Column]:
        objects, columns = careful.objects, careful.columns
        if any(isinstance(column, Faulty) for column in columns):
            made = [careful(index) for index in range(len(objects))]
        else:
            assemble = self._by_kind.get(kind)
            if assemble is None:
                assemble = self._assembler(kind)
            made = assemble(objects, *columns, careful)
        if careful.pending:
            return settled(made, careful.pending)
        return Faulty(made) if careful.has_failed else made

    def _assembler(self, kind: type) -> code.Assemble:
        codes = tuple([part.source.code(kind) for part in self._inline])
        made = self._by_code.get(codes)
        if made is None:
            made = self._by_code[codes] = code.assembler(self.type.name, self._entries(codes), len(self._filled))
        if len(self._by_kind) < 64:
            self._by_kind[kind] = made
        return made

    def _entries(self, codes: Sequence[str]) -> list[code.Entry]:
        entries: list[code.Entry] = []
        reads = iter(codes)
        columns = iter(range(len(self._filled)))
        for part in self._parts:
            key = part.field.key
            match part:
                case Constant():
                    entries.append(code.Entry(key, repr(part.value)))
                case Inline():
                    entries.append(code.Entry(key, next(reads), part.field.type, part.source.calls))
                case Filled():
                    leaf = part.field.type if part.shape is None else None
                    entries.append(code.Entry(key, code.column(next(columns)), leaf))
        return entries


class _Carefully:
    """Makes single objects, field by field, where something in them is no ordinary value."""

    __slots__ = ("_parts", "_places", "_run", "columns", "has_failed", "objects", "pending")

    def __init__(self, run: Run, parts: Sequence[Part], objects: Column, places: Places, columns: list[Column]) -> None:
        self._run = run
        self._parts = parts
        self.objects = objects
        self._places = places
        self.columns = columns
        self.pending: Pending = []
        self.has_failed = False

    def failures(self, part: Filled, column: Column) -> Column:
        """What becomes of objects that all fail by one field."""
        return Faulty([self._value(part, column, index) for index in range(len(column))])

    def __call__(self, index: int) -> Value:
        made: dict[str, Value] = {}
        waiting: list[tuple[str, Awaitable[Value]]] = []
        filled = iter(self.columns)
        failed: Raised | None = None
        for part in self._parts:
            column = next(filled) if isinstance(part, Filled) else None
            if failed is not None:
                break
            value = self._value(part, column, index)
            if isinstance(value, Raised):
                failed = value
            elif is_awaitable(value):
                waiting.append((part.field.key, value))
            made[part.field.key] = value
        if waiting:
            self.pending.append((index, _completed(made, waiting, failed)))
        elif failed is not None:
            self.has_failed = True
            return failed
        return made

    def _value(self, part: Part, column: Column | None, index: int) -> Value:
        if isinstance(part, Constant):
            return part.value
        if isinstance(part, Filled):
            value = cast("Column", column)[index]
            return value if part.shape is not None else self._completed(part, value, index)
        own = OfField(self._places, part.field.key, part.field.parent_type.name)
        read = part.source.values(self._run, [self.objects[index]], _At(own, index))
        if isinstance(read, list):
            return self._completed(part, read[0], index)
        return self._read_later(part, read, index)

    async def _read_later(self, part: Inline, read: Awaitable[Column], index: int) -> Value:
        completed = self._completed(part, (await read)[0], index)
        return await completed if is_awaitable(completed) else completed

    def _completed(self, part: Inline | Filled, value: Value, index: int) -> Value:
        own = OfField(self._places, part.field.key, part.field.parent_type.name)
        return slow.complete(self._run, part.field, part.field.type, own.path(index), value)


class _At:
    """One place of a column."""

    __slots__ = ("_above", "_index")

    def __init__(self, above: Places, index: int) -> None:
        self._above = above
        self._index = index

    def path(self, index: int) -> Any:  # noqa: ANN401 - a path of graphql-core
        return self._above.path(self._index)


async def _completed(
    made: dict[str, Value], waiting: Sequence[tuple[str, Awaitable[Value]]], failed: Raised | None
) -> Value:
    found = await settled([None] * len(waiting), [(place, awaitable) for place, (_, awaitable) in enumerate(waiting)])
    for (key, _), value in zip(waiting, found, strict=True):
        made[key] = value
        if isinstance(value, Raised):
            failed = failed or value
    return made if failed is None else failed


_EMPTY: Column = []
