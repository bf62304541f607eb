"""The cache of documents: each is prepared once, the room has an end, and no flood washes out what is in use."""

import asyncio
import gc
import threading
import tracemalloc
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import TypeVar

import pytest
from graphql import GraphQLSchema, Node, build_schema, get_introspection_query

from execution.documents import Document, Documents
from execution.errors import BAD_USER_INPUT, Busy
from execution.limits import Limits
from tests.waiting import eventually

Done = TypeVar("Done")
SCHEMA = build_schema("type Query { f: Query s: String things(first: Int, ids: [ID!]): [Query!]! }")
LARGE = "{ things(ids: [" + '"x" ' * 900 + "]) { s } }"


class Watched(Documents):
    """Documents that tell what they were observed to do, on a schema of one's own."""

    def __init__(self, schema: GraphQLSchema = SCHEMA, *, capacity: int = 16_000_000) -> None:
        self.seen: Counter[str] = Counter()
        super().__init__(schema, Limits(), capacity=capacity, observe=lambda what: self.seen.update([what]))

    async def ask(self, text: str) -> Document:
        """As a request does."""
        return self.get(text) or await self.prepare(text)


@asynccontextmanager
async def watched(capacity: int = 16_000_000) -> AsyncGenerator[Watched]:
    documents = Watched(capacity=capacity)
    try:
        yield documents
    finally:
        documents.close()


@asynccontextmanager
async def held_up(documents: Documents) -> AsyncGenerator[None]:
    """Keep the documents' thread busy for as long as the block lasts."""
    started, release = threading.Event(), threading.Event()

    def wait() -> None:
        started.set()
        release.wait(60)

    busy = documents.beside_the_loop(wait)
    await eventually(started.is_set, what="the thread taking up the work")
    try:
        yield
    finally:
        release.set()
        await busy


async def soon(awaitable: Awaitable[Done]) -> Done:
    async with asyncio.timeout(30):
        return await awaitable


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


async def test_document_that_many_ask_for_at_once_is_prepared_once() -> None:
    async with watched() as documents:
        found = await soon(asyncio.gather(*[documents.ask("{ s }") for _ in range(50)]))

        assert documents.seen["miss"] == 1
        assert len({id(document) for document in found}) == 1


async def test_document_that_was_prepared_in_the_meantime_is_not_prepared_again() -> None:
    async with watched() as documents:
        assert documents.get("{ s }") is None
        first = await documents.prepare("{ s }")

        second = await documents.prepare("{ s }")

        assert second is first
        assert documents.seen["miss"] == 1
        assert documents.entries == 1


async def test_first_who_goes_away_leaves_the_document_to_the_others() -> None:
    async with watched() as documents:
        async with held_up(documents):
            first, second = (asyncio.ensure_future(documents.prepare("{ s }")) for _ in range(2))
            await eventually(lambda: documents.seen["miss"] == 1)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first

        assert (await soon(second)).errors == ()
        assert documents.seen["miss"] == 1


async def test_document_that_everybody_left_is_kept_all_the_same() -> None:
    async with watched() as documents:
        async with held_up(documents):
            only = asyncio.ensure_future(documents.prepare("{ s }"))
            await eventually(lambda: documents.seen["miss"] == 1)
            only.cancel()
            with pytest.raises(asyncio.CancelledError):
                await only

        await eventually(lambda: documents.get("{ s }") is not None)


@pytest.mark.parametrize("text", ["{", "{ nothing }", "{ s s", "", "fragment F on Query { s }" * 200, "{" * 5_000])
async def test_refusal_is_remembered(text: str) -> None:
    async with watched() as documents:
        first = await documents.ask(text)
        second = await documents.ask(text)

        assert first.errors
        assert second is first
        assert documents.seen == {"miss": 1, "rejected": 1}


async def test_flood_of_refused_documents_takes_little_room_of_its_own() -> None:
    async with watched(capacity=1_600_000) as documents:
        kept = await documents.ask("{ s }")
        for number in range(500):
            await documents.ask(f"{{ nothing{number} }}")

        assert documents.get("{ s }") is kept
        assert documents.bytes <= 100_000 + kept.size


async def test_flood_of_unique_documents_leaves_those_in_use() -> None:
    capacity = 400_000
    async with watched(capacity=capacity) as documents:
        hot: list[Document] = []
        for number in range(10):
            hot.append(await documents.ask(f"query Hot{number} {{ s }}"))
            assert await documents.ask(hot[-1].text) is hot[-1]

        for number in range(1_500):
            await documents.ask(f"query Unique{number} {{ s }}")
            assert documents.bytes <= capacity

        assert [documents.get(document.text) for document in hot] == hot
        assert documents.seen["evicted"] > 1_400
        assert documents.entries < 100


async def test_document_too_large_to_be_kept_displaces_none() -> None:
    async with watched(capacity=400_000) as documents:
        small = await documents.ask("{ s }")

        large = await documents.ask(LARGE)

        assert large.errors == ()
        assert (documents.entries, documents.bytes) == (1, small.size)
        assert documents.seen["evicted"] == 1
        assert documents.get("{ s }") is small


async def test_document_in_use_gives_way_to_documents_in_more_use() -> None:
    async with watched(capacity=100_000) as documents:
        for number in range(40):
            for _ in range(2):
                await documents.ask(f"query Q{number} {{ s }}")
            assert documents.bytes <= 100_000

        assert documents.get("query Q0 { s }") is None
        assert documents.get("query Q39 { s }") is not None


