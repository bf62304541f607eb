"""The caretaker: of all processes over one database one, which gives back what has run out and compares the books."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from bilten.capacity_metrics import CapacityMetrics
from bilten.ledger_check import LedgerCheck
from bilten.sweeper import Settler, Sweeper
from db.database import Database
from db.leaders import keep_leading

NAME = "caretaker"


async def keep_caring(
    url: str, database: Database, settler: Settler, metrics: CapacityMetrics, clock: Callable[[], datetime]
) -> None:
    """Sweep and compare whenever this process leads, until cancelled. `url` leads to PostgreSQL without a pooler.

    Both share one lead, because every process keeps a connection for each.
    """
    sweeper = Sweeper(database, settler, metrics, clock)
    check = LedgerCheck(database, metrics)

    async def work() -> None:
        checking = asyncio.create_task(check.run(), name="ledger check")
        try:
            await sweeper.run()
        finally:
            checking.cancel()
            with suppress(asyncio.CancelledError):
                await checking

    await keep_leading(url, NAME, work)
