"""What becomes of the values of a field that are no leaves: lists, objects, and objects whose type the value tells."""

from collections.abc import Awaitable, Callable, Sequence
from inspect import iscoroutine
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Protocol, cast

from graphql import GraphQLObjectType

from execution.hints import is_decided_by_class
from execution.plans import slow
from execution.plans.columns import Column, Faulty, Pending, Raised, Value, arrived, checked, settled, together
from execution.plans.core import Type, default_type_resolver, is_awaitable, is_nullable
from execution.plans.kinds import LISTS, is_plain
from execution.plans.places import OfItems, Picked, Places
from execution.plans.run import RawInfo, Run, Selected

if TYPE_CHECKING:
    from execution.plans.levels import Level


class Shape(Protocol):
    """The type of a field, or of the items of its list."""

    def complete(self, run: Run, values: Column, places: Places) -> Column | Awaitable[Column]:
        """What stands in the answer for each value, or `Raised`."""
        ...


class _Shape:
    """One place of a field's type: the field itself, or the items of its list."""

    def __init__(self, field: Selected, type_: Type) -> None:
        self._field = field
        self._complete = slow.complete if type_ is field.type else slow.complete_item
        self._type = type_
        self._nullable = is_nullable(type_)

    def _left(self, run: Run, places: Places, index: int, value: Value) -> Value:
        return self._complete(run, self._field, self._type, cast("Any", places.path(index)), value)

    def _parted(
        self,
        run: Run,
        values: Column,
        places: Places,
        make: Callable[[Run, Column, type, Places], Column | Awaitable[Column]],
    ) -> Column | Awaitable[Column]:
        """Values of several classes: those of one class together, and everything special by itself."""
        made: Column = [None] * len(values)
        pending: Pending = []
        by_kind: dict[type, list[int]] = {}
        for index, value in enumerate(values):
            if value is None and self._nullable:
                continue
            kind = cast("type", type(value))
            if is_plain(kind):
                by_kind.setdefault(kind, []).append(index)
                continue
            made[index] = self._left(run, places, index, value)
            if is_awaitable(made[index]):
                pending.append((index, made[index]))
        parts = [
            (indexes, make(run, [values[index] for index in indexes], kind, Picked(places, indexes)))
            for kind, indexes in by_kind.items()
        ]
        return _joined(made, pending, parts)


class Objects(_Shape):
    """Objects of a type that the schema names."""

    def __init__(self, field: Selected, type_: Type, level: "Level") -> None:
        super().__init__(field, type_)
        self._level = level
        self._fits = _fits(level.type)
        self._by_class: dict[type, bool] | None = (
            {} if self._fits is not None and is_decided_by_class(self._fits) else None
        )

    def complete(self, run: Run, values: Column, places: Places) -> Column | Awaitable[Column]:
        """All objects of one class together."""
        kinds = set(map(type, values))
        if len(kinds) == 1:
            [kind] = kinds
            if is_plain(kind):
                return self._made(run, values, kind, places)
        return self._parted(run, values, places, self._made) if values else []

    def _made(self, run: Run, objects: Column, kind: type, places: Places) -> Column | Awaitable[Column]:
        if self._fits is not None and not self._all_fit(run, objects, kind, places):
            return self._each(run, objects, kind, places)
        made = self._level.run(run, objects, kind, places)
        if isinstance(made, list):
            return slow.nulled(run, made, places) if self._nullable and isinstance(made, Faulty) else made
        return self._arrived(run, made, places)

    async def _arrived(self, run: Run, awaitable: Awaitable[Column], places: Places) -> Column:
        made = await awaitable
        return slow.nulled(run, made, places) if self._nullable and isinstance(made, Faulty) else made

    def _all_fit(self, run: Run, objects: Column, kind: type, places: Places) -> bool:
        if self._by_class is not None:
            known = self._by_class.get(kind)
            if known is None:
                known = self._fit(run, objects[0], places, 0)
                if len(self._by_class) < 64:
                    self._by_class[kind] = known
            return known
        return all(self._fit(run, each, places, index) for index, each in enumerate(objects))

    def _fit(self, run: Run, each: Value, places: Places, index: int) -> bool:
        """Whether the type says that it is the object's, at once and without a failure."""
        try:
            fits = cast("Any", self._fits)(each, RawInfo(run, self._field, places, index))
        except Exception:
            return False
        if iscoroutine(fits):
            # graphql-core asks again and waits for the answer.
            fits.close()
        return bool(fits) and not is_awaitable(fits)

    def _each(self, run: Run, objects: Column, kind: type, places: Places) -> Column | Awaitable[Column]:
        fitting: list[int] = []
        made: Column = [None] * len(objects)
        pending: Pending = []
        for index, each in enumerate(objects):
            if self._fit(run, each, places, index):
                fitting.append(index)
                continue
            made[index] = self._left(run, places, index, each)
            if is_awaitable(made[index]):
                pending.append((index, made[index]))
        if not fitting:
            return _joined(made, pending, [])
        picked = Picked(places, fitting)
        part = self._level.run(run, [objects[index] for index in fitting], kind, picked)
        if not isinstance(part, list):
            part = self._arrived(run, part, picked)
        elif self._nullable and isinstance(part, Faulty):
            part = slow.nulled(run, part, picked)
        return _joined(made, pending, [(fitting, part)])