async def test_document_is_found_by_its_hash_for_as_long_as_it_is_kept() -> None:
    async with watched(capacity=100_000) as documents:
        text = "query Persisted { s }"
        documents.remember(await documents.ask(text))
        assert documents.text_by_hash(digest(text)) == text

        for number in range(100):
            await documents.ask(f"query Unique{number} {{ s }}")

        assert documents.get(text) is None
        assert documents.text_by_hash(digest(text)) is None


async def test_hash_outlives_the_way_from_probation_to_use_and_back() -> None:
    async with watched(capacity=100_000) as documents:
        text = "query Persisted { s }"
        documents.remember(await documents.ask(text))
        await documents.ask(text)
        for number in range(6):
            await documents.ask(f"query Other{number} {{ s }}")
            await documents.ask(f"query Other{number} {{ s }}")

        assert documents.get(text) is not None
        assert documents.text_by_hash(digest(text)) == text


async def test_largest_document_that_is_allowed_is_kept() -> None:
    async with watched() as documents:
        # A field and its name for each three tokens, as many as the limit of tokens has room for.
        text = "{" + " ".join("s" for _ in range(140)) + "}" + "#\n" * 3_700
        await documents.ask(text)

        assert documents.get(text) is not None


@pytest.mark.parametrize("text", ["{ nothing }", LARGE], ids=["refused", "too large to be kept"])
async def test_document_that_is_not_kept_is_not_found_by_its_hash(text: str) -> None:
    async with watched(capacity=400_000) as documents:
        documents.remember(await documents.ask(text))

        assert documents.text_by_hash(digest(text)) is None


async def test_document_that_has_gone_in_the_meantime_is_not_found_by_its_hash() -> None:
    async with watched(capacity=100_000) as documents:
        gone = await documents.ask("query Gone { s }")
        for number in range(100):
            await documents.ask(f"query Unique{number} {{ s }}")

        documents.remember(gone)

        assert documents.text_by_hash(digest(gone.text)) is None


async def test_more_documents_than_can_be_prepared_in_time_are_turned_away() -> None:
    async with watched() as documents:
        waiting: list[asyncio.Future[Document]] = []
        async with held_up(documents):
            texts = [f"query Q{number} {{ s }}" for number in range(400)]
            waiting.extend(asyncio.ensure_future(documents.prepare(text)) for text in texts)
            await eventually(lambda: any(one.done() for one in waiting))
            with pytest.raises(Busy) as busy:
                await documents.prepare("query OneMore { s }")
            again = asyncio.ensure_future(documents.prepare("query Q0 { s }"))

        outcomes = await soon(asyncio.gather(*waiting, return_exceptions=True))
        turned_away = [outcome for outcome in outcomes if isinstance(outcome, Busy)]
        assert busy.value.extensions == {"code": "UNAVAILABLE", "retryAfter": 1}
        assert 100 < len(turned_away) < 200
        assert len(turned_away) + len([one for one in outcomes if isinstance(one, Document)]) == 400
        # To wait for what is being prepared anyway costs nothing.
        assert (await soon(again)).errors == ()
        assert (await soon(documents.prepare("query OneMore { s }"))).errors == ()


async def test_closing_ends_the_thread() -> None:
    before = set(threading.enumerate())
    documents = Watched()
    await documents.ask("{ s }")
    [thread] = set(threading.enumerate()) - before

    documents.close()

    await eventually(lambda: not thread.is_alive(), what="the end of the thread")


async def test_errors_of_a_document_keep_nothing_of_its_tree() -> None:
    async with watched() as documents:
        for text in ("{ nothing }", "{", "{ s { s } }", "{ ...F } fragment F on Query { ...F }", "{ s }" * 200):
            document = await documents.ask(text)

            assert document.errors
            assert {error["extensions"]["code"] for error in document.errors} <= {BAD_USER_INPUT, "QUERY_TOO_COMPLEX"}
            assert not [found for found in reachable(document) if isinstance(found, Node | BaseException)]


def reachable(root: object) -> list[object]:
    """Everything that an object keeps alive, except for code."""
    found: dict[int, object] = {}
    waiting: list[object] = [root]
    while waiting:
        for item in gc.get_referents(waiting.pop()):
            if id(item) not in found and not isinstance(item, type | type(gc) | Callable):
                found[id(item)] = item
                waiting.append(item)
    return list(found.values())


@pytest.mark.parametrize(
    "template",
    [
        "query QX { " + "s f { __typename s } __typename " * 15 + "}",
        "query QX { things(ids: [" + " ".join(f'"id-{n}-X"' for n in range(90)) + "]) { s } }",
        get_introspection_query() + " # X",
        "query QX { s } # X " + "long " * 2_000,
    ],
    ids=["fields", "values", "introspection", "comment"],
)
async def test_estimate_of_the_room_is_about_what_documents_take(template: str) -> None:
    async with watched() as documents:
        await documents.ask(template.replace("X", "0"))
        gc.collect()
        tracemalloc.start()
        try:
            estimated, taken = -documents.bytes, -tracemalloc.get_traced_memory()[0]
            for number in range(1, 16):
                assert (await documents.ask(template.replace("X", str(number)))).errors == ()
            gc.collect()
            estimated, taken = estimated + documents.bytes, taken + tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()

        assert taken / 3 < estimated < taken * 3
