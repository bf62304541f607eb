"""What `docs/limits.md` tells operators and clients is what the code does."""

import re
from dataclasses import fields
from pathlib import Path

from bilten.budget import _AHEAD  # pyright: ignore[reportPrivateUsage]
from bilten.config import Settings
from bilten.connections import HEAD_SECONDS, MESSAGE_SECONDS, MOST_BYTES, MOST_HEAD_BYTES, PIPELINED, UNREAD_SECONDS
from execution.errors import LONGEST_MESSAGE
from execution.limits import Limits
from tests.attacks.line import post, query
from tests.attacks.victim import Victim
from transport.bodies import MAXIMUM, PATIENCE
from transport.parameters import BATCH

PAGE = (Path(__file__).parents[2] / "docs" / "limits.md").read_text(encoding="utf-8")


def test_every_limit_of_a_document_is_told_with_its_default() -> None:
    limits = Limits()

    for limit in fields(Limits):
        if limit.name in {"page", "list"}:
            continue
        assert f"| `{limit.name}` | {getattr(limits, limit.name):,} " in PAGE

    assert f"({limits.page} times without)" in PAGE
    assert f"below any other list {limits.list} times" in PAGE


def test_limits_of_requests_and_budgets_are_told_as_they_are() -> None:
    assert f"| body | {MAXIMUM:,} bytes" in PAGE
    assert f"| time for a body | {PATIENCE:g} seconds" in PAGE
    assert f"| request line and headers; trailers | {MOST_HEAD_BYTES:,} bytes" in PAGE
    assert f"its first byte | {HEAD_SECONDS:g} seconds" in PAGE
    assert f"| {MOST_BYTES:,} bytes, {MESSAGE_SECONDS:g} seconds" in PAGE
    assert f"| answer that nobody reads | {UNREAD_SECONDS:g} seconds" in PAGE
    assert f"are begun | {PIPELINED}," in PAGE
    assert f"| operations in a batch | {BATCH} |" in PAGE
    assert f"| message of an error | {LONGEST_MESSAGE:,} characters" in PAGE
    assert _AHEAD == 4
    defaults = Settings.model_fields
    assert f"{defaults['cost_per_minute'].default:,} | `BILTEN_COST_PER_MINUTE`" in PAGE
    assert f"{defaults['anonymous_cost_per_minute'].default:,} | `BILTEN_ANONYMOUS_COST_PER_MINUTE`" in PAGE
    assert defaults["max_operation_cost"].default == Limits().cost


async def test_worked_example_costs_what_the_page_says(victim: Victim) -> None:
    [document] = re.findall(r"```graphql\n(.*?)```", PAGE, re.DOTALL)
    [told] = re.findall(r"With `{\"n\": 12}` it costs (\d+)", PAGE)

    reply = await victim.asked(post(query(document, variables={"n": 12}, extensions={"cost": True})))

    [payload] = reply.payloads
    assert payload["extensions"]["cost"]["cost"] == int(told)
    assert len(payload["data"]["events"]["edges"]) == 12
