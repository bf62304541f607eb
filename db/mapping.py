"""Frozen domain values to rows and back: the table's columns are the dataclass's fields."""

import types
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

import asyncpg
from sqlalchemy.dialects import postgresql

from db.database import Session
from db.tables import metadata

_DIALECT = postgresql.dialect()

Value = TypeVar("Value")


def columns(cls: type[Any], alias: str = "") -> str:
    """The named columns of a dataclass for a select list."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(f"{prefix}{name}" for name in _names(cls))


def value_from(cls: type[Value], row: asyncpg.Record) -> Value:
    """A row as its dataclass."""
    return cls(**{name: convert(row[name]) for name, convert in _converters(cls)})


async def insert(session: Session, table: str, *values: object) -> None:
    """Insert dataclass values of one class in one round trip."""
    if not values:
        return
    sql, names = _insert_sql(table, type(values[0]))
    await session.executemany(sql, [[getattr(value, name) for name in names] for value in values])


async def update(
    session: Session, table: str, before: object, after: object, *, key: tuple[str, ...] = ("id",)
) -> None:
    """Write the columns in which two values of one class differ; nothing when they are equal."""
    changed = tuple(name for name in _names(type(after)) if getattr(before, name) != getattr(after, name))
    if not changed:
        return
    await session.execute(_update_sql(table, changed, key), *(getattr(after, name) for name in (*key, *changed)))


async def update_many(
    session: Session, table: str, pairs: Iterable[tuple[object, object]], *, key: tuple[str, ...] = ("id",)
) -> None:
    """Like `update` for many values of one class: one round trip for each set of columns in which pairs differ."""
    by_columns: dict[tuple[str, ...], list[list[object]]] = {}
    for before, after in pairs:
        changed = tuple(name for name in _names(type(after)) if getattr(before, name) != getattr(after, name))
        if changed:
            by_columns.setdefault(changed, []).append([getattr(after, name) for name in (*key, *changed)])
    for changed, rows in by_columns.items():
        await session.executemany(_update_sql(table, changed, key), rows)


async def insert_many(session: Session, table: str, values: Sequence[object]) -> None:
    """Insert dataclass values of one class in one statement, whose text does not depend on how many there are."""
    if not values:
        return
    sql, names = _insert_many_sql(table, type(values[0]))
    await session.execute(sql, *([getattr(value, name) for value in values] for name in names))


async def save_many(
    session: Session, table: str, values: Sequence[object], *, key: tuple[str, ...], changing: tuple[str, ...]
) -> None:
    """Write the named columns of dataclass values of one class in one statement."""
    if not values:
        return
    sql = _save_many_sql(table, key, changing)
    await session.execute(sql, *([getattr(value, name) for value in values] for name in (*key, *changing)))


@cache
def _names(cls: type[Any]) -> tuple[str, ...]:
    return tuple(item.name for item in fields(cls))


@cache
def _insert_sql(table: str, cls: type[Any]) -> tuple[str, tuple[str, ...]]:
    names = _names(cls)
    places = ", ".join(f"${index}" for index in range(1, len(names) + 1))
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", names


@cache
def _insert_many_sql(table: str, cls: type[Any]) -> tuple[str, tuple[str, ...]]:
    names = _names(cls)
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT * FROM {_rows(table, names)}", names


@cache
def _save_many_sql(table: str, key: tuple[str, ...], changing: tuple[str, ...]) -> str:
    names = (*key, *changing)
    sets = ", ".join(f"{name} = given.{name}" for name in changing)
    where = " AND ".join(f"kept.{name} = given.{name}" for name in key)
    rows = f"{_rows(table, names)} AS given ({', '.join(names)})"
    return f"UPDATE {table} AS kept SET {sets} FROM {rows} WHERE {where}"


def _rows(table: str, names: tuple[str, ...]) -> str:
    """Columns that come as one array each, as rows. Columns that are arrays themselves would be flattened."""
    types = [metadata.tables[table].columns[name].type.compile(dialect=_DIALECT) for name in names]
    if any(type_.endswith("[]") for type_ in types):
        message = f"{table} has array columns: insert its rows one by one"
        raise TypeError(message)
    return f"unnest({', '.join(f'${place}::{type_}[]' for place, type_ in enumerate(types, 1))})"


@cache
def _update_sql(table: str, changed: tuple[str, ...], key: tuple[str, ...]) -> str:
    where = " AND ".join(f"{name} = ${index}" for index, name in enumerate(key, 1))
    sets = ", ".join(f"{name} = ${index}" for index, name in enumerate(changed, len(key) + 1))
    return f"UPDATE {table} SET {sets} WHERE {where}"


@cache
def _converters(cls: type[Any]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    hints = get_type_hints(cls)
    return tuple((name, _converter(hints[name])) for name in _names(cls))


def _converter(hint: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - a type hint can be anything
    options = [option for option in get_args(hint) if option is not types.NoneType]
    target = options[0] if isinstance(hint, types.UnionType) and len(options) == 1 else hint
    origin = cast("object", get_origin(target))
    if origin is tuple:
        return tuple
    if isinstance(target, type) and issubclass(target, Enum):
        return lambda value: None if value is None else target(value)
    return _as_it_is


def _as_it_is(value: Any) -> Any:  # noqa: ANN401
    return value
