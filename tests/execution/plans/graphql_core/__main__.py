"""Unpacks the source distribution of graphql-core that lies in a folder, and runs its tests of execution on plans."""

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

SETTINGS = """\
[pytest]
asyncio_mode = strict
asyncio_default_fixture_loop_scope = function
python_classes = PyTest*
markers =
    slow
    timeout
"""


def run(folder: Path) -> int:
    """The exit status: 0 if what deviates is what is known to."""
    (packed,) = folder.glob("graphql_core-*.tar.gz")
    with tempfile.TemporaryDirectory(prefix="bilten-graphql-core-") as place:
        with tarfile.open(packed) as archive:
            archive.extractall(place, filter="data")
        (root,) = Path(place).iterdir()
        settings = root / "bilten.ini"
        settings.write_text(SETTINGS)
        options = ["-c", str(settings), "--rootdir", str(root), "-p", "upstream", "-p", "no:cacheprovider", "-q"]
        # Its tests are a package of the same name as ours: only the plugin's own folder may be on the path.
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
        return subprocess.run(
            [sys.executable, "-m", "pytest", *options, "--tb=no", "-r", "N", "tests/execution"],
            cwd=root,
            env=environment,
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1])))
