"""Global ids: a short prefix that tells the type, and the object's key in URL-safe base64. Opaque to clients."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from domain import errors
from domain.ids import (
    BlockId,
    EventId,
    ImportId,
    MembershipId,
    OrganizationId,
    PoolId,
    RegistrationId,
    TicketId,
    TicketTierId,
    UserId,
    VenueId,
    WaitlistEntryId,
)

PREFIXES: Mapping[str, str] = {
    "CapacityBlock": "blk",
    "CapacityPool": "pool",
    "Event": "evt",
    "Import": "imp",
    "Membership": "mbr",
    "Organization": "org",
    "Registration": "reg",
    "Ticket": "tkt",
    "TicketTier": "tier",
    "User": "usr",
    "Venue": "ven",
    "WaitlistEntry": "wait",
}
_TYPES = {prefix: name for name, prefix in PREFIXES.items()}
PAIRED = frozenset({"CapacityBlock", "CapacityPool", "Registration", "Ticket", "TicketTier", "WaitlistEntry"})
"""Types whose key is their event's id and their own: they are found by the event they belong to."""


@dataclass(frozen=True, slots=True)
class GlobalId:
    """A decoded id."""

    typename: str
    key: tuple[UUID, ...]


def encode(typename: str, *key: UUID) -> str:
    """The global id of an object."""
    raw = b"".join([part.bytes for part in key])
    return f"{PREFIXES[typename]}_{base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}"


def decode(text: str) -> GlobalId:
    """The type and key behind a global id. Raises `BadInput`."""
    prefix, _, encoded = text.partition("_")
    typename = _TYPES.get(prefix)
    parts = 2 if typename in PAIRED else 1
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if typename is not None and len(raw) == 16 * parts:
        key = tuple(UUID(bytes=bytes(raw[start : start + 16])) for start in range(0, len(raw), 16))
        # One object has one id: spare bits of the last character must be zero.
        if encode(typename, *key) == text:
            return GlobalId(typename, key)
    message = "The id is malformed."
    raise errors.BadInput(message)


def _key(text: str, typename: str) -> tuple[UUID, ...]:
    decoded = decode(text)
    if decoded.typename != typename:
        article = "an" if typename[0] in "AEIOU" else "a"
        message = f"The id is not the id of {article} {typename}."
        raise errors.BadInput(message)
    return decoded.key


def event_id(text: str) -> EventId:
    """An event's id."""
    return EventId(_key(text, "Event")[0])


def organization_id(text: str) -> OrganizationId:
    """An organization's id."""
    return OrganizationId(_key(text, "Organization")[0])


def import_id(text: str) -> ImportId:
    """An import's id."""
    return ImportId(_key(text, "Import")[0])


def venue_id(text: str) -> VenueId:
    """A venue's id."""
    return VenueId(_key(text, "Venue")[0])


def user_id(text: str) -> UserId:
    """A user's id."""
    return UserId(_key(text, "User")[0])


def membership_id(text: str) -> MembershipId:
    """A membership's id."""
    return MembershipId(_key(text, "Membership")[0])


def ticket_tier_key(text: str) -> tuple[EventId, TicketTierId]:
    """A ticket tier's event and id."""
    event, tier = _key(text, "TicketTier")
    return EventId(event), TicketTierId(tier)


def registration_key(text: str) -> tuple[EventId, RegistrationId]:
    """A registration's event and id."""
    event, registration = _key(text, "Registration")
    return EventId(event), RegistrationId(registration)


def ticket_key(text: str) -> tuple[EventId, TicketId]:
    """A ticket's event and id."""
    event, ticket = _key(text, "Ticket")
    return EventId(event), TicketId(ticket)


def pool_key(text: str) -> tuple[EventId, PoolId]:
    """A capacity pool's event and id."""
    event, pool = _key(text, "CapacityPool")
    return EventId(event), PoolId(pool)


def block_key(text: str) -> tuple[EventId, BlockId]:
    """A block's event and id."""
    event, block = _key(text, "CapacityBlock")
    return EventId(event), BlockId(block)


def waitlist_entry_key(text: str) -> tuple[EventId, WaitlistEntryId]:
    """A waiting-list entry's event and id."""
    event, entry = _key(text, "WaitlistEntry")
    return EventId(event), WaitlistEntryId(entry)
