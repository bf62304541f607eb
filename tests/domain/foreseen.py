"""What has to come of a command, foreseen from the rows alone: written apart from the decisions, to check them."""

from datetime import timedelta

from domain.asked import Asked
from domain.blocks import BlockPlaces, ReleaseBlock
from domain.capacity import Use
from domain.capacity_pools import UpdateCapacityPool
from domain.check_in import CheckIn, UndoCheckIn
from domain.ids import TicketTierId, UserId
from domain.registrations import (
    CancelRegistration,
    ConfirmRegistration,
    ExtendHold,
    HoldPlaces,
    Register,
    Registration,
    RegistrationStatus,
    TicketStatus,
)
from domain.waitlist import LIVE, AcceptOffer, EntryAction, JoinWaitlist, MoveEntry, SetPriority, WaitlistStatus
from tests.domain.house import STARTS_AT, Rows, counted, is_kept, is_sold, left, pools_of, room

DONE = "done"
_HELD, _CONFIRMED, _EXPIRED = RegistrationStatus.HELD, RegistrationStatus.CONFIRMED, RegistrationStatus.EXPIRED


def foreseen(rows: Rows, asked: Asked[object]) -> str | None:
    """The code of the refusal, or `DONE`; nothing where that is not foreseen. Nothing may be due in `rows`."""
    match asked.command:
        case Register() | HoldPlaces() | JoinWaitlist():
            return _wanted(rows, asked.command, asked.actor_id)
        case ConfirmRegistration() | CancelRegistration() | ExtendHold():
            return _registration(rows, asked.command)
        case AcceptOffer() | MoveEntry() | SetPriority():
            return _entry(rows, asked.command)
        case BlockPlaces() | ReleaseBlock() | UpdateCapacityPool():
            return _places(rows, asked.command)
        case CheckIn() | UndoCheckIn():
            return _at_the_door(rows, asked.command)
        case _:
            return None


def _wanted(rows: Rows, command: Register | HoldPlaces | JoinWaitlist, user_id: UserId | None) -> str:
    tier_id, quantity = command.ticket_tier_id, command.quantity
    limited = _limited(rows, tier_id, user_id, quantity)
    if limited or not isinstance(command, JoinWaitlist):
        return limited or _claimed(rows, tier_id, quantity)
    return _joined(rows, tier_id, user_id, quantity)


def _at_the_door(rows: Rows, command: CheckIn | UndoCheckIn) -> str:
    if isinstance(command, CheckIn):
        return DONE if rows.now >= STARTS_AT - timedelta(days=1) else "CHECK_IN_NOT_STARTED"
    ticket = next((ticket for ticket in rows.tickets.values() if ticket.code == command.code), None)
    if ticket is None:
        return "TICKET_UNKNOWN"
    return DONE if ticket.status is TicketStatus.CHECKED_IN else "TICKET_NOT_CHECKED_IN"


def _limited(rows: Rows, tier_id: TicketTierId, user_id: UserId | None, quantity: int) -> str | None:
    if rows.now >= rows.head.sales_until:
        return "REGISTRATION_CLOSED"
    if not is_sold(rows, tier_id):
        return "SALES_ENDED"
    limit = rows.tiers[tier_id].per_person_limit
    has = sum(
        registration.quantity
        for registration in rows.registrations.values()
        if registration.user_id == user_id and registration.ticket_tier_id == tier_id
        if registration.status in {_HELD, _CONFIRMED}
    )
    return "PERSON_LIMIT_REACHED" if limit is not None and has + quantity > limit else None


def _claimed(rows: Rows, tier_id: TicketTierId, quantity: int) -> str:
    if room(rows, tier_id) < quantity:
        return "SOLD_OUT"
    return "OTHERS_ARE_WAITING" if is_kept(rows, tier_id) else DONE


def _joined(rows: Rows, tier_id: TicketTierId, user_id: UserId | None, quantity: int) -> str:
    for entry in rows.entries.values():
        if entry.user_id == user_id and entry.ticket_tier_id == tier_id and entry.status in LIVE:
            return "ALREADY_ON_WAITLIST"
    pools = [rows.pools[pool_id] for pool_id in pools_of(rows, tier_id)]
    if any(pool.capacity is not None and pool.capacity + pool.overbooking < quantity for pool in pools):
        return "GROUP_TOO_LARGE"
    return "WAITLIST_NOT_NEEDED" if _claimed(rows, tier_id, quantity) == DONE else DONE


