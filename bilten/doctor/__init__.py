"""`bilten doctor`: looks at an installation, changes nothing, and says what to do about what is wrong."""

import asyncio
from collections.abc import Callable

from bilten.doctor.examination import examine
from bilten.doctor.report import to_json, to_lines


def run_doctor(*, thorough: bool, as_json: bool, report: Callable[[str], None]) -> tuple[str, bool]:
    """What to print, and whether the installation is without a problem."""
    found = asyncio.run(examine(thorough=thorough, report=report))
    return (to_json(found) if as_json else "\n".join(to_lines(found))), found.healthy
