"""Brings in the price lists of genai-prices and litellm as they are published, through the command.

The first is what the service is shipped with: it must not differ. The second names thousands of models
that the first lacks, and may change none that it has.
"""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT, running_server

LITELLM = "litellm==1.109.1"
LITELLM_FILE = "litellm/model_prices_and_context_window_backup.json"
# A thousand times too dear, as found in the list; and one that only reads, at 100 dollars a million.
IMPLAUSIBLE = {
    ("azure", "jais-30b-chat"),
    ("watsonx", "core42/jais-13b-chat"),
    ("cohere", "embed-multilingual-light-v3.0"),
}


@pytest.fixture(scope="module")
def server():
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def litellm_file(tmp_path_factory):
    """The price file of litellm's package, without the package's many needs."""
    folder = tmp_path_factory.mktemp("litellm")
    fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, LITELLM]
    subprocess.run(fetch, check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as package:
        return Path(package.extract(LITELLM_FILE, folder))


@pytest.fixture(scope="session")
def genai_file(tmp_path_factory):
    made = subprocess.run([sys.executable, ROOT / "scripts/gen-catalogue-data"], check=True, capture_output=True)
    path = tmp_path_factory.mktemp("genai-prices") / "data.json"
    path.write_bytes(made.stdout)
    return path


def sync(server, path, *arguments):
    return json.loads(server.aiusage("prices", "sync", path, "--json", *arguments))


def counts(summary):
    return {key: summary[f"{key}_count"] for key in ("new", "changed", "ended", "refused", "foreign")}


def test_what_is_shipped_does_not_differ_from_its_source(server, genai_file):
    answer = sync(server, genai_file, "--list-version", "0.2.3")
    assert counts(answer["summary"]) == dict.fromkeys(("new", "changed", "ended", "refused", "foreign"), 0)
    assert answer["summary"]["unchanged_count"] == 2330
    assert answer["summary"]["applied"] is False
    assert answer["differences"] == []


def test_a_second_list_adds_and_changes_nothing_that_is_there(server, genai_file, litellm_file):
    before = server.aiusage("prices", "list", "--json")
    planned = sync(server, litellm_file, "--list-version", "1.109.1", "--dry-run")
    assert server.aiusage("prices", "list", "--json") == before, "a dry run changes nothing"

    applied = sync(server, litellm_file, "--list-version", "1.109.1")
    # All but the time of the sync, from which on the other list's prices would hold.
    untimed = [[row | {"effective_from_time": None} for row in run["differences"]] for run in (planned, applied)]
    assert untimed[0] == untimed[1]
    summary = applied["summary"]
    assert summary["applied"] is True
    assert summary["new_count"] > 3000
    assert summary["changed_count"] == summary["ended_count"] == 0
    refused = {(row["provider"], row["model"]) for row in applied["differences"] if row["kind"] == "refused"}
    assert refused >= IMPLAUSIBLE

    known = {(row["provider"], row["model"]): row for row in json.loads(before)["prices"]}
    after = {
        (row["provider"], row["model"]): row for row in json.loads(server.aiusage("prices", "list", "--json"))["prices"]
    }
    assert all(after[model] == row for model, row in known.items())
    assert len(after) == len(known) + summary["new_count"]

    # Once more, of either list: nothing is left to do.
    for path in (litellm_file, genai_file):
        again = counts(sync(server, path)["summary"])
        assert (again["new"], again["changed"], again["ended"]) == (0, 0, 0), path
