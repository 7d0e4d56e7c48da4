"""The cases that all clients run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "conformance"


def cases(pattern: str) -> list[Any]:
    """The cases of these files, each with the name of its file in its own."""
    found = []
    for path in sorted(FOLDER.glob(pattern)):
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
            found.append({**case, "name": f"{path.stem}: {case['name']}"})
    assert found, f"no cases in {FOLDER}/{pattern}"
    return found


def names(cases: list[Any]) -> list[str]:
    return [case["name"] for case in cases]


def case_of(file: str, start: str) -> Any:
    """The case of this file whose name begins so."""
    (found,) = (case for case in cases(file) if case["name"].partition(": ")[2].startswith(start))
    return found
