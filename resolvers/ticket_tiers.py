"""Use cases of ticket tiers: adding and changing what is sold for an event."""

from dataclasses import replace

from domain import capacity, ticket_tiers
from domain.ids import PoolId, TicketTierId
from domain.journal import FactKind, Stream, told
from domain.permissions import EventAction
from domain.ticket_tiers import CreateTicketTier, UpdateTicketTier
from resolvers.authorization import event_for, found, signed_in
from resolvers.context import Context
from resolvers.events import require_editable
from resolvers.settling import settle
from resolvers.versions import expect_version


async def create_ticket_tier(context: Context, command: CreateTicketTier, key: str | None) -> TicketTierId:
    """Add a tier to an event."""
    signed_in(context.viewer)
    await event_for(context, EventAction.CREATE_TICKET_TIER, command.event_id)
    async with context.unit_of_work(command, key=key) as work:
        if work.replayed:
            return await work.commit(TicketTierId(work.replayed))
        await require_editable(work, command.event_id, context)
        siblings = await work.events.ticket_tiers(command.event_id)
        tier = ticket_tiers.create(
            command,
            ticket_tier_id=TicketTierId(context.source.new_id()),
            position=len(siblings),
            now=context.now,
        )
        await work.events.insert_ticket_tier(tier, quota=command.quota)
        await work.journal.append(Stream.EVENT, command.event_id, ticket_tiers.created_fact(tier, quota=command.quota))
        return await work.commit(tier.id)


async def update_ticket_tier(context: Context, command: UpdateTicketTier, key: str | None) -> TicketTierId:
    """Change a tier or its quota."""
    signed_in(context.viewer)
    await event_for(context, EventAction.UPDATE_TICKET_TIER, command.event_id)
    async with context.unit_of_work(command, key=key) as work:
        if work.replayed:
            return await work.commit(TicketTierId(work.replayed))
        await require_editable(work, command.event_id, context)
        before = found(await work.events.ticket_tier(command.event_id, command.ticket_tier_id))
        await expect_version(
            work, command.expected_version, before.version, stream_id=before.event_id, object_id=before.id
        )
        after = ticket_tiers.update(before, command, context.now)
        facts = [ticket_tiers.updated_fact(before, after)] if after != before else []
        if command.quota != "unchanged":
            [pool] = await work.events.pools_for_update(before.event_id, [PoolId(before.id)])
            if pool.capacity != command.quota:
                resized = capacity.resize(pool, command.quota, "quota")
                await work.events.save_pools([pool], [resized])
                if after == before:
                    after = replace(before, version=before.version + 1, updated_at=context.now)
                changes = {"quota": [pool.capacity, resized.capacity]}
                facts.append(told(FactKind.CAPACITY_CHANGED, before.id, changes, version=after.version))
        if facts:
            await work.events.save_ticket_tier(before, after)
            await work.journal.append(Stream.EVENT, before.event_id, *facts)
        await work.commit(before.id)
    await settle(context, command.event_id)
    return command.ticket_tier_id
