"""Installs packages into empty environments."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT_S = 600


@dataclass(frozen=True)
class Installed:
    """A client in an environment that has nothing else."""

    client: str
    folder: Path
    source: str
    """Where its program is written to."""
    command: tuple[str, ...]
    environment: dict[str, str]

    def run(self, program: str, address: str, api_key: str) -> str:
        """What a program prints."""
        (self.folder / self.source).write_text(program)
        spool = str(self.folder / "spool")
        own = {"AIUSAGE_ADDRESS": address, "AIUSAGE_API_KEY": api_key, "AIUSAGE_SPOOL_DIR": spool}
        return call(*self.command, folder=self.folder, **self.environment, **own)


def in_python_environment(folder: Path, package: Path) -> Installed:
    """A virtual environment. The code must not be found in the repository instead."""
    call("python3", "-m", "venv", str(folder), folder=folder.parent)
    python = str(folder / "bin/python")
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    call(python, "-m", "pip", "install", *quiet, str(package), folder=folder)
    return Installed("python", folder, "program.py", (python, "-I", "program.py"), {})


def in_node_folder(folder: Path, package: Path) -> Installed:
    """A folder with nothing but the package."""
    folder.mkdir()
    (folder / "package.json").write_text('{"private": true, "type": "module"}\n')
    quiet = ("--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline")
    call("npm", "install", *quiet, str(package), folder=folder)
    return Installed("node", folder, "program.js", ("node", "program.js"), {})


def in_cargo_project(folder: Path, package: Path, root: Path, target: Path) -> Installed:
    """A project with the crate and Tokio. What it depends on is built once, beside the rest."""
    (folder / "src").mkdir(parents=True)
    with tarfile.open(package) as packed:
        packed.extractall(folder, filter="data")
    crate = package.name.removesuffix(".crate")
    (folder / "Cargo.toml").write_text(
        f"""[package]
name = "program"
edition = "2024"

[dependencies]
aiusage-client = {{ path = "{crate}" }}
tokio = {{ version = "1", features = ["macros", "rt-multi-thread"] }}

[workspace]
""",
    )
    # The versions that the repository was tested with.
    shutil.copy(root / "Cargo.lock", folder)
    environment = {"CARGO_TARGET_DIR": str(target / "package-test")}
    return Installed("rust", folder, "src/main.rs", ("cargo", "run", "--quiet"), environment)


def call(*command: str, folder: Path, **environment: str) -> str:
    """Runs a command in a folder; what it prints."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
