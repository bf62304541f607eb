"""One batch of commands on one transaction: books are opened, every command is decided in turn, and all is stored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from db.books import OpenBooks, Wanted
from db.database import Session
from db.idempotency import LIFETIME, input_hash, kept_refusals, revived
from db.journal import fields_changed_since
from db.lanes import Flushed
from domain import decisions, errors, waitlist
from domain.asked import Asked, Outdated, TicketSource
from domain.capacity import Books
from domain.ids import EventId, UserId
from domain.naming import camel

_KEPT = """
SELECT kept.scope_id, kept.user_id, kept.key, kept.input_hash, kept.object_id, kept.refusals
FROM idempotency_keys AS kept
WHERE (kept.scope_id, kept.user_id, kept.key) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[]))
    AND kept.created_at >= $4
"""
# A row past its lifetime is taken over as if it were gone.
_KEEP = """
INSERT INTO idempotency_keys (scope_id, user_id, key, input_hash, object_id, refusals, created_at)
SELECT scope_id, user_id, key, input_hash, object_id, refusals::jsonb, $7
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::uuid[], $6::text[])
    AS given (scope_id, user_id, key, input_hash, object_id, refusals)
ON CONFLICT (scope_id, user_id, key) DO UPDATE SET input_hash = excluded.input_hash,
    object_id = excluded.object_id, refusals = excluded.refusals, created_at = excluded.created_at
"""

Key = tuple[EventId, UserId, str]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What an idempotency key keeps: the hash of the input, and the object or the refusals it led to."""

    input_hash: bytes
    object_id: UUID | None
    refusals: list[Any] | None

    def answer(self, given: bytes) -> object:
        if self.input_hash != given:
            return errors.IdempotencyKeyReused("idempotency_key")
        return errors.Refused(map(revived, self.refusals)) if self.refusals else self.object_id


@dataclass(frozen=True, slots=True)
class Decisions:
    """Fulfils `db.lanes.Flush`. One clock for a whole batch: that of the process, read when the batch starts."""

    source: TicketSource
    clock: Callable[[], datetime]

    async def __call__(self, session: Session, asked: Sequence[Asked[object]]) -> Flushed:
        """Decide and store the commands, in order."""
        now = self.clock()
        opened = OpenBooks(session, now)
        wanted = Wanted()
        for one in asked:
            wanted.note(one)
        await opened.open((one.event_id for one in asked), wanted)
        kept = await _kept(session, asked, now)
        for books in opened.books.values():
            decisions.settle(books)
            await _serve(opened, books)
        answers, new = await self._decide(opened, asked, kept)
        proof = await opened.store()
        await _keep(session, new, now)
        told = [await _told(session, one, answer) for one, answer in zip(asked, answers, strict=True)]
        return Flushed(told, proof)

    async def _decide(
        self, opened: OpenBooks, asked: Sequence[Asked[object]], kept: dict[Key, _Kept]
    ) -> tuple[list[object], dict[Key, _Kept]]:
        answers: list[object] = []
        new: dict[Key, _Kept] = {}
        for one in asked:
            key = _key(one)
            if key and key in kept:
                answers.append(kept[key].answer(input_hash(one.command)))
                continue
            books = opened.books.get(one.event_id)
            answer = self._answer(books, one)
            answers.append(answer)
            if books and books.sought:
                await _serve(opened, books)
            if key and (keeping := _worth_keeping(answer, one.command)):
                kept[key] = new[key] = keeping
        return answers, new

    def _answer(self, books: Books | None, one: Asked[object]) -> object:
        if books is None:
            return errors.NotFound()
        try:
            return decisions.decide(books, one, self.source)
        except (errors.Refusal, errors.Refused, errors.RequestError, Outdated) as refused:
            return refused


async def _serve(opened: OpenBooks, books: Books) -> None:
    """Serve those who wait as far as places go, however long the list is, before anybody else is."""
    while await opened.read_on(books.event_id):
        waitlist.promote(books)


def _key(one: Asked[object]) -> Key | None:
    return (one.event_id, one.actor_id, one.key) if one.key is not None and one.actor_id is not None else None


def _worth_keeping(answer: object, command: object) -> _Kept | None:
    """Objects and final refusals; whatever time, other people or another try can undo is asked again."""
    match answer:
        case UUID():
            return _Kept(input_hash(command), answer, None)
        case errors.Refusal() if answer.kept:
            return _Kept(input_hash(command), None, kept_refusals((answer,)))
        case errors.Refused(refusals=refusals) if all(refusal.kept for refusal in refusals):
            return _Kept(input_hash(command), None, kept_refusals(refusals))
        case _:
            # Most people at a sale: their commands need no hash.
            return None


async def _kept(session: Session, asked: Sequence[Asked[object]], now: datetime) -> dict[Key, _Kept]:
    keys = {key for one in asked if (key := _key(one))}
    if not keys:
        return {}
    scopes, users, texts = ([key[part] for key in keys] for part in range(3))
    return {
        (row["scope_id"], row["user_id"], row["key"]): _Kept(row["input_hash"], row["object_id"], row["refusals"])
        for row in await session.fetch(_KEPT, scopes, users, texts, now - LIFETIME)
    }


async def _keep(session: Session, new: Mapping[Key, _Kept], now: datetime) -> None:
    if not new:
        return
    await session.execute(
        _KEEP,
        [event_id for event_id, _, _ in new],
        [user_id for _, user_id, _ in new],
        [key for _, _, key in new],
        [kept.input_hash for kept in new.values()],
        [kept.object_id for kept in new.values()],
        # As text: the driver takes lists in an array for dimensions of it.
        [kept.refusals and orjson.dumps(kept.refusals).decode() for kept in new.values()],
        now,
    )


async def _told(session: Session, one: Asked[object], answer: object) -> object:
    """The answer as its caller gets it: a conflict of versions names the fields that differ."""
    if not isinstance(answer, Outdated):
        return answer
    fields = await fields_changed_since(session, one.event_id, answer.object_id, answer.expected)
    return errors.VersionConflict(
        "expected_version",
        current=answer.current,
        expected=answer.expected,
        fields=", ".join(map(camel, fields)) or "none",
    )
