"""`bilten doctor`: looks at an installation, changes nothing, and says what to do about what is wrong."""

import asyncio
from collections.abc import Callable

from bilten.config import Settings
from bilten.doctor.examination import examine
from bilten.doctor.report import to_json, to_lines
from bilten.doctor.settings import load_settings
from bilten.logs import configure_logging


def run_doctor(*, thorough: bool, as_json: bool, report: Callable[[str], None]) -> tuple[str, bool]:
    """What to print, and whether the installation is without a problem."""
    settings, findings = load_settings()
    configure_logging(settings or Settings.model_construct())
    found = asyncio.run(examine(settings, findings, thorough=thorough, report=report))
    return (to_json(found) if as_json else "\n".join(to_lines(found))), found.healthy
