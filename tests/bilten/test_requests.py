"""Request ids: every answer has one, a sound one of the caller is kept, and log lines carry it."""

from uuid import UUID

import pytest
import structlog

from tests.api import Api


async def test_every_answer_has_an_id_of_its_own(api: Api) -> None:
    ids = [
        (await api.http.get(path)).headers["x-request-id"] for path in ("/healthz", "/readyz", "/graphql", "/nothing")
    ]

    assert len({UUID(request_id) for request_id in ids}) == 4


@pytest.mark.parametrize("given", ["a", "trace-1.2_3", "A" * 64])
async def test_sound_id_of_the_caller_is_kept(api: Api, given: str) -> None:
    response = await api.http.get("/healthz", headers={"x-request-id": given})

    assert response.headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "A" * 65, "x;y", "naïve", "a\tb", "<b>", "%0d%0aSet-Cookie:x"])
async def test_id_that_could_forge_a_line_is_replaced(api: Api, given: str) -> None:
    headers = [(b"x-request-id", given.encode("latin-1"))]

    response = await api.http.get("/healthz", headers=headers)

    assert UUID(response.headers["x-request-id"])


async def test_request_is_logged_once_with_its_id_and_status(api: Api) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logged:
        await api.http.get("/nothing", headers={"x-request-id": "mine"})
        await api.http.get("/healthz")

    [line] = [entry for entry in logged if entry["event"] == "request"]
    assert (line["request_id"], line["path"], line["status"]) == ("mine", "/nothing", 404)
    assert line["ms"] >= 0
