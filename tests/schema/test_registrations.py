"""Registering through the API: places are taken once, and given back once."""

from tests.api import Api
from tests.world import REGISTER, World, address


async def test_last_place_is_sold_once(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, capacity=1)
    await world.register(event, address("first"))

    answer = await api.run(
        REGISTER,
        {"input": {"eventId": event.id, "ticketTierId": event.tiers["Standard"], "quantity": 1}},
        by=address("second"),
    )

    assert answer.problems("register") == ["SOLD_OUT"]
