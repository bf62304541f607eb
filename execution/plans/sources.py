"""Where the values of a field come from: read off the objects, or returned by the field's resolver."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable
from typing import Any, Protocol, cast

from graphql.execution.values import get_argument_values

from execution import hints
from execution.batch import ResolveAll
from execution.plans import code
from execution.plans.columns import Column, Value, arrived
from execution.plans.core import default_field_resolver
from execution.plans.kinds import is_awaited, kind_of
from execution.plans.places import Places
from execution.plans.run import Run, Selected

Read = Callable[[Value, str], Value]


class Source(Protocol):
    """Values of a field, for all objects of a level. Failures are values; nothing raises."""

    def values(self, run: Run, objects: Sequence[Value], places: Places) -> Column | Awaitable[Column]:
        """A value for each object; `places` are those of the field's values."""
        ...


class Reading(Protocol):
    """A source that reads what the objects hold, and may do so again."""

    calls: bool
    """Whether what it finds is called if it can be."""

    def values(self, run: Run, objects: Sequence[Value], places: Places) -> Column | Awaitable[Column]:
        """As any source."""
        ...

    def code(self, kind: type) -> str:
        """Code that reads the object `o` of the class."""
        ...


class Attributes:
    """Read as `getattr` or `hints.read` does."""

    calls = False

    def __init__(self, name: str, read: Read) -> None:
        self._name = name
        self._read = read

    def values(self, run: Run, objects: Sequence[Value], places: Places) -> Column | Awaitable[Column]:
        """Read off each object."""
        read, name = self._read, self._name
        try:
            found = [read(each, name) for each in objects]
        except Exception:
            found = [_attempt(read, each, name) for each in objects]
        return _awaited(found)

    def code(self, kind: type) -> str:
        """By key or by attribute."""
        if self._read is hints.read and hints.has_keys(kind):
            return code.by_key(self._name)
        return code.by_attribute(self._name)


class Members:
    """Read as graphql-core does by default; what can be called is called."""

    calls = True

    def __init__(self, field: Selected) -> None:
        self._field = field
        self._name = field.name

    def values(self, run: Run, objects: Sequence[Value], places: Places) -> Column | Awaitable[Column]:
        """Read off each object, and called where it can be."""
        name = self._name
        found: Column = [_attempt(_member, each, name) for each in objects]
        if any(map(callable, found)):
            resolve = Resolver(self._field, default_field_resolver)
            for index, value in enumerate(found):
                if callable(value):
                    found[index] = resolve.value(run, objects[index], places, index)
        return _awaited(found)

    def code(self, kind: type) -> str:
        """By key or by attribute."""
        return code.by_key_if_any(self._name) if issubclass(kind, Mapping) else code.by_attribute_if_any(self._name)


class Resolver:
    """Any resolver of graphql-core's kind, called for each object."""

    def __init__(self, field: Selected, resolve: Callable[..., Value]) -> None:
        self._field = field
        self._resolve = resolve
        self._nodes = [detail.node for detail in field.details]
        self._has_arguments = bool(field.definition.args or self._nodes[0].arguments)

    def values(self, run: Run, objects: Sequence[Value], places: Places) -> Column | Awaitable[Column]:
        """Called for each object."""
        return _awaited([self.value(run, each, places, index) for index, each in enumerate(objects)])

    def value(self, run: Run, source: Value, places: Places, index: int) -> Value:
        """Called for one object."""
        field = self._field
        path = cast("Any", places.path(index))
        info = run.executor.build_resolve_info(field.definition, self._nodes, field.parent_type, path)
        try:
            arguments = self._arguments(run) if self._has_arguments else {}
            return self._resolve(source, info, **arguments)
        except Exception as error:
            return error

    def _arguments(self, run: Run) -> dict[str, Value]:
        hidden = run.operation.hide_suggestions
        return get_argument_values(self._field.definition, self._nodes[0], run.variables, None, hidden)


class Call(Protocol):
    """A resolver with its arguments."""

    def __call__(self, run: Run, source: Value, places: Places, index: int, /) -> Value:
        """Call it for one object; it may raise."""
        ...


class Calls:
    """A resolver that is called for each object, past everything around it."""

    def __init__(self, prepare: Callable[[Run], Call]) -> None:
        self._prepare = prepare

    def values(self, run: Run, objects: Sequence[Value], places: Places) -> Column | Awaitable[Column]:
        """Called for each object."""
        try:
            call = self._prepare(run)
        except Exception as error:
            return [error for _ in objects]
        found: Column = []
        for index, source in enumerate(objects):
            try:
                found.append(call(run, source, places, index))
            except Exception as error:
                found.append(error)
        return _awaited(found)


class Functions:
    """A function of the object alone."""

    def __init__(self, function: Callable[[Value], Value]) -> None:
        self._function = function

    def values(self, run: Run, objects: Sequence[Value], places: Places) -> Column | Awaitable[Column]:
        """Called for each object."""
        function = self._function
        found: Column = []
        add = found.append
        for source in objects:
            try:
                add(function(source))
            except Exception as error:
                add(error)
        return _awaited(found)


class Batch:
    """A resolver that takes all objects at once."""

    def __init__(
        self, resolve_all: ResolveAll, prepare: Callable[[Run, Places], tuple[Value, Mapping[str, Value]]]
    ) -> None:
        self._resolve_all = resolve_all
        self._prepare = prepare

    def values(self, run: Run, objects: Sequence[Value], places: Places) -> Column | Awaitable[Column]:
        """Called once."""
        try:
            info, arguments = self._prepare(run, places)
            found = self._resolve_all(objects, info, **arguments)
        except Exception as error:
            return [error for _ in objects]
        if isawaitable(found):
            return self._arrived(found, len(objects))
        return _awaited(_fitting(found, len(objects)))

    async def _arrived(self, found: Awaitable[Sequence[Value]], length: int) -> Column:
        try:
            return _fitting(await found, length)
        except Exception as error:
            return [error for _ in range(length)]


def _fitting(found: Sequence[Value], length: int) -> Column:
    if len(found) != length:
        error = RuntimeError(f"a batch resolver returned {len(found)} values for {length} objects")
        return [error for _ in range(length)]
    return list(found)


def _attempt(read: Read, source: Value, name: str) -> Value:
    try:
        return read(source, name)
    except Exception as error:
        return error


def _member(source: Value, name: str) -> Value:
    return cast("Any", source).get(name) if isinstance(source, Mapping) else getattr(source, name, None)


def _awaited(values: Column) -> Column | Awaitable[Column]:
    """The values, or those that are not here yet waited for together."""
    kinds = set(map(type, values))
    if not any(map(is_awaited, kinds)):
        return values
    if all(map(is_awaited, kinds)):
        return arrived(values)
    return _partly(values)


async def _partly(values: Column) -> Column:
    indexes = [index for index, value in enumerate(values) if is_awaited(kind_of(value))]
    found = await arrived([values[index] for index in indexes])
    for index, value in zip(indexes, found, strict=True):
        values[index] = value
    return values
