"""Waiting lists through the API: in turn, with real places behind every offer, and a reason for whoever is passed."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from schema.ids import decode
from tests.api import Api
from tests.commands import attempt, change, codes, refusals
from tests.schema.sales import entry_of, listed, places, story_of, tickets_of, used, version_of
from tests.world import Listed, World, address

JOINED = "waitlistEntry { id status quantity rank priority version }"
MINE = "query ($id: ID!) { event(id: $id) { viewerWaitlistEntry { id status } viewerRegistration { id } } }"
LIST = """
query ($id: ID!, $filter: WaitlistFilter) {
  event(id: $id) { waitlist(first: 50, filter: $filter) { totalCount edges { node { id status rank } } } }
}
"""


async def full(api: Api, capacity: int = 1, **details: Any) -> tuple[World, Any, Listed, str, str]:
    """An event of which one guest has all places: the world, the team, the event, that guest and the registration."""
    world, team, event = await listed(api, capacity=capacity, **details)
    guest = address("first")
    return world, team, event, guest, await world.register(event, guest, quantity=capacity)


async def give_back(api: Api, by: str, registration: str, **more: Any) -> None:
    await change(api, by, "cancelRegistration", "registration { status }", id=registration, **more)


async def statuses(api: Api, by: str, event: Listed, **criteria: Any) -> list[tuple[str, str, int | None]]:
    """Who is on the list: id, status and rank."""
    answer = await api.run(LIST, {"id": event.id, "filter": criteria or None}, by=by)
    nodes = [edge["node"] for edge in answer.data["event"]["waitlist"]["edges"]]
    assert answer.data["event"]["waitlist"]["totalCount"] == len(nodes)
    return [(node["id"], node["status"], node["rank"]) for node in nodes]


async def test_whoever_waits_sees_how_many_wait_before_them(api: Api) -> None:
    world, team, event, _, _ = await full(api)
    first = await world.wait(event, ana := address("ana"))
    second = await world.wait(event, ben := address("ben"))

    assert (await entry_of(api, ana, first))["rank"] == 1
    mine = await entry_of(api, ben, second)
    assert mine == {
        "status": "WAITING",
        "quantity": 1,
        "rank": 2,
        "priority": 0,
        "passed": 0,
        "offeredAt": None,
        "offerExpiresAt": None,
        "registration": None,
        "version": 1,
        "viewerCan": ["ANSWER", "LEAVE", "VIEW_HISTORY"],
    }
    assert await statuses(api, team.staff, event) == [(first, "WAITING", 1), (second, "WAITING", 2)]
    assert await used(api, event) == {"confirmed": 1, "waitlisted": 2, "available": 0}


async def test_a_place_that_is_given_back_is_offered_to_the_next_at_once(api: Api) -> None:
    world, _, event, guest, registration = await full(api)
    first = await world.wait(event, ana := address("ana"))
    second = await world.wait(event, ben := address("ben"))

    await give_back(api, guest, registration)

    offered = await entry_of(api, ana, first)
    assert (offered["status"], offered["rank"], offered["offeredAt"]) == ("OFFERED", None, api.clock.now.isoformat())
    assert offered["offerExpiresAt"] is None, "the clock starts when the message is handed over"
    assert (await entry_of(api, ben, second))["rank"] == 1
    assert await used(api, event) == {"offered": 1, "waitlisted": 1, "available": 0}


async def test_an_accepted_offer_is_a_registration_with_tickets(api: Api) -> None:
    world, _, event, guest, registration = await full(api, capacity=2)
    entry = await world.wait(event, ana := address("ana"), quantity=2)
    await give_back(api, guest, registration)

    taken = await change(
        api,
        ana,
        "acceptOffer",
        "registration { id status quantity tickets { status } } waitlistEntry { status registration { id } }",
        id=entry,
    )

    assert taken["registration"] | {"id": ""} == {
        "id": "",
        "status": "CONFIRMED",
        "quantity": 2,
        "tickets": [{"status": "VALID"}] * 2,
    }
    assert taken["waitlistEntry"] == {"status": "ACCEPTED", "registration": {"id": taken["registration"]["id"]}}
    assert await used(api, event) == {"confirmed": 2, "available": 0}
    again = await change(api, ana, "acceptOffer", "registration { id }", id=entry)
    assert again["registration"]["id"] == taken["registration"]["id"]


@pytest.mark.parametrize(("mutation", "status"), [("declineOffer", "DECLINED"), ("leaveWaitlist", "LEFT")])
async def test_a_place_that_nobody_takes_goes_on_to_the_next(api: Api, mutation: str, status: str) -> None:
    world, _, event, guest, registration = await full(api)
    first = await world.wait(event, ana := address("ana"))
    second = await world.wait(event, ben := address("ben"))
    await give_back(api, guest, registration)

    await change(api, ana, mutation, JOINED, id=first)

    assert (await entry_of(api, ana, first))["status"] == status
    assert (await entry_of(api, ben, second))["status"] == "OFFERED"


async def test_an_offer_shows_when_it_ends_once_its_message_was_handed_over(api: Api) -> None:
    world, _, event, guest, registration = await full(api)
    entry = await world.wait(event, ana := address("ana"))
    await give_back(api, guest, registration)
    before = await entry_of(api, ana, entry)
    url = api.settings.database_url
    assert url is not None
    database = await asyncpg.connect(url.get_secret_value())
    try:
        # As the notifier's command leaves it.
        ends = "UPDATE waitlist_entries SET notified_at = $2, offer_expires_at = $3 WHERE id = $1"
        later = api.clock.now + timedelta(hours=2)
        await database.execute(ends, decode(entry).key[1], api.clock.now, later)
    finally:
        await database.close()

    after = await entry_of(api, ana, entry)

    assert (before["status"], before["offerExpiresAt"]) == ("OFFERED", None)
    assert (after["status"], after["offerExpiresAt"]) == ("OFFERED", later.isoformat())


async def test_an_offer_that_is_not_answered_passes_on_when_it_ends(api: Api) -> None:
    world, team, event, guest, registration = await full(api)
    await change(api, team.manager, "updateWaitlistPolicy", "event { id }", eventId=event.id, offerMinutes=30)
    first = await world.wait(event, ana := address("ana"))
    second = await world.wait(event, ben := address("ben"))
    await give_back(api, guest, registration)

    # Nobody was told: at the latest a day and the offer's own time later it is over.
    api.clock.advance(hours=24, minutes=30)
    await codes(api, address("newcomer"), "register", **places(event))

    assert (await entry_of(api, ana, first))["status"] == "EXPIRED"
    assert (await entry_of(api, ben, second))["status"] == "OFFERED"
    assert await codes(api, ana, "acceptOffer", id=first) == ["OFFER_OVER"]


async def test_newcomers_do_not_pass_those_who_wait(api: Api) -> None:
    world, _, event, guest, registration = await full(api, capacity=2)
    await world.wait(event, address("group"), quantity=2)
    [one, _] = await tickets_of(api, guest, registration)
    await give_back(api, guest, registration, ticketIds=[one["id"]])

    [problem] = await refusals(api, address("newcomer"), "register", **places(event))

    assert problem["code"] == "OTHERS_ARE_WAITING"
    assert problem["retryable"] is True
    assert problem["params"] == {"asked": 1, "available": 1, "waiting": 1}
    assert await used(api, event) == {"confirmed": 1, "waitlisted": 1, "available": 1}


async def test_nobody_waits_behind_a_group_unless_the_policy_lets_them_pass(api: Api) -> None:
    world, team, event, guest, registration = await full(api, capacity=2)
    group = await world.wait(event, ana := address("ana"), quantity=2)
    single = await world.wait(event, ben := address("ben"))
    [one, two] = await tickets_of(api, guest, registration)
    await give_back(api, guest, registration, ticketIds=[one["id"]])
    assert [entry[1] for entry in await statuses(api, team.staff, event)] == ["WAITING", "WAITING"]

    await change(api, team.manager, "updateWaitlistPolicy", "event { id }", eventId=event.id, lookPast=1)

    assert (await entry_of(api, ben, single))["status"] == "OFFERED"
    passed = await entry_of(api, ana, group)
    assert (passed["status"], passed["passed"]) == ("WAITING", 1)
    told = (await story_of(api, ana, group))[-1]
    assert told["kind"] == "WaitlistPassed"
    assert told["data"]["passed"] | {"pool_id": ""} == {"by": single, "pool_id": "", "available": 1, "times": 1}
    assert told["data"]["passed"]["pool_id"].startswith("pool_")
    # Passed as often as may be, it is waited for.
    late = await world.wait(event, cleo := address("cleo"))
    await change(api, ben, "declineOffer", JOINED, id=single)
    assert (await entry_of(api, cleo, late))["status"] == "WAITING"
    await give_back(api, guest, registration, ticketIds=[two["id"]])
    assert (await entry_of(api, ana, group))["status"] == "OFFERED"


async def test_a_suspended_entry_keeps_its_place(api: Api) -> None:
    world, _, event, guest, registration = await full(api)
    first = await world.wait(event, ana := address("ana"))
    second = await world.wait(event, ben := address("ben"))
    third = await world.wait(event, cleo := address("cleo"))

    suspended = await change(api, ana, "suspendWaitlistEntry", JOINED, id=first)
    again = await change(api, ana, "suspendWaitlistEntry", JOINED, id=first)
    await give_back(api, guest, registration)

    assert (suspended["waitlistEntry"]["status"], suspended["waitlistEntry"]["rank"]) == ("SUSPENDED", 1)
    assert again["waitlistEntry"]["version"] == 2
    assert (await entry_of(api, ben, second))["status"] == "OFFERED"
    resumed = await change(api, ana, "resumeWaitlistEntry", JOINED, id=first)
    assert (resumed["waitlistEntry"]["status"], resumed["waitlistEntry"]["rank"]) == ("WAITING", 1)
    assert (await entry_of(api, cleo, third))["rank"] == 2


async def test_a_priority_has_an_author_and_a_reason(api: Api) -> None:
    world, team, event, guest, registration = await full(api)
    await world.wait(event, address("ana"))
    speaker = await world.wait(event, ben := address("ben"))

    assert await codes(api, team.manager, "prioritizeWaitlistEntry", id=speaker, priority=5, reason=" ") == ["REQUIRED"]
    assert await codes(api, team.manager, "prioritizeWaitlistEntry", id=speaker, priority=1001, reason="!") == [
        "OUT_OF_RANGE"
    ]
    moved = await change(
        api, team.manager, "prioritizeWaitlistEntry", JOINED, id=speaker, priority=5, reason="A speaker."
    )
    await give_back(api, guest, registration)

    assert (moved["waitlistEntry"]["priority"], moved["waitlistEntry"]["rank"]) == (5, 1)
    assert (await entry_of(api, ben, speaker))["status"] == "OFFERED"
    told = next(line for line in await story_of(api, team.manager, speaker) if "Priority" in line["kind"])
    assert (told["reason"], told["changes"]) == ("A speaker.", [{"field": "priority", "before": 0, "after": 5}])
    refused = await attempt(api, ben, "prioritizeWaitlistEntry", JOINED, id=speaker, priority=9, reason="Me first.")
    assert refused.codes == ["FORBIDDEN"]


async def test_nobody_waits_while_places_are_left(api: Api) -> None:
    _, _, event = await listed(api, capacity=2)

    [problem] = await refusals(api, address("guest"), "joinWaitlist", **places(event))

    assert (problem["code"], problem["params"]) == ("WAITLIST_NOT_NEEDED", {"available": 2})


async def test_nobody_waits_twice_for_one_tier(api: Api) -> None:
    world, _, event, _, _ = await full(api, capacity=2)
    await world.wait(event, guest := address("guest"), quantity=2)

    [problem] = await refusals(api, guest, "joinWaitlist", **places(event))

    assert (problem["code"], problem["params"]) == ("ALREADY_ON_WAITLIST", {"quantity": 2})


async def test_a_group_that_could_never_fit_does_not_wait(api: Api) -> None:
    _, _, event, _, _ = await full(api, capacity=2)

    [problem] = await refusals(api, address("guest"), "joinWaitlist", **places(event, quantity=3))

    assert (problem["code"], problem["params"]) == ("GROUP_TOO_LARGE", {"asked": 3, "limit": 2})


async def test_lists_end_with_the_sale(api: Api) -> None:
    world, _, event, _, _ = await full(api, tiers={"Standard": {"salesEndAt": "2026-11-25T12:00:00Z"}})
    entry = await world.wait(event, guest := address("guest"))

    api.clock.advance(days=2)
    late = await codes(api, address("late"), "joinWaitlist", **places(event))

    assert late == ["SALES_ENDED"]
    assert (await entry_of(api, guest, entry))["status"] == "CLOSED"
    assert await codes(api, guest, "leaveWaitlist", id=entry) == ["WAITLIST_ENTRY_OVER"]


async def test_nobody_waits_for_a_tier_of_another_event_or_a_cancelled_one(api: Api) -> None:
    world, team, event, _, _ = await full(api)
    other = await world.event(team)
    guest = address("guest")

    foreign = await codes(api, guest, "joinWaitlist", **{**places(event), "ticketTierId": other.tiers["Standard"]})
    await world.move(event.id, "cancel", team.manager)
    cancelled = await codes(api, guest, "joinWaitlist", **places(event))

    assert (foreign, cancelled) == (["TICKET_TIER_UNKNOWN"], ["REGISTRATION_CLOSED"])


@pytest.mark.parametrize(
    "mutation",
    ["leaveWaitlist", "suspendWaitlistEntry", "resumeWaitlistEntry", "acceptOffer", "declineOffer"],
)
async def test_an_entry_that_is_over_cannot_be_answered(api: Api, mutation: str) -> None:
    world, _, event, _, _ = await full(api)
    entry = await world.wait(event, guest := address("guest"))
    await change(api, guest, "leaveWaitlist", JOINED, id=entry, reason="Found another one.")
    version = await version_of(api, event)

    [problem] = await refusals(api, guest, mutation, id=entry)

    assert problem["code"] in {"WAITLIST_ENTRY_OVER", "OFFER_OVER"}
    assert "LEFT" in problem["message"]
    assert await version_of(api, event) == version


@pytest.mark.parametrize("mutation", ["acceptOffer", "declineOffer"])
async def test_what_was_not_offered_cannot_be_answered(api: Api, mutation: str) -> None:
    world, _, event, _, _ = await full(api)
    entry = await world.wait(event, guest := address("guest"))

    [problem] = await refusals(api, guest, mutation, id=entry)

    assert (problem["code"], problem["params"]) == ("OFFER_OVER", {"status": "WAITING"})


async def test_a_step_that_expects_another_version_changes_nothing(api: Api) -> None:
    world, _, event, _, _ = await full(api)
    entry = await world.wait(event, guest := address("guest"))

    for mutation in ("leaveWaitlist", "suspendWaitlistEntry", "acceptOffer"):
        assert await codes(api, guest, mutation, id=entry, expectedVersion=9) == ["VERSION_CONFLICT"]

    assert (await entry_of(api, guest, entry))["status"] == "WAITING"


async def test_joining_twice_under_one_key_is_one_entry(api: Api) -> None:
    _, team, event, _, _ = await full(api, capacity=3)
    guest = address("guest")
    given = {**places(event), "idempotencyKey": "queue"}

    first = await change(api, guest, "joinWaitlist", JOINED, **given)
    again = await change(api, guest, "joinWaitlist", JOINED, **given)

    assert first["waitlistEntry"]["id"] == again["waitlistEntry"]["id"]
    assert len(await statuses(api, team.staff, event)) == 1
    assert await codes(api, guest, "joinWaitlist", **{**given, "quantity": 2}) == ["IDEMPOTENCY_KEY_REUSED"]


async def test_the_list_is_filtered_by_status_and_tier(api: Api) -> None:
    world, team, event = await listed(api, tiers={"Standard": {"quota": 1}, "Balcony": {"quota": 1}})
    for tier in ("Standard", "Balcony"):
        await world.register(event, address("first"), tier=tier)
    below = await world.wait(event, guest := address("guest"))
    above = await world.wait(event, guest, tier="Balcony")
    await change(api, guest, "suspendWaitlistEntry", JOINED, id=above)

    assert await statuses(api, team.staff, event) == [(below, "WAITING", 1), (above, "SUSPENDED", 1)]
    assert await statuses(api, team.staff, event, status=["WAITING"]) == [(below, "WAITING", 1)]
    assert await statuses(api, team.staff, event, ticketTierId=event.tiers["Balcony"]) == [(above, "SUSPENDED", 1)]


async def test_the_viewers_entry_shows_with_the_event_while_it_lives(api: Api) -> None:
    world, _, event, _, _ = await full(api)
    entry = await world.wait(event, guest := address("guest"))

    async def mine() -> Any:
        return (await api.run(MINE, {"id": event.id}, by=guest)).data["event"]["viewerWaitlistEntry"]

    assert await mine() == {"id": entry, "status": "WAITING"}
    await change(api, guest, "leaveWaitlist", JOINED, id=entry)
    assert await mine() is None


async def test_whoever_waits_for_an_event_keeps_seeing_it(api: Api) -> None:
    world, team, event, _, _ = await full(api)
    entry = await world.wait(event, guest := address("guest"))
    await world.move(event.id, "cancel", team.manager)
    await world.move(event.id, "archive", team.manager)

    document = "{ viewer { waitlistEntries(first: 5) { edges { node { id event { status } } } } } }"
    answer = await api.run(document, by=guest)

    [edge] = answer.data["viewer"]["waitlistEntries"]["edges"]
    assert edge["node"] == {"id": entry, "event": {"status": "ARCHIVED"}}
    stranger = await api.run("query ($id: ID!) { event(id: $id) { id } }", {"id": event.id}, by=address("stranger"))
    assert stranger.data["event"] is None


async def test_a_policy_is_edited_with_the_event(api: Api) -> None:
    _, team, event = await listed(api)
    shown = "event { version waitlistPolicy { lookPast offerMinutes } }"
    before = (await change(api, team.manager, "updateWaitlistPolicy", shown, eventId=event.id))["event"]

    after = await change(
        api, team.manager, "updateWaitlistPolicy", shown, eventId=event.id, lookPast=3, offerMinutes=45
    )
    [conflict] = await refusals(
        api, team.manager, "updateWaitlistPolicy", eventId=event.id, lookPast=4, expectedVersion=before["version"]
    )

    assert before["waitlistPolicy"] == {"lookPast": 0, "offerMinutes": 1440}
    assert after["event"] == {
        "version": before["version"] + 1,
        "waitlistPolicy": {"lookPast": 3, "offerMinutes": 45},
    }
    assert conflict["code"] == "VERSION_CONFLICT"
    assert "lookPast" in conflict["message"]
    told = (await story_of(api, team.manager, event.id))[-1]
    assert (told["kind"], told["about"]) == ("WaitlistPolicyChanged", event.id)
    assert [change["field"] for change in told["changes"]] == ["lookPast", "offerMinutes"]


@pytest.mark.parametrize(
    ("given", "path"),
    [({"lookPast": -1}, "lookPast"), ({"lookPast": 101}, "lookPast"), ({"offerMinutes": 0}, "offerMinutes")],
)
async def test_a_policy_has_its_limits(api: Api, given: dict[str, int], path: str) -> None:
    _, team, event = await listed(api)

    [problem] = await refusals(api, team.manager, "updateWaitlistPolicy", eventId=event.id, **given)

    assert (problem["code"], problem["path"]) == ("OUT_OF_RANGE", [path])
