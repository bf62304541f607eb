"""Waiting lists in the schema: the mutations with their inputs and payloads."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import strawberry

from domain.capacity_pools import OFFER_MINUTES, SetWaitlistPolicy
from domain.ids import EventId
from domain.waitlist import AcceptOffer, EntryAction, JoinWaitlist, MoveEntry, SetPriority
from resolvers import capacity as capacity_cases
from resolvers import waitlist as use_cases
from resolvers.context import Context
from schema import ids
from schema.context import Info, field
from schema.events import Event
from schema.problems import Command, Edit, Payload, answer
from schema.registrations import Registration
from schema.waitlist import EntryKey, RegistrationKey, WaitlistEntry

EntryPayload = TypeVar("EntryPayload", bound=Payload)


@strawberry.input(description="Places to wait for.")
class JoinWaitlistInput(Command):
    """Input of joinWaitlist."""

    event_id: strawberry.ID = field(description="The event.")
    ticket_tier_id: strawberry.ID = field(description="One of the event's ticket tiers.")
    quantity: int = field(default=1, description="How many places: all of them are offered at once, or none.")

    def to_command(self) -> JoinWaitlist:
        """The domain's command. A tier of another event is left for the domain to refuse."""
        return JoinWaitlist(ids.event_id(self.event_id), ids.ticket_tier_key(self.ticket_tier_id)[1], self.quantity)


@strawberry.input
class EntryEdit(Edit):
    """What every step of an entry names."""

    id: strawberry.ID = field(description="The entry of the waiting list.")

    def to_move(self, action: EntryAction, reason: str | None = None) -> MoveEntry:
        """The domain's command."""
        event_id, entry_id = ids.waitlist_entry_key(self.id)
        return MoveEntry(event_id, entry_id, action, reason, self.expected_version)


@strawberry.input(description="An entry to take off the waiting list.")
class LeaveWaitlistInput(EntryEdit):
    """Input of leaveWaitlist."""

    reason: str | None = field(default=None, description="Why; kept with the entry's history.")


@strawberry.input(description="An entry to pass over for a while.")
class SuspendWaitlistEntryInput(EntryEdit):
    """Input of suspendWaitlistEntry."""


@strawberry.input(description="An entry to take up again where it stood.")
class ResumeWaitlistEntryInput(EntryEdit):
    """Input of resumeWaitlistEntry."""


@strawberry.input(description="An offer to take.")
class AcceptOfferInput(EntryEdit):
    """Input of acceptOffer."""

    def to_command(self) -> AcceptOffer:
        """The domain's command."""
        event_id, entry_id = ids.waitlist_entry_key(self.id)
        return AcceptOffer(event_id, entry_id, self.expected_version)


@strawberry.input(description="An offer to turn down.")
class DeclineOfferInput(EntryEdit):
    """Input of declineOffer."""


@strawberry.input(description="An entry, and where it shall stand.")
class PrioritizeWaitlistEntryInput(EntryEdit):
    """Input of prioritizeWaitlistEntry."""

    priority: int = field(description="From -1000 to 1000: the higher, the earlier. 0 is the order of arrival.")
    reason: str = field(description="Why: whoever looks into the history wants to know.")

    def to_command(self) -> SetPriority:
        """The domain's command."""
        event_id, entry_id = ids.waitlist_entry_key(self.id)
        return SetPriority(event_id, entry_id, self.priority, self.reason, self.expected_version)


@strawberry.input(description="How the waiting list of an event shall be worked; what is absent stays as it is.")
class UpdateWaitlistPolicyInput(Edit):
    """Input of updateWaitlistPolicy."""

    event_id: strawberry.ID = field(description="The event; `expectedVersion` is its version.")
    look_past: int | None = field(
        default=None,
        description="How often a group that does not fit yet may be passed by later ones that fit; 0: never.",
    )
    offer_minutes: int | None = field(
        default=None,
        description=f"How long offers stand from now on, from {OFFER_MINUTES[0]} to {OFFER_MINUTES[1]:,} minutes."
        " Offers that were made keep their time.",
    )

    def to_command(self) -> SetWaitlistPolicy:
        """The domain's command."""
        return SetWaitlistPolicy(
            event_id=ids.event_id(self.event_id),
            look_past=self.look_past,
            offer_seconds=None if self.offer_minutes is None else self.offer_minutes * 60,
            expected_version=self.expected_version,
        )


@strawberry.type
class _Entry(Payload):
    """What a step of an entry returns."""

    waitlist_entry: WaitlistEntry | None = field(default=None, description="The entry as it is now.")


@strawberry.type(description="The answer to joinWaitlist.")
class JoinWaitlistPayload(_Entry):
    """Payload of joinWaitlist."""


@strawberry.type(description="The answer to leaveWaitlist.")
class LeaveWaitlistPayload(_Entry):
    """Payload of leaveWaitlist."""


@strawberry.type(description="The answer to suspendWaitlistEntry.")
class SuspendWaitlistEntryPayload(_Entry):
    """Payload of suspendWaitlistEntry."""


@strawberry.type(description="The answer to resumeWaitlistEntry.")
class ResumeWaitlistEntryPayload(_Entry):
    """Payload of resumeWaitlistEntry."""


