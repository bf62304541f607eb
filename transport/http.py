"""GraphQL over HTTP as a plain ASGI callable: POST and GET, single and batched, JSON and one-shot event streams."""

import asyncio
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Generic

import orjson

from execution.engine import Engine
from transport.asgi import Receive, Scope, Send
from transport.bodies import Gone, discard, read_body
from transport.head import Head
from transport.negotiation import Form, form_for, is_json, takes_gzip
from transport.operations import Answer, AskerT, Operations, Service
from transport.parameters import Parameters, from_body, from_query_string
from transport.refusals import Headers, Refused

_ALLOW = b"GET, HEAD, POST, OPTIONS"
_TYPES = {
    Form.RESPONSE: b"application/graphql-response+json; charset=utf-8",
    Form.JSON: b"application/json; charset=utf-8",
    Form.EVENTS: b"text/event-stream; charset=utf-8",
    Form.PAGE: b"text/html; charset=utf-8",
}
_SAFE: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_POSTED: Headers = ((b"cache-control", b"no-store"), (b"vary", b"accept, accept-encoding"))
_GOTTEN: Headers = (
    (b"cache-control", b"private, no-cache"),
    (b"vary", b"accept, accept-encoding, authorization"),
)
_WORTH_COMPRESSING = 1_400
"""Bytes: what fits one packet is not made smaller for anybody."""
_MUCH = 100_000
"""Bytes from which compressing would hold up other requests noticeably, and is done beside them."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page for browsers, with every header that it needs."""

    body: bytes
    headers: Headers


class HTTP(Generic[AskerT]):
    """The ASGI application for one path. `page` is what a browser gets that comes without an operation."""

    def __init__(self, engine: Engine, service: Service[AskerT], *, page: Callable[[Head], Page]) -> None:
        self._operations = Operations(engine, service)
        self._service = service
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        head = Head.of(scope)
        response = _Response(head, send)
        try:
            await self._serve(head, receive, response)
        except Gone:
            return
        except Refused as refused:
            self._service.refused(refused)
            await response.refuse(refused, receive)
        except Exception as error:
            await response.refuse(self._service.unexpected(error), receive)

    async def _serve(self, head: Head, receive: Receive, response: "_Response") -> None:
        if head.method == "OPTIONS":
            await response.send(204, b"", ((b"allow", _ALLOW),))
            return
        if head.method not in {"POST", "GET", "HEAD"}:
            message = f"The method {head.method} is not served here."
            raise Refused(405, message, "METHOD_NOT_ALLOWED", headers=((b"allow", _ALLOW),), close=True)
        reading = head.method != "POST"
        form = form_for(head.header(b"accept"), page=reading)
        if form is None:
            offered = ", ".join(form.value for form in Form if form is not Form.PAGE)
            message = f"None of the types in Accept is served here: {offered}."
            raise Refused(406, message, close=not reading)
        response.form = form
        if form is Form.PAGE:
            page = self._page(head)
            await response.send(200, page.body, page.headers, safe=())
        elif reading:
            await response.answer(await self._answer(from_query_string(head.query), head, read_only=True))
        else:
            await self._post(head, receive, response)

    async def _post(self, head: Head, receive: Receive, response: "_Response") -> None:
        if not is_json(head.header(b"content-type")):
            message = "The body has to be application/json in UTF-8, and Content-Type has to say so."
            raise Refused(415, message, headers=((b"accept-post", b"application/json"),), close=True)
        asked = from_body(await read_body(head, receive))
        if isinstance(asked, Parameters):
            await response.answer(await self._answer(asked, head))
        elif response.form is Form.EVENTS:
            message = "A batch cannot be answered as an event stream."
            raise Refused(406, message)
        else:
            # One after the other, each authenticated by itself: what one operation changes, the next one meets.
            await response.answer_all([await self._one_of_many(parameters, head) for parameters in asked])

    async def _answer(self, parameters: Parameters, head: Head, *, read_only: bool = False) -> Answer:
        return await self._operations.answer(parameters, head, read_only=read_only)

    async def _one_of_many(self, parameters: Parameters, head: Head) -> Mapping[str, Any]:
        try:
            return (await self._answer(parameters, head)).payload
        except Refused as refused:
            self._service.refused(refused)
            return {"errors": refused.errors}
        except Exception as error:
            # The others of the batch have run or will: their answers are not lost with this one.
            return {"errors": self._service.unexpected(error).errors}


