"""Checks the packages of the three clients: what is in them, and that they work when installed.

    check.py TARGET

TARGET is cargo's folder; the packages are in TARGET/package.
"""

from __future__ import annotations

import json
import re
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path

from install import Installed, in_cargo_project, in_node_folder, in_python_environment

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / "clients"
LICENSES = ("LICENSE-APACHE", "LICENSE-MIT")

sys.path.insert(0, str(CLIENTS / "python/tests"))
from server import Server, running_server  # noqa: E402


def main() -> None:
    """Checks everything; the first thing that is wrong ends it."""
    target = Path(sys.argv[1])
    version = common_version()
    packages = target / "package"
    # The wheel was built from the sdist.
    wheel = packages / f"aiusage-{version}-py3-none-any.whl"
    sdist = packages / f"aiusage-{version}.tar.gz"
    tarball = packages / f"aiusage-{version}.tgz"
    crate = packages / f"aiusage-client-{version}.crate"
    check_wheel(wheel)
    check_contents(sdist, f"aiusage-{version}", "pyproject.toml")
    check_contents(tarball, "package", "dist/esm/index.d.ts", "dist/cjs/index.js")
    check_contents(crate, f"aiusage-client-{version}", "src/lib.rs", "Cargo.toml")
    with tempfile.TemporaryDirectory(prefix="aiusage-package-") as empty, running_server() as server:
        installed = [
            in_python_environment(Path(empty, "python"), wheel),
            in_node_folder(Path(empty, "node"), tarball),
            in_cargo_project(Path(empty, "rust"), crate, ROOT, target),
        ]
        for each in installed:
            run_readme(each, server)
        check_recorded_by_rust(installed[0], server)
    print(f"packages {version}: {len(installed)} installations work")


def common_version() -> str:
    """The version, which the three clients share and their changelogs tell of."""
    versions = {
        "python": tomllib.loads(read("python/pyproject.toml"))["project"]["version"],
        "node": json.loads(read("node/package.json"))["version"],
        "rust": tomllib.loads(read("rust/Cargo.toml"))["package"]["version"],
    }
    expect(len(set(versions.values())) == 1, f"the versions differ: {versions}")
    version = versions["python"]
    for client in versions:
        expect(f"## [{version}]" in read(f"{client}/CHANGELOG.md"), f"{client}: no changelog")
        for name in LICENSES:
            expect(read(f"{client}/{name}") == (ROOT / name).read_text(), f"{client}: {name}")
    return version


def check_wheel(wheel: Path) -> None:
    """A wheel for every machine, with types and licences, and nothing but the package."""
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    expect("aiusage/py.typed" in names, "the wheel has no py.typed")
    for name in LICENSES:
        expect(any(each.endswith(f"licenses/{name}") for each in names), f"the wheel has no {name}")
    strangers = [name for name in names if not re.match(r"aiusage(-[\d.]+\.dist-info)?/", name)]
    expect(not strangers, f"the wheel has more than the package: {strangers}")


def check_contents(archive: Path, folder: str, *needed: str) -> None:
    """An archive of one folder, with its licences and no tests' leavings."""
    with tarfile.open(archive) as packed:
        names = packed.getnames()
    for name in (*LICENSES, "README.md", "CHANGELOG.md", *needed):
        expect(f"{folder}/{name}" in names, f"{archive.name} has no {name}")
    unwanted = [name for name in names if re.search(r"node_modules|__pycache__|dist/test", name)]
    expect(not unwanted, f"{archive.name} has {unwanted[:3]}")


def run_readme(installed: Installed, server: Server) -> None:
    """Runs the first program of a README, and looks at what it prints."""
    readme = read(f"{installed.client}/README.md")
    program = re.search(r"^```(?:python|js|rust,no_run)\n(.*?)^```", readme, re.M | re.S)
    expect(program is not None, f"the README for {installed.client} begins with no program")
    printed = installed.run(program.group(1), server.address, server.api_key)
    promised = re.findall(r"(?:print|console\.log)\(.*\);? *(?:#|//) (.*)", program.group(1))
    expect(
        printed.lower().split("\n")[:-1] == [line.lower() for line in promised],
        f"{installed.client}: the README promises {promised}, the program prints {printed!r}",
    )


def check_recorded_by_rust(python: Installed, server: Server) -> None:
    """The program for Rust prints nothing: what it recorded is asked for from Python."""
    program = 'from aiusage import Client\nprint(Client().get_user_cost("ada").totals.cost)\n'
    printed = python.run(program, server.address, server.api_key)
    # 1,200 input and 350 output tokens of gpt-4o, at 2.5 and 10 dollars for a million.
    expect("0.0065" in printed, f"ada's cost is {printed!r}")


def read(path: str) -> str:
    """The text of a client's file."""
    return (CLIENTS / path).read_text()


def expect(holds: bool, wrong: str) -> None:
    """Ends the check where something is wrong."""
    if not holds:
        sys.exit(f"check.py: {wrong}")


if __name__ == "__main__":
    main()
