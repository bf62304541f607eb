"""What can go wrong with embedded services: one class per cause, each with a code and a one-line message."""

import errno
import re
from pathlib import Path

from bilten.failures import CommandFailed


class EmbeddedServiceFailed(CommandFailed):
    """An embedded service cannot run; the message is one line that says what to do."""

    code = "EMBEDDED_SERVICE_FAILED"


class HomeIsBusy(EmbeddedServiceFailed):
    """Another process holds this home."""

    code = "HOME_IS_BUSY"


class HomeIsUnusable(EmbeddedServiceFailed):
    """The home, or a folder inside it, cannot be created or written."""

    code = "HOME_IS_UNUSABLE"


class DiskIsFull(EmbeddedServiceFailed):
    """There is no room left where the service writes."""

    code = "DISK_IS_FULL"


class DataIsDamaged(EmbeddedServiceFailed):
    """The data folder is not one that PostgreSQL can open."""

    code = "DATA_IS_DAMAGED"


class DataIsInUse(EmbeddedServiceFailed):
    """Processes of a server that was killed still hold the data."""

    code = "DATA_IS_IN_USE"


class DataIsOfAnotherVersion(EmbeddedServiceFailed):
    """The data folder was made by another major version of PostgreSQL."""

    code = "DATA_IS_OF_ANOTHER_VERSION"


class BinaryIsMissing(EmbeddedServiceFailed):
    """No program for this service exists on this machine."""

    code = "BINARY_IS_MISSING"


class RootIsRefused(EmbeddedServiceFailed):
    """PostgreSQL does not run as root, and this machine offers no way around it."""

    code = "ROOT_IS_REFUSED"


class ServiceDidNotStart(EmbeddedServiceFailed):
    """The service ended or stayed silent instead of becoming ready."""

    code = "SERVICE_DID_NOT_START"


FULL = re.compile(
    r"No space left on device|quota exceeded|Check free disk space|wrote only \d+ of \d+ bytes", re.IGNORECASE
)


def full_disk(text: str, path: Path) -> DiskIsFull | None:
    """The coded reason when `text`, the words of a program that failed, tells of a full disk."""
    if not FULL.search(text):
        return None
    return DiskIsFull(f"no space is left for {path}: free some, then start again")


def explain_os_error(error: OSError, path: Path) -> EmbeddedServiceFailed:
    """The coded reason behind an operating system error at `path`."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskIsFull(f"no space is left for {path}: free some, then start again")
    reason = error.strerror or str(error)
    return HomeIsUnusable(f"{path} cannot be used ({reason}): set BILTEN_HOME to a folder that you may write")
