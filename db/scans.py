"""Scans at the door that are past their time: no device uploads what it read at an event so long over."""

from datetime import datetime, timedelta

from db.database import Session

LIFETIME = timedelta(days=90)
"""How long after the end of its event a scan is kept. The ticket itself says for ever when it was used."""
AT_ONCE = 10_000
"""How many scans one round deletes, so that it is over in a moment; the next one goes on."""

_PURGE = f"""
DELETE FROM check_in_scans WHERE (event_id, nonce) IN (
    SELECT scan.event_id, scan.nonce FROM check_in_scans AS scan JOIN events AS event ON event.id = scan.event_id
    WHERE event.ends_at < $1 LIMIT {AT_ONCE}
)
"""


async def purge(session: Session, now: datetime) -> int:
    """Delete the scans past their lifetime, a bounded number of them; returns how many."""
    return await session.execute(_PURGE, now - LIFETIME)
