"""What the pages are built from: exact versions and hashes, and no address that ties a build to one mirror."""

import json
import re
from pathlib import Path
from typing import Any

WEB = Path(__file__).parents[2] / "web"


def read(name: str) -> dict[str, Any]:
    return json.loads((WEB / name).read_text(encoding="utf-8"))


def test_every_package_is_named_with_its_exact_version() -> None:
    package = read("package.json")
    versions = {**package["dependencies"], **package["devDependencies"], **package["overrides"]}

    assert {name: version for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)} == {}


def test_lock_holds_a_hash_and_no_download_address_for_every_package() -> None:
    packages: dict[str, dict[str, Any]] = {
        path: lock for path, lock in read("package-lock.json")["packages"].items() if path
    }

    assert packages
    assert [path for path, lock in packages.items() if "resolved" in lock] == []
    assert [path for path, lock in packages.items() if not lock.get("integrity", "").startswith("sha512-")] == []


def test_bundler_is_locked_for_every_platform() -> None:
    locked = set(read("package-lock.json")["packages"])

    # Each of them is an optional package that `npm ci` can only install if the lock knows it.
    for platform in ("linux-x64-gnu", "linux-arm64-gnu", "linux-x64-musl", "darwin-arm64", "win32-x64-msvc"):
        assert f"node_modules/@rollup/rollup-{platform}" in locked
