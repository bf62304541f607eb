"""The question that every tool asks first has to fit the limits, with room for the schema to grow."""

from graphql import get_introspection_query

from execution.limits import Limits
from tests.api import Api


async def test_the_usual_introspection_fits_with_room_to_grow(api: Api) -> None:
    everything = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )

    answer = await api.http.post("/graphql", json={"query": everything, "extensions": {"cost": True}})

    body = answer.json()
    assert "errors" not in body, body["errors"]
    assert body["extensions"]["cost"]["cost"] < 0.8 * Limits().introspection_cost
