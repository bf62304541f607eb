"""What a message is about, read when it is sent: rows as they are then, in four statements at most."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.database import Database
from domain.ids import EventId, InvitationId, RegistrationId, WaitlistEntryId
from domain.lifecycles import EventStatus
from domain.messages import (
    Addressee,
    Booking,
    GuestTicket,
    Invited,
    Matter,
    Notification,
    Occasion,
    Place,
    Waiting,
)
from domain.registrations import RegistrationStatus, TicketStatus
from domain.users import Preferences, UserStatus, preferences_of

_ABOUT = """
SELECT u.name AS user_name, CASE WHEN u.email_verified THEN u.email END AS email, u.locale, u.timezone AS user_timezone,
    u.status AS user_status, u.preferences, line.actor_id, line.data,
    e.id, e.title, e.status, e.starts_at, e.ends_at, e.timezone, e.online, e.url, e.version, e.updated_at,
    o.name AS organization_name, v.name AS venue_name, v.address, v.city, v.country,
    EXISTS (
        SELECT 1 FROM waitlist_entries AS w
        WHERE w.event_id = e.id AND w.user_id = u.id AND w.status IN ('WAITING', 'SUSPENDED', 'OFFERED')
    ) AS is_waiting
FROM users AS u
LEFT JOIN journal AS line ON line.stream_id = $2 AND line.version = $3
LEFT JOIN events AS e ON e.id = $2
LEFT JOIN organizations AS o ON o.id = e.organization_id
LEFT JOIN venues AS v ON v.id = e.venue_id
WHERE u.id = $1
"""
_BOOKINGS = """
SELECT r.id, r.status, r.quantity, r.price_minor, r.currency, r.version, t.name AS tier_name
FROM registrations AS r JOIN ticket_tiers AS t ON t.event_id = r.event_id AND t.id = r.ticket_tier_id
WHERE r.event_id = $1 AND r.user_id = $2 ORDER BY r.created_at, r.id
"""
_TICKETS = """
SELECT registration_id, code, attendee_name, status FROM tickets
WHERE event_id = $1 AND registration_id = ANY($2::uuid[]) ORDER BY registration_id, id
"""
# What the waiting list does when the message has been handed over: the offer's own time from then, within the sale.
_WAITING = """
SELECT w.id, w.status, w.quantity, t.name AS tier_name,
    CASE WHEN w.notified_at IS NOT NULL THEN w.offer_expires_at
        ELSE least($3::timestamptz + h.offer_seconds * interval '1 second', h.sales_until, t.sales_end_at)
    END AS offer_ends_at
FROM waitlist_entries AS w
JOIN ticket_tiers AS t ON t.event_id = w.event_id AND t.id = w.ticket_tier_id
JOIN event_heads AS h ON h.event_id = w.event_id
WHERE w.event_id = $1 AND w.id = $2
"""
# An invited person may have no account yet: then the language is that of who invites.
_INVITED = """
SELECT i.id, i.email, i.role, i.expires_at, i.accepted_at IS NULL AND i.revoked_at IS NULL AS is_open,
    o.name AS organization_name, host.name AS inviter_name, coalesce(account.locale, host.locale) AS locale,
    account.name AS user_name, account.timezone, coalesce(account.status, 'ACTIVE') AS user_status
FROM invitations AS i
JOIN organizations AS o ON o.id = i.organization_id
JOIN users AS host ON host.id = i.invited_by
LEFT JOIN LATERAL (
    SELECT name, locale, timezone, status FROM users
    WHERE lower(email) = lower(i.email) AND email_verified ORDER BY status, created_at, id LIMIT 1
) AS account ON true
WHERE i.id = $1
"""


async def matter_of(database: Database, notification: Notification, now: datetime) -> Matter | None:
    """All that the message is about; nothing when its person or invitation is gone."""
    if notification.invitation_id is not None:
        return await _invitation(database, notification, notification.invitation_id)
    row = await database.fetchrow(_ABOUT, notification.user_id, notification.stream_id, notification.version)
    if row is None:
        return None
    event_id = EventId(notification.stream_id)
    bookings = await _bookings(database, event_id, notification.user_id)
    data: dict[str, Any] = row["data"] or {}
    changes: dict[str, Any] = data.get("changes", {})
    status_before: str | None = changes.get("status", [None])[0]
    return Matter(
        notification=notification,
        addressee=Addressee(
            name=row["user_name"],
            email=row["email"],
            locale=row["locale"],
            timezone=row["user_timezone"],
            status=UserStatus(row["user_status"]),
            preferences=preferences_of(row["preferences"]),
        ),
        changed=frozenset(changes),
        status_before=status_before,
        by_addressee=row["actor_id"] is not None and row["actor_id"] == notification.user_id,
        occasion=_occasion(row) if row["id"] else None,
        booking=next((booking for booking in bookings if booking.id == notification.object_id), None),
        bookings=bookings,
        waiting=await _waiting(database, event_id, notification.object_id, now),
        is_waiting=row["is_waiting"],
    )


def _occasion(row: asyncpg.Record) -> Occasion:
    place = Place(row["venue_name"], row["address"], row["city"], row["country"]) if row["venue_name"] else None
    return Occasion(
        id=EventId(row["id"]),
        title=row["title"],
        status=EventStatus(row["status"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        timezone=row["timezone"],
        online=row["online"],
        url=row["url"],
        organization_name=row["organization_name"],
        place=place,
        version=row["version"],
        updated_at=row["updated_at"],
    )


async def _bookings(database: Database, event_id: EventId, user_id: UUID | None) -> tuple[Booking, ...]:
    rows = await database.fetch(_BOOKINGS, event_id, user_id)
    if not rows:
        return ()
    tickets = await database.fetch(_TICKETS, event_id, [row["id"] for row in rows])
    return tuple(
        Booking(
            id=RegistrationId(row["id"]),
            tier_name=row["tier_name"],
            status=RegistrationStatus(row["status"]),
            quantity=row["quantity"],
            price_minor=row["price_minor"],
            currency=row["currency"],
            version=row["version"],
            tickets=tuple(
                GuestTicket(ticket["code"], ticket["attendee_name"], TicketStatus(ticket["status"]))
                for ticket in tickets
                if ticket["registration_id"] == row["id"]
            ),
        )
        for row in rows
    )


async def _waiting(database: Database, event_id: EventId, entry_id: UUID, now: datetime) -> Waiting | None:
    row = await database.fetchrow(_WAITING, event_id, entry_id, now)
    if row is None:
        return None
    return Waiting(WaitlistEntryId(row["id"]), row["tier_name"], row["status"], row["quantity"], row["offer_ends_at"])


async def _invitation(database: Database, notification: Notification, invitation_id: InvitationId) -> Matter | None:
    row = await database.fetchrow(_INVITED, invitation_id)
    if row is None:
        return None
    return Matter(
        notification=notification,
        addressee=Addressee(
            name=row["user_name"] or "",
            email=row["email"],
            locale=row["locale"],
            timezone=row["timezone"],
            status=UserStatus(row["user_status"]),
            preferences=Preferences(),
        ),
        invited=Invited(
            id=InvitationId(row["id"]),
            organization_name=row["organization_name"],
            inviter_name=row["inviter_name"],
            role=row["role"],
            expires_at=row["expires_at"],
            is_open=row["is_open"],
        ),
    )
