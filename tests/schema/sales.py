"""Events that are sold, and how to look at what is taken of them: for the tests of holds, lists, pools and doors."""

from typing import Any

from tests.api import Api
from tests.world import Listed, Team, World

STATUS = """
query ($id: ID!) {
  event(id: $id) { capacityStatus { confirmed held offered blocked checkedIn available waitlisted soldOut version } }
}
"""
ENTRY = """
query ($id: ID!) {
  node(id: $id) {
    ... on WaitlistEntry {
      status quantity rank priority passed offeredAt offerExpiresAt registration { id status quantity } version
      viewerCan
    }
  }
}
"""
TICKETS = "query ($id: ID!) { node(id: $id) { ... on Registration { tickets { id code status attendeeName } } } }"
STORY = """
query ($id: ID!) {
  node(id: $id) {
    ... on Registration { history(first: 50) { edges { node { kind reason changes { field before after } data } } } }
    ... on WaitlistEntry { history(first: 50) { edges { node { kind reason changes { field before after } data } } } }
    ... on Event { history(first: 50) { edges { node { kind about reason changes { field before after } data } } } }
  }
}
"""


async def listed(api: Api, **details: Any) -> tuple[World, Team, Listed]:
    """A world with a team that has published an event."""
    world = World(api)
    team = await world.team()
    return world, team, await world.event(team, **details)


def places(event: Listed, tier: str = "Standard", quantity: int = 1) -> dict[str, Any]:
    """What a claim on places of a tier says."""
    return {"eventId": event.id, "ticketTierId": event.tiers[tier], "quantity": quantity}


async def used(api: Api, event: Listed) -> dict[str, Any]:
    """How much of the event's capacity is used: what is not 0 of it, and what is left."""
    status = (await api.run(STATUS, {"id": event.id})).data["event"]["capacityStatus"]
    names = ("confirmed", "held", "offered", "blocked", "checkedIn", "waitlisted")
    return {name: status[name] for name in names if status[name]} | {"available": status["available"]}


async def version_of(api: Api, event: Listed) -> int:
    """How many facts the event's stream has."""
    return (await api.run(STATUS, {"id": event.id})).data["event"]["capacityStatus"]["version"]


async def entry_of(api: Api, by: str, entry: str) -> dict[str, Any]:
    """A waiting-list entry as its owner sees it."""
    return (await api.run(ENTRY, {"id": entry}, by=by)).data["node"]


async def tickets_of(api: Api, by: str, registration: str) -> list[dict[str, Any]]:
    """The tickets of a registration."""
    return (await api.run(TICKETS, {"id": registration}, by=by)).data["node"]["tickets"]


async def story_of(api: Api, by: str, object_id: str) -> list[dict[str, Any]]:
    """What happened to an object, oldest first."""
    answer = await api.run(STORY, {"id": object_id}, by=by)
    return [edge["node"] for edge in reversed(answer.data["node"]["history"]["edges"])]
