"""What the README and `aiusage --help` say is so."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from conftest import ROOT, START_TIMEOUT_S, blocks, environment

README = (ROOT / "README.md").read_text()
NODE_CLIENT = ROOT / "clients/node"
# A block after `<!-- not run: … -->` is left out.
RUN = re.sub(r"<!-- not run: .*? -->\n```.*?```", "", README, flags=re.DOTALL)


def here(code, server):
    """The code with the address of this server, which no other program uses."""
    return code.replace("127.0.0.1:50051", server.authority)


@pytest.mark.parametrize("block", blocks(RUN, "sh"))
def test_a_shell_block_runs(server, block):
    server.run("sh", "-euc", here(block, server))


def test_what_the_import_says(server):
    (block,) = [block for block in blocks(RUN, "sh") if "aiusage import" in block]
    server.run("sh", "-euc", block)
    assert server.run("sh", "-euc", block).startswith("0 stored, 2 known already, 0 refused")


def printed(code, comment):
    """What an example says that it prints: `print(…)  # this`."""
    return "".join(f"{line}\n" for line in re.findall(rf"(?:print|log)\(.*\);? *{comment} (.*)", code))


@pytest.mark.parametrize("code", blocks(README, "python"))
def test_a_python_example(server, code):
    before = requests_of_ada(server)
    assert server.run(sys.executable, "-c", code) == printed(code, "#")
    assert requests_of_ada(server) == before + 1


def requests_of_ada(server):
    return json.loads(server.run("aiusage", "cost", "ada", "--json"))["totals"]["request_count"]


def test_the_node_example(server):
    (code,) = blocks(README, "js")
    program = ["node", "--input-type=module", "--eval", code]
    # Inside its own folder the package knows itself by its name.
    in_client = ["sh", "-euc", 'cd "$0" && "$@"', NODE_CLIENT, *program]
    assert server.run(*in_client) == printed(code, "//")


def test_links_lead_to_files():
    for page in [ROOT / "README.md", *ROOT.glob("clients/*.md"), *ROOT.glob("catalogue/*.md")]:
        for link in re.findall(r"\]\(([^):#]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def rows(heading):
    """The rows of the table under a heading, without its own heading."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def flags(text):
    """Each flag of a help text: its name, its variable and its default."""
    options = re.split(r"^ +(?=(?:-\w, )?--)", text, flags=re.MULTILINE)[1:]
    for option in options:
        name = re.search(r"--[a-z-]+", option)[0]
        variable, default = re.search(r"\[env: ([A-Z_]+)", option), re.search(r"\[default: (.*)\]", option)
        yield name, variable and variable[1], default and default[1]


def test_the_table_of_flags_is_that_of_serve(server):
    own = server.aiusage("serve", "--help").split("\nConnection:")[0]
    actual = {name: (variable, default) for name, variable, default in flags(own) if name != "--help"}
    table = {row[0].strip("`"): row[1:3] for row in rows("Configuration") if row[0]}
    assert table.keys() == actual.keys()
    for name, (variable, default) in actual.items():
        assert table[name][0].strip("`") == (variable or ""), name
        if default:
            assert table[name][1] == f"`{default}`", name


def test_the_table_of_make_is_that_of_make():
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    commands = re.findall(r"^  (\w+) ", shown, re.MULTILINE)
    assert commands[0] == "help"
    assert [row[0] for row in rows("Development")] == [f"`make {command}`" for command in commands[1:]]


def test_every_command_has_help(server):
    listed = re.findall(r"^  ([a-z]+) {2,}\w", server.aiusage("--help").split("\nOptions:")[0], re.MULTILINE)
    assert len(listed) == len(set(listed)) >= 10
    for command in listed:
        text = server.aiusage(command, "--help")
        assert f"\nUsage: aiusage {command} " in text
        for name, variable, _ in flags(text):
            assert variable is None or re.fullmatch(r"AIUSAGE_[A-Z_]+|DATABASE_URL", variable), name
        # A flag without a description would be followed by the next one.
        assert not re.search(r"^ +--[a-z-]+.*\n\s*(?:-\w, )?--", text, re.MULTILINE), command
    for command in set(re.findall(r"\baiusage ([a-z]+)\b(?= |`)", "\n".join(re.findall(r"`[^`]+`", README)))):
        assert command in listed, f"the README speaks of aiusage {command}"


def test_make_run_starts_the_service_and_an_interrupt_stops_it():
    home = Path(tempfile.mkdtemp(prefix="aiusage-"))
    home.chmod(0o755)
    # What was built for these tests is run as it is.
    command = ["make", "run", "PROFILE=dev", "CARGO=true", "ARGS=--listen 127.0.0.1:0"]
    log = home / "log"
    with log.open("wb") as output:
        # A session of its own, as a terminal has: Ctrl-C goes to all of its processes.
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(home), stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    give_up = time.monotonic() + START_TIMEOUT_S
    while "Ctrl-C stops." not in log.read_text():
        assert process.poll() is None and time.monotonic() < give_up, log.read_text()  # noqa: PT018
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(30)
    assert "Stopping: calls that are under way end first." in log.read_text()
    assert "panicked" not in log.read_text()
    assert not (home / "data/postgres/cluster/postmaster.pid").exists()
