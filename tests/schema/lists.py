"""Asks for a page of events."""

from typing import Any

from tests.api import Api

EVENTS = """
query ($first: Int, $after: String, $last: Int, $before: String, $filter: EventFilter, $order: EventOrder) {
  events(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $order) {
    edges {
      cursor
      node { id slug title category status startsAt createdAt online organization { id } venue { city country } }
    }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}
"""
SEARCH = {"search": "jazz"}
Node = dict[str, Any]


def ordered(order: str, filter_: dict[str, Any] | None = None) -> dict[str, Any]:
    """Variables of a list in an order; by relevance there has to be a search."""
    return {"order": order, "filter": {**(SEARCH if order == "RELEVANCE" else {}), **(filter_ or {})}}


async def page(api: Api, **variables: Any) -> dict[str, Any]:
    return (await api.run(EVENTS, variables)).data["events"]


def nodes(found: dict[str, Any]) -> list[Node]:
    return [edge["node"] for edge in found["edges"]]
