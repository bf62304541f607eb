"""Processes of the embedded services: starting them as the right user, stopping them, knowing whose they are."""

import asyncio
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from bilten.embedded.errors import RootIsRefused

LAUNCHER = Path(__file__).with_name("launch.py")
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Identity:
    """As whom a service runs.

    `same` is this user; `namespace` is this user under another number inside a user namespace (files keep their
    owner); `account` is another user of the machine, which only root can become.
    """

    kind: Literal["same", "namespace", "account"] = "same"
    uid: int = 0
    gid: int = 0

    def __str__(self) -> str:
        return self.kind if self.kind == "same" else f"{self.kind}:{self.uid}:{self.gid}"

    @property
    def owner(self) -> tuple[int, int] | None:
        """The owner that the service's folders need, or None for this user."""
        return (self.uid, self.gid) if self.kind == "account" else None


def choose_identity(data: Path) -> Identity:
    """As whom PostgreSQL can run here, given the folder that holds its data or will.

    It refuses root, and its initdb refuses a user without an entry in the user database. A user namespace answers
    both; where the kernel forbids it (many containers do), root can become an ordinary account. Data that an account
    already owns stays with it. Raises `RootIsRefused`.
    """
    uid = os.geteuid()
    if uid != 0 and _is_listed(uid):
        return Identity()
    account = _ordinary_account()
    owner = data.stat().st_uid if data.exists() else None
    if owner is not None and uid == 0 and owner != uid:
        return Identity("account", owner, data.stat().st_gid)
    namespace = Identity("namespace", account.pw_uid, account.pw_gid)
    if is_possible(namespace):
        return namespace
    ordinary = Identity("account", account.pw_uid, account.pw_gid)
    if uid == 0 and is_possible(ordinary):
        return ordinary
    who = "root" if uid == 0 else f"user {uid}, which has no entry in the user database"
    message = f"PostgreSQL does not run as {who}, and user namespaces are forbidden here: use an ordinary user"
    raise RootIsRefused(message)


def launcher_command(identity: Identity, command: Sequence[str], *, death_signal: signal.Signals) -> list[str]:
    """The command line that runs `command` as `identity` and ends it with this process."""
    options = [str(os.getpid()), str(int(death_signal)), str(identity)]
    return [sys.executable, "-I", "-S", str(LAUNCHER), *options, *command]


async def spawn(
    command: Sequence[str], *, identity: Identity, death_signal: signal.Signals, output: BinaryIO | int
) -> asyncio.subprocess.Process:
    """Start `command` as a child that Ctrl-C at the terminal does not reach and that never outlives this process."""
    return await asyncio.create_subprocess_exec(
        *launcher_command(identity, command, death_signal=death_signal),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=asyncio.subprocess.STDOUT,
        env=_plain_environment(),
        start_new_session=True,
    )


async def stop_child(process: asyncio.subprocess.Process, steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn until the child has ended, waiting the given seconds after each."""
    for number, seconds in steps:
        if process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(number)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), seconds)
            return


async def stop_leftover(pid: int, *, mark: str, steps: Sequence[tuple[signal.Signals, float]]) -> bool:
    """Stop a process that a killed owner of this home left behind; False when it is not provably that process.

    A process id may have been given to a stranger meanwhile, so `mark` (a path inside this home) has to be one of
    the words of its command line each time before a signal is sent.
    """
    if not has_on_command_line(pid, mark):
        return False
    for number, seconds in steps:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        waited = 0.0
        while waited < seconds:
            if not has_on_command_line(pid, mark):
                return True
            await asyncio.sleep(POLL_SECONDS)
            waited += POLL_SECONDS
    return not has_on_command_line(pid, mark)


def is_alive(pid: int) -> bool:
    """Whether any process has this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def has_on_command_line(pid: int, mark: str) -> bool:
    """Whether process `pid` is alive (not a zombie) and `mark` stands in its command line."""
    return mark in _command_line(pid)


def _command_line(pid: int) -> str:
    if Path("/proc/self/cmdline").exists():
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "surrogateescape")
        return ""
    listing = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False, text=True
    )
    return listing.stdout


def is_possible(identity: Identity) -> bool:
    """Whether the kernel lets this process run programs as `identity`."""
    command = launcher_command(identity, [], death_signal=signal.SIGTERM)
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _is_listed(uid: int) -> bool:
    with suppress(KeyError):
        return bool(pwd.getpwuid(uid))
    return False


def _ordinary_account() -> pwd.struct_passwd:
    accounts = [account for account in pwd.getpwall() if account.pw_uid != 0]
    preferred = [account for account in accounts if account.pw_name == "nobody"]
    if not accounts:
        message = "PostgreSQL does not run as root, and the user database of this machine lists no other user"
        raise RootIsRefused(message)
    return (preferred or accounts)[0]


def _plain_environment() -> dict[str, str]:
    """Only what a service needs: variables such as PGPORT would change its settings, a locale its messages."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}
