"""Both interpreters of the policies give the same answer about every row, in worlds that nobody thought of.

A bigger run: `BILTEN_EXAMPLES=2000 pytest tests/db/test_visibility.py`.
"""

import os
from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings

from db.database import BareConnection, prepare
from db.nouns import RELATIONS, columns_of, select_list
from db.visibility import TABLES, Binds, readable, visible
from domain.permissions import MASKED, READABLE, VISIBLE, Viewer, allows
from tests.db.random_worlds import Keyed, Rows, Scene, linked, scenes

EXAMPLES = int(os.environ.get("BILTEN_EXAMPLES", "25"))
in_random_worlds = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MASKED_NOUNS = sorted({noun for noun, _ in READABLE})
JOINED = [
    (noun, name) for noun, relations in RELATIONS.items() for name in relations if name in VISIBLE
]  # A pool is no noun of its own: it is shown with its event.

_INSERT = """
INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, $1)
"""
_SELECT = "SELECT {columns} FROM {table} AS {alias} {joins} WHERE {alias}.id = ANY({own}::uuid[]) AND {condition}"


@pytest.fixture(scope="module")
async def connection(database_url: str) -> AsyncGenerator[BareConnection]:
    """A connection whose transactions are always rolled back."""
    opened = await asyncpg.connect(database_url)
    await prepare(opened)
    try:
        yield opened
    finally:
        await opened.close()


class Stored:
    """A world in the database for as long as the block runs."""

    def __init__(self, connection: BareConnection, rows: Rows) -> None:
        self._connection = connection
        self._rows = rows
        self._transaction = connection.transaction()

    async def __aenter__(self) -> "Stored":
        await self._transaction.start()
        for noun, rows in self._rows.items():
            if rows:
                sql = _INSERT.format(table=TABLES[noun], columns=", ".join(rows[0]))
                await self._connection.execute(sql, rows)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._transaction.rollback()

    async def visible(self, noun: str, viewer: Viewer, columns: str, binds: Binds, joins: str = "") -> list[Any]:
        """Rows of the world that the viewer sees; other tests' rows lie in the same tables."""
        own = binds.add([row["id"] for row in self._rows[noun]])
        condition = visible(noun, viewer, noun_alias(noun), binds)
        alias = noun_alias(noun)
        sql = _SELECT.format(
            columns=columns, table=TABLES[noun], alias=alias, joins=joins, own=own, condition=condition
        )
        return await self._connection.fetch(sql, *binds.values)


def noun_alias(noun: str) -> str:
    return "account" if noun == "user" else noun


def granted(noun: str, viewer: Viewer, world: Keyed) -> set[Any]:
    """The ids that the Python interpreter grants."""
    return {key for key, row in world[noun].items() if allows(VISIBLE[noun], viewer, row)}


@given(scene=scenes())
@in_random_worlds
async def test_sql_and_python_agree_on_every_row(connection: BareConnection, scene: Scene) -> None:
    world = linked(scene.rows)
    async with Stored(connection, scene.rows) as stored:
        for viewer in scene.viewers:
            for noun in VISIBLE:
                rows = await stored.visible(noun, viewer, f"{noun_alias(noun)}.id", Binds())

                assert {row["id"] for row in rows} == granted(noun, viewer, world), (noun, viewer)
                assert len(rows) == len({row["id"] for row in rows}), "a condition must not multiply rows"


@given(scene=scenes())
@in_random_worlds
async def test_sql_and_python_agree_on_every_masked_column(connection: BareConnection, scene: Scene) -> None:
    world = linked(scene.rows)
    async with Stored(connection, scene.rows) as stored:
        for viewer in scene.viewers:
            for (noun, column), policy in READABLE.items():
                binds = Binds()
                shown = readable(noun, column, viewer, noun_alias(noun), binds)

                rows = await stored.visible(noun, viewer, f"{noun_alias(noun)}.id, {shown} AS shown", binds)

                for row in rows:
                    full = world[noun][row["id"]]
                    expected = full[column] if allows(policy, viewer, full) else None
                    assert row["shown"] == expected, (noun, column, viewer)


@given(scene=scenes())
@in_random_worlds
async def test_select_lists_hold_masks_where_the_policy_refuses(connection: BareConnection, scene: Scene) -> None:
    world = linked(scene.rows)
    async with Stored(connection, scene.rows) as stored:
        for viewer in scene.viewers:
            for noun in MASKED_NOUNS:
                binds = Binds()
                columns = select_list(columns_of(noun, viewer, noun_alias(noun), binds))

                rows = await stored.visible(noun, viewer, columns, binds)

                for row in rows:
                    full = world[noun][row["id"]]
                    hidden = {
                        column
                        for (other, column), policy in READABLE.items()
                        if other == noun and not allows(policy, viewer, full)
                    }
                    assert all(row[column] in (None, MASKED, {}) for column in hidden)
                    shown = {name: value for name, value in row.items() if name not in hidden}
                    assert shown == {name: full.get(name) for name in shown}


@given(scene=scenes())
@in_random_worlds
async def test_a_joined_row_is_one_that_the_viewer_sees_anyway(connection: BareConnection, scene: Scene) -> None:
    world = linked(scene.rows)
    async with Stored(connection, scene.rows) as stored:
        for viewer in scene.viewers:
            for noun, name in JOINED:
                relation, binds = RELATIONS[noun][name], Binds()
                columns = select_list(relation.columns(viewer, binds), f"{relation.name}__")

                rows = await stored.visible(noun, viewer, columns, binds, relation.join)
                joined = relation.split(rows)

                assert {row["id"] for row in joined} <= granted(name, viewer, world), (noun, name, viewer)


@given(scene=scenes())
@in_random_worlds
async def test_a_joined_row_has_the_same_masks_as_one_that_was_read_alone(
    connection: BareConnection, scene: Scene
) -> None:
    async with Stored(connection, scene.rows) as stored:
        for viewer in scene.viewers:
            for noun, name in JOINED:
                relation, joined_binds, binds = RELATIONS[noun][name], Binds(), Binds()
                columns = select_list(relation.columns(viewer, joined_binds), f"{relation.name}__")
                own_columns = select_list(columns_of(name, viewer, noun_alias(name), binds))

                joined = await stored.visible(noun, viewer, columns, joined_binds, relation.join)
                alone = {row["id"]: dict(row) for row in await stored.visible(name, viewer, own_columns, binds)}

                for row in relation.split(joined):
                    assert row is None or row == alone[row["id"]]
