from __future__ import annotations

import json
from pathlib import Path

import pytest

from aiusage import AsyncClient, Client, ConfigurationError
from aiusage._config import Credentials, Endpoint, find_credentials, parse_address

FILED = Credentials("http://127.0.0.1:50051", "aiusage_filed")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home without anything of the machine's own."""
    for variable in (
        "AIUSAGE_ADDRESS",
        "AIUSAGE_API_KEY",
        "AIUSAGE_CREDENTIALS_FILE",
        "XDG_CONFIG_HOME",
    ):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def write_credentials(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"address": FILED.address, "api_key": FILED.api_key}))


def test_arguments_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIUSAGE_ADDRESS", "http://environment:1")
    monkeypatch.setenv("AIUSAGE_API_KEY", "aiusage_environment")
    found = find_credentials("http://argument:1", "aiusage_argument")
    assert found == Credentials("http://argument:1", "aiusage_argument")


def test_the_environment_comes_before_the_file(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    write_credentials(home / ".config/aiusage/credentials.json")
    monkeypatch.setenv("AIUSAGE_ADDRESS", "http://environment:1")
    monkeypatch.setenv("AIUSAGE_API_KEY", "aiusage_environment")
    assert find_credentials(None, None) == Credentials(
        "http://environment:1", "aiusage_environment"
    )


def test_the_file_in_the_home_folder(home: Path) -> None:
    write_credentials(home / ".config/aiusage/credentials.json")
    assert find_credentials(None, None) == FILED
    assert find_credentials(FILED.address, None) == FILED


def test_the_file_in_the_configuration_folder(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "xdg"))
    write_credentials(home / "xdg/aiusage/credentials.json")
    assert find_credentials(None, None) == FILED


def test_the_file_that_the_environment_names(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "xdg"))
    monkeypatch.setenv("AIUSAGE_CREDENTIALS_FILE", str(home / "named.json"))
    write_credentials(home / "named.json")
    assert find_credentials(None, None) == FILED


def test_the_key_of_the_file_goes_to_no_other_address(home: Path) -> None:
    write_credentials(home / ".config/aiusage/credentials.json")
    with pytest.raises(ConfigurationError, match="no API key for http://elsewhere:1"):
        find_credentials("http://elsewhere:1", None)


@pytest.mark.parametrize("client_class", [Client, AsyncClient])
def test_without_anything_the_error_says_where_to_put_it(
    client_class: type[Client] | type[AsyncClient], home: Path
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        client_class()
    for place in ("address", "AIUSAGE_ADDRESS", str(home / ".config/aiusage/credentials.json")):
        assert place in str(caught.value)
    with pytest.raises(ConfigurationError, match="AIUSAGE_API_KEY"):
        client_class("http://127.0.0.1:1")


@pytest.mark.parametrize("content", ["", "[]", '{"address": "http://127.0.0.1:1"}'])
def test_a_spoiled_file_is_named(home: Path, content: str) -> None:
    path = home / ".config/aiusage/credentials.json"
    write_credentials(path)
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"credentials\.json must hold JSON"):
        find_credentials(None, None)


def test_a_key_is_not_shown_in_a_repr() -> None:
    assert FILED.api_key not in repr(FILED)


@pytest.mark.parametrize(
    ("address", "target", "secure"),
    [
        ("http://127.0.0.1:50051", "127.0.0.1:50051", False),
        ("http://127.0.0.1:50051/", "127.0.0.1:50051", False),
        ("http://[::1]:50051", "[::1]:50051", False),
        ("https://aiusage.example.com", "aiusage.example.com:443", True),
    ],
)
def test_addresses(address: str, target: str, secure: bool) -> None:
    assert parse_address(address) == Endpoint(target, secure)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1:50051", "ftp://host:1", "http://", "http://host:1/path", "http://h:99999"],
)
def test_bad_addresses(address: str) -> None:
    with pytest.raises(ConfigurationError, match="http://host:port"):
        parse_address(address)
