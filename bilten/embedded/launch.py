"""Becomes one embedded service: takes on the identity it is told, ties its life to its parent, then runs the command.

Run as a script with `python -I -S`, by path, before anything of Bilten is importable: standard library only.
A user namespace and a parent-death signal both have to be set between fork and exec, in this order, because every
change of identity clears the signal. Arguments: parent pid, signal number, identity, command and its arguments;
identity is `same`, `namespace:UID:GID` or `account:UID:GID`. Without a command it only reports whether the identity
can be taken on.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
REFUSED = 97
"""Exit status when the kernel does not let the process take on the identity."""


def enter_namespace(*, uid: int, gid: int) -> None:
    """Appear as `uid` and `gid` while staying the same user to the rest of the machine. Linux only."""
    libc = ctypes.CDLL(None, use_errno=True)
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{gid} {outer_gid} 1", encoding="ascii")


def become_account(*, uid: int, gid: int) -> None:
    """Give up root for good and become an ordinary account."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def take_identity(identity: str) -> None:
    """Take on `identity`; raises OSError where the kernel refuses."""
    kind, _, ids = identity.partition(":")
    if kind == "same":
        return
    uid, gid = (int(part) for part in ids.split(":"))
    if kind == "namespace":
        enter_namespace(uid=uid, gid=gid)
    else:
        become_account(uid=uid, gid=gid)


def die_with(parent: int, signal_number: int) -> None:
    """Ask the kernel to signal this process when its parent ends, however it ends; a no-op outside Linux."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        # The parent was already gone when the signal was set, so it will never arrive.
        os.kill(os.getpid(), signal.SIGKILL)


def main(arguments: list[str]) -> int:
    """Run the command in place of this process."""
    parent, signal_number, identity, *command = arguments
    try:
        take_identity(identity)
    except OSError as error:
        sys.stderr.write(f"the identity {identity} was refused: {error.strerror}\n")
        return REFUSED
    if not command:
        return 0
    die_with(int(parent), int(signal_number))
    try:
        os.execv(command[0], command)  # noqa: S606 (no shell is wanted here)
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be run: {error.strerror}\n")
        return 126


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
