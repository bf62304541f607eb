"""The history of places: every fact is about an object with an id, names others by theirs, and tells what it moved."""

import re
from typing import Any

from tests.api import Api
from tests.commands import change
from tests.schema.sales import listed, tickets_of, used
from tests.world import Listed, World, address

HISTORY = """
query ($id: ID!) {
  event(id: $id) {
    history(first: 100) {
      edges {
        node {
          kind about reason data changes { field before after }
          capacityChanges { pool { name kind } confirmed held offered blocked checkedIn }
        }
      }
    }
  }
}
"""
KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}")
PREFIXES = {
    "CapacityPoolCreated": "pool_",
    "CapacityPoolUpdated": "pool_",
    "CheckInUndone": "reg_",
    "HoldExpired": "reg_",
    "HoldExtended": "reg_",
    "OfferAccepted": "wait_",
    "OfferDeclined": "wait_",
    "PlacesBlocked": "blk_",
    "PlacesCancelled": "reg_",
    "PlacesConfirmed": "reg_",
    "PlacesHeld": "reg_",
    "PlacesOffered": "wait_",
    "PlacesUnblocked": "blk_",
    "TicketTransferred": "reg_",
    "TicketsCancelled": "reg_",
    "TicketsCheckedIn": "reg_",
    "WaitlistJoined": "wait_",
    "WaitlistLeft": "wait_",
    "WaitlistPassed": "wait_",
    "WaitlistPolicyChanged": "evt_",
    "WaitlistPriorityChanged": "wait_",
    "WaitlistResumed": "wait_",
    "WaitlistSuspended": "wait_",
}
"""What each kind of fact about places is about."""


async def lines(api: Api, by: str, event: Listed) -> list[dict[str, Any]]:
    answer = await api.run(HISTORY, {"id": event.id}, by=by)
    return [edge["node"] for edge in reversed(answer.data["event"]["history"]["edges"])]


async def eventful(api: Api) -> tuple[World, str, Listed]:
    """An event to which nearly everything has happened that can; who manages it."""
    world, team, event = await listed(api, capacity=4)
    manager, guest, ana, ben = team.manager, address("guest"), address("ana"), address("ben")
    pool = await world.pool(event, manager, capacity=9)
    await change(api, manager, "updateCapacityPool", "__typename", id=pool, overbooking=1, reason="Full house.")
    tier = event.tiers["Standard"]
    await change(api, manager, "setTicketTierPools", "__typename", id=tier, capacityPoolIds=[pool])
    block = await world.block(event, manager)
    held = await world.hold(event, guest)
    await change(api, guest, "extendHold", "__typename", id=held)
    api.clock.advance(minutes=20)
    await world.hold(event, guest)
    registration = await world.register(event, guest, quantity=2)
    group = await world.wait(event, ana, quantity=2)
    single = await world.wait(event, ben)
    for step in ("suspendWaitlistEntry", "resumeWaitlistEntry"):
        await change(api, ana, step, "__typename", id=group)
    given = {"id": group, "priority": 1, "reason": "A promise."}
    await change(api, manager, "prioritizeWaitlistEntry", "__typename", **given)
    await change(api, manager, "releaseBlock", "__typename", id=block)
    await change(api, manager, "updateWaitlistPolicy", "__typename", eventId=event.id, lookPast=1)
    await change(api, ben, "acceptOffer", "__typename", id=single)
    one, two = await tickets_of(api, guest, registration)
    await change(api, guest, "transferTicket", "__typename", id=one["id"], attendeeName="Somebody Else")
    await change(api, guest, "cancelRegistration", "__typename", id=registration, ticketIds=[two["id"]])
    api.clock.advance(minutes=20)
    await change(api, guest, "cancelRegistration", "__typename", id=registration)
    await change(api, ana, "declineOffer", "__typename", id=group)
    last = await world.register(event, guest, quantity=3)
    leaving = await world.wait(event, ana)
    await change(api, ana, "leaveWaitlist", "__typename", id=leaving, reason="Found another one.")
    api.clock.advance(days=9, hours=12)
    code = (await tickets_of(api, guest, last))[0]["code"]
    await change(api, manager, "checkIn", "__typename", eventId=event.id, codes=[code])
    await change(api, manager, "undoCheckIn", "__typename", eventId=event.id, code=code)
    return world, manager, event


async def test_every_fact_is_about_an_object_and_names_no_key(api: Api) -> None:
    _, manager, event = await eventful(api)

    told = await lines(api, manager, event)

    found = {line["kind"]: line["about"] for line in told}
    assert {kind: found.get(kind, "")[: len(prefix)] for kind, prefix in PREFIXES.items()} == PREFIXES
    assert [line for line in told if KEY.search(str(line))] == []
    for about in set(found.values()):
        node = await api.run("query ($id: ID!) { node(id: $id) { id } }", {"id": about}, by=manager)
        assert node.data["node"] == {"id": about}


async def test_what_the_lines_moved_adds_up_to_what_is_used(api: Api) -> None:
    _, manager, event = await eventful(api)

    sums = dict.fromkeys(("confirmed", "held", "offered", "blocked", "checkedIn"), 0)
    for line in await lines(api, manager, event):
        for moved in line["capacityChanges"]:
            if moved["pool"]["kind"] == "EVENT":
                sums = {name: total + moved[name] for name, total in sums.items()}

    assert {name: total for name, total in sums.items() if total} | {"available": 0} == await used(api, event)