class Lists(_Shape):
    """Lists of anything but leaves."""

    def __init__(self, field: Selected, type_: Type, item: Shape) -> None:
        super().__init__(field, type_)
        self._item = item

    def complete(self, run: Run, values: Column, places: Places) -> Column | Awaitable[Column]:
        """The items of all lists together."""
        if set(map(type, values)) <= LISTS:
            return self._made(run, values, list, places)
        return self._parted(run, values, places, self._made_of_kind)

    def _made_of_kind(self, run: Run, values: Column, kind: type, places: Places) -> Column | Awaitable[Column]:
        if kind in LISTS:
            return self._made(run, values, kind, places)
        made = [self._left(run, places, index, value) for index, value in enumerate(values)]
        pending: Pending = [(index, value) for index, value in enumerate(made) if is_awaitable(value)]
        return settled(made, pending) if pending else checked(made)

    def _made(self, run: Run, lists: Column, kind: type, places: Places) -> Column | Awaitable[Column]:
        items = list(chain.from_iterable(lists))
        done = self._item.complete(run, items, OfItems(places, lists)) if items else items
        if isinstance(done, list):
            return self._folded(run, lists, done, places)
        return self._arrived(run, lists, done, places)

    async def _arrived(self, run: Run, lists: Column, done: Awaitable[Column], places: Places) -> Column:
        return self._folded(run, lists, await done, places)

    def _folded(self, run: Run, lists: Column, items: Column, places: Places) -> Column:
        if not isinstance(items, Faulty):
            if len(lists) == 1:
                return [items]
            rest = iter(items)
            return [list(islice(rest, len(each))) for each in lists]
        rest = iter(items)
        made: Column = Faulty()
        for each in lists:
            part = list(islice(rest, len(each)))
            failed = next((item for item in part if isinstance(item, Raised)), None)
            made.append(part if failed is None else failed)
        return slow.nulled(run, made, places) if self._nullable else made


class Abstract(_Shape):
    """Objects of an interface or a union; the levels of their types are made when they are first met."""

    def __init__(
        self,
        field: Selected,
        type_: Type,
        abstract: Type,
        shape_of: Callable[[str], Shape | None],
    ) -> None:
        super().__init__(field, type_)
        self._abstract = abstract
        self._resolve_type = abstract.resolve_type or default_type_resolver
        self._shape_of = shape_of

    def complete(self, run: Run, values: Column, places: Places) -> Column | Awaitable[Column]:
        """All objects of one type together."""
        return self._parted(run, values, places, self._made)

    def _made(self, run: Run, values: Column, kind: type, places: Places) -> Column | Awaitable[Column]:
        names = [self._type_name(run, value, places, index) for index, value in enumerate(values)]
        if any(map(is_awaitable, names)):
            return self._named_later(run, values, names, places)
        return self._named(run, values, names, places)

    async def _named_later(self, run: Run, values: Column, names: Column, places: Places) -> Column:
        indexes = [index for index, name in enumerate(names) if is_awaitable(name)]
        for index, name in zip(indexes, await arrived([names[index] for index in indexes]), strict=True):
            names[index] = name
        made = self._named(run, values, names, places)
        return made if isinstance(made, list) else await made

    def _named(self, run: Run, values: Column, names: Column, places: Places) -> Column | Awaitable[Column]:
        made: Column = [None] * len(values)
        pending: Pending = []
        by_name: dict[str, list[int]] = {}
        for index, (value, name) in enumerate(zip(values, names, strict=True)):
            if isinstance(name, str) and self._shape_of(name) is not None:
                by_name.setdefault(name, []).append(index)
                continue
            made[index] = self._left(run, places, index, value)
            if is_awaitable(made[index]):
                pending.append((index, made[index]))
        parts: list[tuple[list[int], Column | Awaitable[Column]]] = []
        for name, indexes in by_name.items():
            shape = cast("Shape", self._shape_of(name))
            part = [values[index] for index in indexes]
            parts.append((indexes, shape.complete(run, part, Picked(places, indexes))))
        return _joined(made, pending, parts)

    def _type_name(self, run: Run, value: Value, places: Places, index: int) -> Value:
        info = RawInfo(run, self._field, places, index)
        try:
            return self._resolve_type(value, cast("Any", info), self._abstract)
        except Exception:
            return None


def _fits(type_: GraphQLObjectType) -> Callable[..., Value] | None:
    return cast("Callable[..., Value] | None", type_.is_type_of)


def _joined(
    made: Column, pending: Pending, parts: Sequence[tuple[list[int], Column | Awaitable[Column]]]
) -> Column | Awaitable[Column]:
    late: list[tuple[list[int], Awaitable[Column]]] = []
    for indexes, part in parts:
        if isinstance(part, list):
            for index, value in zip(indexes, part, strict=True):
                made[index] = value
        else:
            late.append((indexes, part))
    if late:
        return _joined_later(made, pending, late)
    return settled(made, pending) if pending else checked(made)


async def _joined_later(made: Column, pending: Pending, late: Sequence[tuple[list[int], Awaitable[Column]]]) -> Column:
    waited = [part for _, part in late]
    if pending:
        waited.append(settled(made, pending))
    found = [await waited[0]] if len(waited) == 1 else await together(waited)
    for (indexes, _), part in zip(late, found, strict=False):
        for index, value in zip(indexes, part, strict=True):
            made[index] = value
    return checked(made)