class _Response:
    """How the answer to one request is written."""

    def __init__(self, head: Head, send: Send) -> None:
        self._head = head
        self._send = send
        self.form = Form.JSON

    async def answer(self, answer: Answer) -> None:
        """Write the answer to one operation."""
        headers: Headers = ((b"allow", answer.allow),) if answer.allow else ()
        if answer.retry_after is not None:
            headers = (*headers, (b"retry-after", b"%d" % answer.retry_after))
        body = orjson.dumps(answer.payload)
        if self.form is Form.EVENTS and answer.status != 405:
            await self.send(200, b"event: next\ndata: " + body + b"\n\nevent: complete\ndata:\n\n", headers)
            return
        await self.send(self._status(answer.status), body, headers)

    async def answer_all(self, payloads: list[Mapping[str, Any]]) -> None:
        """Write the answers to a batch, in its order."""
        await self.send(200, orjson.dumps(payloads), ())

    async def refuse(self, refused: Refused, receive: Receive) -> None:
        """Write why nothing was run, as JSON whatever the client would like."""
        if self.form in {Form.PAGE, Form.EVENTS}:
            self.form = Form.JSON
        body = orjson.dumps({"errors": refused.errors})
        await self.send(refused.status, body, refused.headers, unread=receive if refused.close else None)

    async def send(
        self, status: int, body: bytes, headers: Headers, *, safe: Headers = _SAFE, unread: Receive | None = None
    ) -> None:
        """Write a response, compressed if that is worth it. `unread` has what is left of a body that nobody wants."""
        head = self._head
        sent: list[tuple[bytes, bytes]] = [*headers, *safe]
        if safe:
            sent += _POSTED if head.method == "POST" else _GOTTEN
        if body:
            if safe:
                sent.append((b"content-type", _TYPES[self.form]))
            if head.method != "POST" and status == 200:
                tag = b'W/"' + blake2b(body, digest_size=12).hexdigest().encode() + b'"'
                sent.append((b"etag", tag))
                if _is_known(tag, head.headers.get(b"if-none-match", b"")):
                    status, body = 304, b""
            if len(body) > _WORTH_COMPRESSING and takes_gzip(head.header(b"accept-encoding")):
                body = await _compressed(body)
                sent.append((b"content-encoding", b"gzip"))
        if status not in {204, 304}:
            sent.append((b"content-length", b"%d" % len(body)))
        await self._send({"type": "http.response.start", "status": status, "headers": sent})
        told = b"" if head.method == "HEAD" else body
        if unread is not None:
            await self._send({"type": "http.response.body", "body": told, "more_body": True})
            await discard(unread)
            told = b""
        await self._send({"type": "http.response.body", "body": told})

    def _status(self, status: int) -> int:
        # Clients that know only application/json take anything but 200 for a broken server.
        return 200 if status == 400 and self.form is Form.JSON else status


def _is_known(tag: bytes, known: bytes) -> bool:
    """Whether the client has this answer already; tags are compared weakly, as the standard wants it for GET."""
    return known.strip() == b"*" or tag.removeprefix(b"W/") in known


async def _compressed(body: bytes) -> bytes:
    if len(body) < _MUCH:
        return _gzip(body)
    return await asyncio.to_thread(_gzip, body)


def _gzip(body: bytes) -> bytes:
    return zlib.compress(body, level=4, wbits=31)
