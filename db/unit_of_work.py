"""One unit of work: a transaction, its repositories, its idempotency key and an explicit commit."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.database import Database, Session
from db.events import SqlEvents
from db.idempotency import IdempotencyClaim
from db.imports import SqlImports
from db.journal import JournalAppender
from db.organizations import SqlOrganizations
from db.users import SqlUsers
from domain import errors
from domain.ids import UserId
from domain.ports import Result
from domain.validation import Validation

KEY_LIMIT = 255


class _Undone(Exception):
    """Ends a transaction without a trace; nobody outside this module sees it."""


class SqlWork:
    """The repositories of one transaction."""

    def __init__(
        self, session: Session, journal: JournalAppender, claim: IdempotencyClaim | None, replayed: UUID | None
    ) -> None:
        self.events = SqlEvents(session)
        self.organizations = SqlOrganizations(session)
        self.users = SqlUsers(session)
        self.imports = SqlImports(session)
        self.journal = journal
        self.committed = False
        self._claim = claim
        self._replayed = replayed

    @property
    def replayed(self) -> UUID | None:
        """The result of the earlier command under the same idempotency key, if there was one."""
        return self._replayed

    async def commit(self, result: Result) -> Result:
        """Let the block's end commit, and remember the result under the idempotency key."""
        if self._claim and not self._replayed:
            await self._claim.succeed(result)
        self.committed = True
        return result


@dataclass(frozen=True, slots=True)
class SqlUnitOfWork:
    """Opens units of work for one request."""

    database: Database
    actor_id: UserId | None
    request_id: str | None
    now: datetime

    @asynccontextmanager
    async def __call__(
        self, command: object, *, key: str | None, scope_id: UUID | None = None
    ) -> AsyncGenerator[SqlWork]:
        """A unit of work for a command; leaving the block without `commit` undoes everything."""
        refused: errors.Refused | errors.Refusal | None = None
        try:
            async with self.database.transaction() as session:
                claim, replayed = await self._claim(session, command, key, scope_id)
                work = SqlWork(session, self._journal(session), claim, replayed)
                if claim and not replayed:
                    await session.execute("SAVEPOINT command")
                try:
                    yield work
                except (errors.Refusal, errors.Refused) as error:
                    if not claim or replayed or not _is_final(error):
                        raise
                    await session.execute("ROLLBACK TO SAVEPOINT command")
                    await claim.refuse(_refusals(error))
                    refused = error
                else:
                    if not work.committed:
                        raise _Undone
        except _Undone:
            return
        if refused:
            raise refused

    async def _claim(
        self, session: Session, command: object, key: str | None, scope_id: UUID | None
    ) -> tuple[IdempotencyClaim | None, UUID | None]:
        if key is None or self.actor_id is None:
            return None, None
        check_key(key)
        claim = IdempotencyClaim(session, scope_id=scope_id or self.actor_id, user_id=self.actor_id, key=key)
        return claim, await claim.take(command, self.now)

    def _journal(self, session: Session) -> JournalAppender:
        return JournalAppender(session, self.actor_id, self.request_id, self.now)


def check_key(key: str) -> None:
    """Raise `Refused` unless the text can be an idempotency key."""
    validation = Validation()
    validation.text(key, "idempotency_key", limit=KEY_LIMIT)
    validation.finish()


def _refusals(error: errors.Refusal | errors.Refused) -> tuple[errors.Refusal, ...]:
    return error.refusals if isinstance(error, errors.Refused) else (error,)


def _is_final(error: errors.Refusal | errors.Refused) -> bool:
    return all(refusal.kept for refusal in _refusals(error))
