"""The identities of Bilten's nouns: UUIDs that the type checker keeps apart."""

from typing import NewType
from uuid import UUID

BlockId = NewType("BlockId", UUID)
EventId = NewType("EventId", UUID)
ImportId = NewType("ImportId", UUID)
InvitationId = NewType("InvitationId", UUID)
MembershipId = NewType("MembershipId", UUID)
OrganizationId = NewType("OrganizationId", UUID)
PoolId = NewType("PoolId", UUID)
"""A pool has the id of what it limits: the event's own pool has the event's id, a tier's pool the tier's.

A pool that several tiers share has an id of its own.
"""
RegistrationId = NewType("RegistrationId", UUID)
TicketId = NewType("TicketId", UUID)
TicketTierId = NewType("TicketTierId", UUID)
UserId = NewType("UserId", UUID)
VenueId = NewType("VenueId", UUID)
WaitlistEntryId = NewType("WaitlistEntryId", UUID)