@strawberry.type(description="The answer to declineOffer.")
class DeclineOfferPayload(_Entry):
    """Payload of declineOffer."""


@strawberry.type(description="The answer to prioritizeWaitlistEntry.")
class PrioritizeWaitlistEntryPayload(_Entry):
    """Payload of prioritizeWaitlistEntry."""


@strawberry.type(description="The answer to acceptOffer.")
class AcceptOfferPayload(_Entry):
    """Payload of acceptOffer."""

    registration: Registration | None = field(default=None, description="The places, taken for good.")


@strawberry.type(description="The answer to updateWaitlistPolicy.")
class UpdateWaitlistPolicyPayload(Payload):
    """Payload of updateWaitlistPolicy."""

    event: Event | None = field(default=None, description="The event as it is now.")


async def _show(context: Context, key: EntryKey) -> dict[str, Any]:
    return {"waitlist_entry": await context.reads.waitlist_entry_by_id(key)}


async def _show_event(context: Context, event_id: EventId) -> dict[str, Any]:
    return {"event": await context.reads.event_by_id(event_id)}


def _moved(
    given: EntryEdit, action: EntryAction, reason: str | None = None
) -> Callable[[Context], Awaitable[EntryKey]]:
    return lambda context: use_cases.move_entry(context, given.to_move(action, reason), given.idempotency_key)


@strawberry.type
class WaitlistMutations:
    """Root fields that change waiting lists."""

    @strawberry.mutation(
        description="Wait for places of a ticket tier that has too few left. Whoever is on the list is offered what"
        " becomes free, in turn; nobody passes it."
    )
    async def join_waitlist(self, info: Info, input: JoinWaitlistInput) -> JoinWaitlistPayload:  # noqa: A002
        """Join."""
        key = input.idempotency_key
        return await answer(
            JoinWaitlistPayload, info, lambda context: use_cases.join_waitlist(context, input.to_command(), key), _show
        )

    @strawberry.mutation(description="Take an entry off the list; places that it was offered go to the next.")
    async def leave_waitlist(self, info: Info, input: LeaveWaitlistInput) -> LeaveWaitlistPayload:  # noqa: A002
        """Leave."""
        return await answer(LeaveWaitlistPayload, info, _moved(input, EntryAction.LEAVE, input.reason), _show)

    @strawberry.mutation(description="Keep your place on the list without being offered anything for a while.")
    async def suspend_waitlist_entry(
        self,
        info: Info,
        input: SuspendWaitlistEntryInput,  # noqa: A002
    ) -> SuspendWaitlistEntryPayload:
        """Suspend."""
        return await answer(SuspendWaitlistEntryPayload, info, _moved(input, EntryAction.SUSPEND), _show)

    @strawberry.mutation(description="Wait again, at the place that was kept.")
    async def resume_waitlist_entry(self, info: Info, input: ResumeWaitlistEntryInput) -> ResumeWaitlistEntryPayload:  # noqa: A002
        """Resume."""
        return await answer(ResumeWaitlistEntryPayload, info, _moved(input, EntryAction.RESUME), _show)

    @strawberry.mutation(description="Take the places that are offered: they become a confirmed registration.")
    async def accept_offer(self, info: Info, input: AcceptOfferInput) -> AcceptOfferPayload:  # noqa: A002
        """Accept."""
        key = input.idempotency_key

        async def show(context: Context, registration: RegistrationKey) -> dict[str, Any]:
            return {
                "registration": await context.reads.registration_by_id(registration),
                **await _show(context, ids.waitlist_entry_key(input.id)),
            }

        return await answer(
            AcceptOfferPayload, info, lambda context: use_cases.accept_offer(context, input.to_command(), key), show
        )

    @strawberry.mutation(description="Turn down the places that are offered: they go to the next, and the entry ends.")
    async def decline_offer(self, info: Info, input: DeclineOfferInput) -> DeclineOfferPayload:  # noqa: A002
        """Decline."""
        return await answer(DeclineOfferPayload, info, _moved(input, EntryAction.DECLINE), _show)

    @strawberry.mutation(
        description="Let an entry wait before or behind others. For those who manage the event; the history keeps who"
        " did it and why."
    )
    async def prioritize_waitlist_entry(
        self,
        info: Info,
        input: PrioritizeWaitlistEntryInput,  # noqa: A002
    ) -> PrioritizeWaitlistEntryPayload:
        """Prioritize."""
        key = input.idempotency_key
        return await answer(
            PrioritizeWaitlistEntryPayload,
            info,
            lambda context: use_cases.prioritize(context, input.to_command(), key),
            _show,
        )

    @strawberry.mutation(description="Change how the waiting list of an event is worked.")
    async def update_waitlist_policy(self, info: Info, input: UpdateWaitlistPolicyInput) -> UpdateWaitlistPolicyPayload:  # noqa: A002
        """Change the policy."""
        key = input.idempotency_key
        return await answer(
            UpdateWaitlistPolicyPayload,
            info,
            lambda context: capacity_cases.set_waitlist_policy(context, input.to_command(), key),
            _show_event,
        )
