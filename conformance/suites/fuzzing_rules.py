"""What schemathesis is told about our schema: values for its scalars, and which answers are failures of the server."""

import atexit
import json
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

MISTAKES_OF_CLIENTS = {
    "UNAUTHENTICATED",
    "FORBIDDEN",
    "NOT_FOUND",
    "BAD_USER_INPUT",
    "QUERY_TOO_COMPLEX",
}
ANSWERS_FILE = Path("answers.json")
"""Where the counts of answers go, by the codes of their errors; a file in the folder that schemathesis runs in."""
NONSENSE = st.one_of(st.text(max_size=20), st.sampled_from(["", "0", "null", "2026-02-30T25:61:00Z", "a@b@c"]))
LOCAL_TIMES = st.one_of(
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2030, 1, 1)),  # noqa: DTZ001 - wall-clock times
    st.datetimes(),
)
OFFSETS = st.integers(min_value=-14 * 60, max_value=14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
GOOD_VALUES = {
    "LocalDateTime": LOCAL_TIMES.map(datetime.isoformat),
    "DateTime": st.builds(lambda local, offset: local.replace(tzinfo=offset).isoformat(), LOCAL_TIMES, OFFSETS),
    "TimeZone": st.sampled_from(["Europe/Ljubljana", "America/New_York", "Asia/Tokyo", "UTC", "Australia/Lord_Howe"]),
    "CurrencyCode": st.sampled_from(["EUR", "USD", "JPY", "KWD", "XXX", "eur"]),
    "EmailAddress": st.emails(),
    "URL": st.sampled_from(["https://bilten.example/event", "http://[::1]:8080/?q=%00", "javascript:alert(1)", "//x"]),
}

for name, good in GOOD_VALUES.items():
    # One in four is nonsense, which has to be refused well too.
    schemathesis.graphql.scalar(name, st.one_of(good, good, good, NONSENSE).map(nodes.String))


@schemathesis.check
def errors_are_of_the_client(
    _context: schemathesis.CheckContext, response: schemathesis.Response, _case: schemathesis.Case
) -> None:
    """Every answer is below 500, and each of its errors has the code of a mistake that a client can make."""
    assert response.status_code < 500, f"status {response.status_code}"
    errors = response.json().get("errors", [])
    codes = {error.get("extensions", {}).get("code") for error in errors}
    _answers.update(codes or {"DONE"})
    assert codes <= MISTAKES_OF_CLIENTS, errors


_answers: Counter[str] = Counter()


@atexit.register
def _write_answers() -> None:
    ANSWERS_FILE.write_text(json.dumps(_answers), encoding="utf-8")
