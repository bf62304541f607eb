"""The plans of one operation: one for each choice of the variables that `@skip` and `@include` depend on."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from execution.plans import Plan, Unsupported

Choice = tuple[bool, ...]


@dataclass(slots=True)
class Plans:
    """The plans of one operation."""

    flags: Mapping[str, bool | None]
    """Which variables a plan depends on, with their defaults."""
    reason: str | None = None
    """Why there is none and will be none."""
    made: dict[Choice, Plan] = field(default_factory=dict[Choice, Plan])
    pending: dict[Choice, asyncio.Future[Plan | Unsupported]] = field(
        default_factory=dict[Choice, "asyncio.Future[Plan | Unsupported]"]
    )

    def choice(self, variables: Mapping[str, Any]) -> Choice | None:
        """What the variables choose; nothing where one is no boolean, which is for graphql-core to refuse."""
        chosen: list[bool] = []
        for name, default in self.flags.items():
            flag = variables.get(name, default)
            if not isinstance(flag, bool):
                return None
            chosen.append(flag)
        return tuple(chosen)
