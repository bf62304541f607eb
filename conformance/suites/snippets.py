"""The snippets of docs/clients.md, run as a reader would run them."""

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent.parent
FOLDER = CHECKOUT / "conformance"


def main() -> int:
    """Run them all against the server under test; they report by themselves."""
    command = [
        str(CHECKOUT / ".venv" / "bin" / "python"),
        str(CHECKOUT / "docs" / "snippets" / "check.py"),
        os.environ["CONFORMANCE_URL"],
        os.environ["CONFORMANCE_TOKEN"],
        *("--node-modules", str(FOLDER / "node_modules")),
        *("--python", sys.executable),
        *("--report", os.environ["CONFORMANCE_REPORT"]),
    ]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