def _registration(rows: Rows, command: ConfirmRegistration | CancelRegistration | ExtendHold) -> str:
    registration = rows.registrations.get(command.registration_id)
    match command:
        case _ if registration is None:
            return "NOT_FOUND"
        case ExtendHold():
            if registration.status is not _HELD:
                return "REGISTRATION_NOT_HELD"
            return "HOLD_WAS_EXTENDED" if registration.extensions else DONE
        case ConfirmRegistration():
            return _confirmed(rows, command, registration)
        case CancelRegistration():
            return _cancelled(rows, command, registration)


def _confirmed(rows: Rows, command: ConfirmRegistration, registration: Registration) -> str:
    reference, status = command.payment_reference, registration.status
    if status is _CONFIRMED and reference and reference == registration.payment_reference:
        return DONE
    if status not in {_HELD, _EXPIRED}:
        return "REGISTRATION_OVER"
    if rows.now >= rows.head.sales_until:
        return "REGISTRATION_CLOSED"
    if status is _HELD:
        return DONE
    tier_id, quantity = registration.ticket_tier_id, registration.quantity
    refused = _limited(rows, tier_id, registration.user_id, quantity)
    return refused or ("HOLD_EXPIRED" if _claimed(rows, tier_id, quantity) != DONE else DONE)


def _cancelled(rows: Rows, command: CancelRegistration, registration: Registration) -> str:
    if registration.status not in {_HELD, _CONFIRMED}:
        return "REGISTRATION_OVER"
    if registration.status is _CONFIRMED and rows.now >= STARTS_AT and not command.by_organizer:
        return "EVENT_HAS_STARTED"
    if command.ticket_ids:
        named = [rows.tickets[id_].status for id_ in command.ticket_ids]
        return DONE if set(named) == {TicketStatus.VALID} else "TICKET_UNKNOWN"
    own = [ticket.status for ticket in rows.tickets.values() if ticket.registration_id == registration.id]
    return "TICKETS_CHECKED_IN" if TicketStatus.CHECKED_IN in own else DONE


def _entry(rows: Rows, command: AcceptOffer | MoveEntry | SetPriority) -> str:
    entry = rows.entries.get(command.entry_id)
    if entry is None:
        return "NOT_FOUND"
    is_offered = entry.status is WaitlistStatus.OFFERED
    match command:
        case AcceptOffer():
            if entry.status is WaitlistStatus.ACCEPTED:
                return DONE
            limited = _limited(rows, entry.ticket_tier_id, entry.user_id, entry.quantity)
            return (limited or DONE) if is_offered else "OFFER_OVER"
        case MoveEntry(action=EntryAction.DECLINE):
            return DONE if is_offered else "OFFER_OVER"
        case MoveEntry(action=EntryAction.LEAVE):
            return DONE if entry.status in LIVE else "WAITLIST_ENTRY_OVER"
        case _:
            return DONE if entry.status in LIVE and not is_offered else "WAITLIST_ENTRY_OVER"


def _places(rows: Rows, command: BlockPlaces | ReleaseBlock | UpdateCapacityPool) -> str | None:
    taken = counted(rows)
    match command:
        case BlockPlaces(quantity=quantity, pool_id=pool_id, ticket_tier_id=tier_id):
            pool_ids = pools_of(rows, tier_id) if tier_id else [pool_id] if pool_id else []
            return DONE if min(left(rows, taken, id_) for id_ in pool_ids) >= quantity else "SOLD_OUT"
        case ReleaseBlock(block_id=block_id):
            block = rows.blocks.get(block_id)
            return "NOT_FOUND" if block is None else "BLOCK_RELEASED" if block.released_at else DONE
        case UpdateCapacityPool(pool_id=pool_id, capacity=capacity, overbooking=overbooking):
            pool = rows.pools[pool_id]
            new = pool.capacity if capacity == "unchanged" else capacity
            more = pool.overbooking if overbooking is None else overbooking
            used = sum(taken[pool_id, use] for use in Use if use is not Use.CHECKED_IN)
            return DONE if new is None or used <= new + more else "CAPACITY_TAKEN"
