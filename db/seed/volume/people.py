"""The accounts of a large data set: the demo accounts, people who work for organizations, and guests."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from db.seed.catalogue import ACCOUNTS
from db.seed.volume.facts import Line, line_of, user_provisioned
from db.seed.volume.ids import Ids
from db.seed.volume.places import CITIES
from db.seed.volume.plan import Plan
from db.seed.volume.wire import USERS, Batch, Chunk, microseconds, moment
from db.seed.volume.words import CATEGORIES, GIVEN_NAMES
from domain import users
from domain.ids import UserId
from domain.journal import Stream
from domain.permissions import PlatformRole
from domain.users import (
    DEVELOPMENT_ISSUER,
    ChangeAccount,
    UpdatePreferences,
    UpdateProfile,
    User,
    UserStatus,
    development_subject,
)

ATTENDEE = "attendee@bilten.example"
_ACCOUNTS = tuple(account for account in ACCOUNTS if account.email != ATTENDEE)
OWNER, MANAGER, STAFF = (
    next(number for number, account in enumerate(_ACCOUNTS) if account.email.startswith(name))
    for name in ("owner@", "manager@", "staff@")
)
"""Numbers of the demo accounts that work for organizations."""

_INITIALS = "ABCDEFGHIJKLMNOPRSTUVZ"
_FIRST, _LAST = timedelta(days=420), timedelta(days=330)
"""Accounts are made between these ages, all before the first organization."""


@dataclass(slots=True)
class Roster:
    """Everybody by number: demo accounts, then the crew, then the guests."""

    plan: Plan
    ids: bytearray

    @property
    def guests(self) -> int:
        """The number of the first guest, who is the demo attendee."""
        return len(_ACCOUNTS) + self.plan.crew

    @property
    def size(self) -> int:
        """How many people there are."""
        return self.guests + self.plan.regulars + self.plan.others

    def raw(self, number: int) -> bytes:
        """The id of a person as bytes."""
        return bytes(self.ids[number * 16 : number * 16 + 16])

    def id(self, number: int) -> UserId:
        """The id of a person."""
        return UserId(UUID(bytes=self.raw(number)))

    def crew(self, number: int) -> int:
        """The number of somebody who works for organizations."""
        return len(_ACCOUNTS) + number % self.plan.crew

    def email(self, number: int) -> str:
        """The address of a person."""
        if number < len(_ACCOUNTS):
            return _ACCOUNTS[number].email
        if number == self.guests:
            return ATTENDEE
        kind, first = ("crew", len(_ACCOUNTS)) if number < self.guests else ("guest", self.guests)
        return f"{kind}-{number - first:07}@people.example"


def make_people(plan: Plan, batch: Batch) -> Iterator[Chunk | Roster]:
    """Chunks of accounts with their lines, and at the end the roster."""
    chance = random.Random(f"people {plan.volume.seed}")  # noqa: S311 - wanted: the same again, not a secret
    roster = Roster(plan, bytearray())
    ids = Ids(chance)
    first = microseconds(plan.volume.present - _FIRST)
    step = (_FIRST - _LAST) / timedelta(microseconds=1) / roster.size
    for number in range(roster.size):
        at = first + int(number * step)
        raw = ids.raw(at)
        roster.ids += raw
        _add(batch, roster, number, at=moment(at), chance=chance)
        yield from batch.cut_when_full()
    yield roster


def _add(batch: Batch, roster: Roster, number: int, *, at: datetime, chance: random.Random) -> None:
    email = roster.email(number)
    name, platform_role = _name(roster, number, chance)
    user = User(
        id=roster.id(number),
        issuer=DEVELOPMENT_ISSUER,
        subject=development_subject(email),
        email=email,
        email_verified=True,
        name=name,
        locale=None,
        timezone=None,
        platform_role=platform_role,
        status=UserStatus.ACTIVE,
        created_at=at,
        updated_at=at,
    )
    lines = [user_provisioned(user)]
    if number > roster.guests:
        user = _grown(user, lines, present=roster.plan.volume.present, chance=chance)
    batch.add(USERS, USERS.row_of(user, stream_version=len(lines)))
    batch.tell(Stream.USER, user.id, lines)


def _name(roster: Roster, number: int, chance: random.Random) -> tuple[str, PlatformRole | None]:
    if number < len(_ACCOUNTS):
        return _ACCOUNTS[number].name, _ACCOUNTS[number].platform_role
    if number == roster.guests:
        return "Demo Attendee", None
    return f"{chance.choice(GIVEN_NAMES)} {chance.choice(_INITIALS)}.", None


def _grown(user: User, lines: list[Line], *, present: datetime, chance: random.Random) -> User:
    """What some guests do with their accounts: choose a locale and a zone, choose preferences, leave."""
    luck = chance.random()
    if luck < 0.2:
        city = chance.choice(CITIES)
        at = user.created_at + timedelta(minutes=chance.randrange(1, 9000))
        command = UpdateProfile({"locale": city.language, "timezone": city.timezone}, None)
        user, fact = users.update_profile(user, command, at)
        lines += [line_of(fact, actor_id=user.id, at=at)] if fact else []
        if luck < 0.06:
            at += timedelta(minutes=3)
            chosen = tuple(dict.fromkeys(chance.choices(CATEGORIES, k=2)))
            user, fact = users.update_preferences(
                user, UpdatePreferences({"notify_news": True, "favourite_categories": chosen}, None), at
            )
            lines += [line_of(fact, actor_id=user.id, at=at)] if fact else []
    elif luck > 0.995:
        # In the last hour, in which nobody registers any more.
        at = present - timedelta(seconds=chance.randrange(1, 3600))
        user, fact = users.change_account(user, ChangeAccount(user.id, UserStatus.DEACTIVATED, None, None), at)
        lines.append(line_of(fact, actor_id=user.id, at=at))
    return user
