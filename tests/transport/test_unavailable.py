"""Too early, too much or away: whoever may come back later is told when."""

import asyncio
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from execution.errors import Busy
from tests.api import Clock, running_api
from tests.transport.served import HELLO, served


async def test_endpoint_that_has_too_much_to_prepare_says_when_to_come_back() -> None:
    release = threading.Event()
    async with served() as endpoint:
        work = [endpoint.documents.beside_the_loop(lambda: release.wait(30))]
        try:
            with pytest.raises(Busy):
                work.extend(endpoint.documents.beside_the_loop(release.is_set) for _ in range(10_000))

            told = await endpoint.post(HELLO)
            batch = await endpoint.post(b"[" + HELLO + b"]")
        finally:
            release.set()
            await asyncio.gather(*work)

        assert (told.status, told.codes) == (503, ["UNAVAILABLE"])
        assert told.headers[b"retry-after"] == b"1"
        assert told.body["errors"][0]["extensions"]["retryAfter"] == 1
        assert batch.body[0]["errors"] == told.body["errors"]
        assert endpoint.service.observed[0].codes == ("UNAVAILABLE",)
        assert (await endpoint.post(HELLO)).status == 200


@pytest.mark.parametrize("batch", [False, True], ids=["alone", "in a batch"])
async def test_sign_in_without_a_database_says_when_to_come_back(
    database_url: str, redis_url: str, tmp_path: Path, clock: Clock, *, batch: bool
) -> None:
    nowhere = f"postgresql://nobody@127.0.0.1:1{urlsplit(database_url).path or '/none'}"
    async with running_api(nowhere, redis_url, tmp_path, clock) as api:
        content = {"query": "{ viewer { id } }"}
        headers = {"authorization": f"Bearer {api.token('guest@people.example')}"}
        response = await api.http.post("/graphql", json=[content] if batch else content, headers=headers)

    [error] = response.json()[0]["errors"] if batch else response.json()["errors"]
    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert error["extensions"]["retryAfter"] >= 1
    if not batch:
        assert response.status_code == 503
        assert response.headers["retry-after"] == str(error["extensions"]["retryAfter"])


async def test_failure_that_nobody_expected_is_masked_json() -> None:
    async with served(failing=[1]) as endpoint:
        told = await endpoint.post(HELLO)

        assert (told.status, told.codes) == (500, ["INTERNAL"])
        assert told.headers[b"content-type"].startswith(b"application/json")
        assert "broken at" not in str(told.body)
        assert (await endpoint.post(HELLO)).status == 200


async def test_failure_of_a_field_is_told_with_its_path() -> None:
    async with served() as endpoint:
        told = await endpoint.post(b'{"query": "{ broken }"}')

    assert told.status == 200
    assert told.codes == ["BROKEN"]
    assert told.body["errors"][0]["path"] == ["broken"]
    assert told.body["data"] is None
