"""Writing accounts, and recognising the one behind a verified sign-in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from db.database import Database, Session
from db.journal import JournalAppender
from db.mapping import columns, insert, update, value_from
from domain import errors
from domain.ids import OrganizationId, UserId
from domain.journal import Stream
from domain.permissions import ANONYMOUS, OrganizationRole, PlatformRole, Viewer
from domain.users import IMPORT_SUBJECT, OWN_ISSUER, User, UserStatus, provisioned_fact, refresh_identity

_LOCK = f"SELECT {columns(User)} FROM users WHERE id = $1 FOR UPDATE"
_ADMINISTRATORS = """
SELECT id FROM users WHERE platform_role = 'ADMIN' AND status = 'ACTIVE' ORDER BY id FOR UPDATE
"""
_FACTS = """
SELECT account.id, account.status, account.platform_role, account.email, account.email_verified,
    team.organization_ids, team.roles
FROM users AS account, LATERAL (
    SELECT coalesce(array_agg(m.organization_id), '{}') AS organization_ids, coalesce(array_agg(m.role), '{}') AS roles
    FROM memberships AS m WHERE m.user_id = account.id
) AS team
"""
_RECOGNISE = f"{_FACTS.strip()}\nWHERE account.issuer = $1 AND account.subject = $2"
_VIEWER = f"{_FACTS.strip()}\nWHERE account.id = $1"


@dataclass(frozen=True, slots=True)
class SqlUsers:
    """Accounts on one transaction."""

    session: Session

    async def get_for_update(self, user_id: UserId) -> User | None:
        """Lock and read an account."""
        row = await self.session.fetchrow(_LOCK, user_id)
        return value_from(User, row) if row else None

    async def save(self, before: User, after: User) -> None:
        """Write what differs."""
        await update(self.session, "users", before, after)

    async def count_administrators_for_update(self) -> int:
        """How many active administrators there are; they stay locked, in id order."""
        return len(await self.session.fetch(_ADMINISTRATORS))


@dataclass(frozen=True, slots=True)
class Identity:
    """What a verified sign-in says about a person."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str


async def recognise(
    database: Database, identity: Identity, *, new_id: UUID, request_id: str | None, now: datetime
) -> Viewer:
    """The viewer behind a sign-in; a first sight makes the account. Raises `Unauthenticated` when deactivated."""
    if identity.issuer == OWN_ISSUER:
        message = "Nobody signs in as the platform itself."
        raise errors.Unauthenticated(message)
    row = await database.fetchrow(_RECOGNISE, identity.issuer, identity.subject)
    if row is None:
        await _provision(database, identity, UserId(new_id), request_id=request_id, now=now)
        row = await database.fetchrow(_RECOGNISE, identity.issuer, identity.subject)
        if row is None:
            message = "An account could not be made for this sign-in."
            raise errors.Unauthenticated(message)
    if row["status"] != UserStatus.ACTIVE:
        message = "This account is deactivated."
        raise errors.Unauthenticated(message, reason="ACCOUNT_DEACTIVATED")
    if identity.email and (row["email"], row["email_verified"]) != (identity.email, identity.email_verified):
        await _refresh(database, identity, row["id"], request_id=request_id, now=now)
    return _viewer(row)


async def import_actor(database: Database, *, new_id: UUID, now: datetime) -> UserId:
    """The account in whose name operators import; the first import makes it."""
    row = await database.fetchrow(_RECOGNISE, OWN_ISSUER, IMPORT_SUBJECT)
    if row is None:
        identity = Identity(OWN_ISSUER, IMPORT_SUBJECT, None, email_verified=False, name="Import")
        await _provision(database, identity, UserId(new_id), request_id=None, now=now)
        row = await database.fetchrow(_RECOGNISE, OWN_ISSUER, IMPORT_SUBJECT)
    if row is None:
        message = "the account of imports is gone"
        raise LookupError(message)
    return UserId(row["id"])


async def viewer_by_id(database: Database, user_id: UserId) -> Viewer:
    """The viewer as they are now; nobody in particular when the account was deactivated meanwhile."""
    row = await database.fetchrow(_VIEWER, user_id)
    return _viewer(row) if row and row["status"] == UserStatus.ACTIVE else ANONYMOUS


def _viewer(row: asyncpg.Record) -> Viewer:
    memberships = zip(row["organization_ids"], row["roles"], strict=True)
    return Viewer(
        user_id=UserId(row["id"]),
        platform_role=PlatformRole(row["platform_role"]) if row["platform_role"] else None,
        roles={OrganizationId(organization): OrganizationRole(role) for organization, role in memberships},
    )


async def _provision(
    database: Database, identity: Identity, user_id: UserId, *, request_id: str | None, now: datetime
) -> None:
    user = User(
        id=user_id,
        issuer=identity.issuer,
        subject=identity.subject,
        email=identity.email,
        email_verified=identity.email_verified,
        name=identity.name,
        locale=None,
        timezone=None,
        platform_role=None,
        status=UserStatus.ACTIVE,
        created_at=now,
        updated_at=now,
    )
    try:
        async with database.transaction() as session:
            await insert(session, "users", user)
            journal = JournalAppender(session, user_id, request_id, now)
            await journal.append(Stream.USER, user_id, provisioned_fact(user))
    except errors.SubjectIsKnown:
        # Another request saw the same newcomer first: its account is the one.
        return


async def _refresh(
    database: Database, identity: Identity, user_id: UserId, *, request_id: str | None, now: datetime
) -> None:
    async with database.transaction() as session:
        users = SqlUsers(session)
        user = await users.get_for_update(user_id)
        if user is None or (user.email, user.email_verified) == (identity.email, identity.email_verified):
            return
        changed, fact = refresh_identity(user, email=identity.email, email_verified=identity.email_verified, now=now)
        await users.save(user, changed)
        await JournalAppender(session, user_id, request_id, now).append(Stream.USER, user_id, fact)
