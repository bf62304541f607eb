"""Ticket tiers: what is sold for an event, at what price, when, and how many to one person."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypedDict

from domain import errors
from domain.ids import EventId, PoolId, TicketTierId
from domain.journal import Fact, FactKind, changes_between, told
from domain.time import EARLIEST, LATEST
from domain.validation import Validation

NAME_LIMIT = 120
DESCRIPTION_LIMIT = 2_000
PRICE_LIMIT = 1_000_000_000
QUOTA_LIMIT = 1_000_000
PERSON_LIMIT_LIMIT = 1_000
TIERS_LIMIT = 50


class TicketTierDetails(TypedDict, total=False):
    """What can be said about a tier; a key that is absent is left as it is."""

    name: str
    description: str | None
    price_minor: int
    currency: str
    sales_start_at: datetime | None
    sales_end_at: datetime | None
    per_person_limit: int | None


@dataclass(frozen=True, slots=True)
class TicketTier:
    """A tier as it is stored; its quota lives in its capacity pool. The price is in minor units of the currency.

    `shared_pool_ids` are the pools that it draws on besides its own and its event's.
    """

    event_id: EventId
    id: TicketTierId
    name: str
    description: str | None
    price_minor: int
    currency: str
    sales_start_at: datetime | None
    sales_end_at: datetime | None
    per_person_limit: int | None
    position: int
    created_at: datetime
    updated_at: datetime
    version: int = 1
    shared_pool_ids: tuple[PoolId, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateTicketTier:
    """Add a tier to an event. `details` needs a name and a price."""

    event_id: EventId
    details: TicketTierDetails
    quota: int | None


@dataclass(frozen=True, slots=True)
class UpdateTicketTier:
    """Change a tier; `quota` is left alone when it is "unchanged", unlimited when nothing."""

    event_id: EventId
    ticket_tier_id: TicketTierId
    details: TicketTierDetails
    quota: int | Literal["unchanged"] | None
    expected_version: int | None


def create(command: CreateTicketTier, *, ticket_tier_id: TicketTierId, position: int, now: datetime) -> TicketTier:
    """The tier that the command describes. Raises `Refused` and `TooManyTicketTiers`."""
    if position >= TIERS_LIMIT:
        raise errors.TooManyTicketTiers(limit=TIERS_LIMIT)
    blank = TicketTier(
        event_id=command.event_id,
        id=ticket_tier_id,
        name="",
        description=None,
        price_minor=0,
        currency="",
        sales_start_at=None,
        sales_end_at=None,
        per_person_limit=None,
        position=position,
        created_at=now,
        updated_at=now,
    )
    validation = Validation()
    tier = _checked(replace(blank, **command.details), validation)
    _check_quota(validation, command.quota)
    validation.finish()
    return tier


def update(tier: TicketTier, command: UpdateTicketTier, now: datetime) -> TicketTier:
    """The tier with the new details. Raises `Refused`; equal details change nothing."""
    validation = Validation()
    changed = _checked(replace(tier, **command.details), validation)
    if command.quota != "unchanged":
        _check_quota(validation, command.quota)
    validation.finish()
    return changed if changed == tier else replace(changed, version=tier.version + 1, updated_at=now)


def created_fact(tier: TicketTier, *, quota: int | None) -> Fact:
    """A tier was added."""
    changes = changes_between(None, tier) | {"quota": [None, quota]}
    return told(FactKind.TICKET_TIER_CREATED, tier.id, changes, version=1)


def updated_fact(before: TicketTier, after: TicketTier) -> Fact:
    """A tier was edited."""
    return told(FactKind.TICKET_TIER_UPDATED, after.id, changes_between(before, after), version=after.version)


def _check_quota(validation: Validation, quota: int | None) -> None:
    if quota is not None:
        validation.number(quota, "quota", minimum=0, maximum=QUOTA_LIMIT)


def _checked(tier: TicketTier, check: Validation) -> TicketTier:
    check.number(tier.price_minor, "price", "amount_minor", minimum=0, maximum=PRICE_LIMIT)
    check.currency(tier.currency, "price", "currency")
    if tier.per_person_limit is not None:
        check.number(tier.per_person_limit, "per_person_limit", minimum=1, maximum=PERSON_LIMIT_LIMIT)
    for name in ("sales_start_at", "sales_end_at"):
        moment: datetime | None = getattr(tier, name)
        if moment is not None and not EARLIEST <= moment < LATEST:
            check.refuse(errors.ValueIsOutOfRange(name, minimum=EARLIEST.year, maximum=LATEST.year - 1))
    if tier.sales_start_at and tier.sales_end_at and tier.sales_end_at <= tier.sales_start_at:
        check.refuse(errors.EndIsNotAfterStart("sales_end_at"))
    return replace(
        tier,
        name=check.text(tier.name, "name", limit=NAME_LIMIT),
        description=check.optional_text(tier.description, "description", limit=DESCRIPTION_LIMIT, multiline=True),
    )
