"""Plain Python with httpx2: everything that GraphQL over HTTP needs in ten lines."""

import os
import uuid
from typing import Any

import httpx2

bilten = httpx2.Client(headers={"authorization": f"Bearer {os.environ['BILTEN_TOKEN']}"}, timeout=30)


def run(document: str, **variables: object) -> dict[str, Any]:
    """The data of an operation. Raises what the server said when there is none, or not all of it."""
    answer = bilten.post(os.environ["BILTEN_URL"], json={"query": document, "variables": variables}).json()
    if "errors" in answer:
        raise RuntimeError(*[f"{error['extensions']['code']}: {error['message']}" for error in answer["errors"]])
    return answer["data"]


agenda = run("query Agenda($count: Int!) { events(first: $count) { edges { node { id title startsAt } } } }", count=3)
print(*[edge["node"]["title"] for edge in agenda["events"]["edges"]], sep="\n")

LIKE = """
mutation Like($input: UpdatePreferencesInput!) {
  updatePreferences(input: $input) { user { id version } problems { code message path retryable } }
}
"""
wish = {"favouriteCategories": ["meetup", "workshop"], "idempotencyKey": str(uuid.uuid4())}
done, again = (run(LIKE, input=wish)["updatePreferences"] for _ in range(2))
assert done["problems"] == [], done["problems"]
assert done == again, "the second one was carried out as well"

refused = run(LIKE, input={"favouriteCategories": ["meetup"] * 21})["updatePreferences"]
assert [problem["path"] for problem in refused["problems"]] == [["favouriteCategories"]], refused

try:
    run('{ event(id: "nonsense") { title } }')
except RuntimeError as error:
    assert str(error) == "BAD_USER_INPUT: The id is malformed.", error
