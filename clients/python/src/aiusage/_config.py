"""Finds the service: arguments first, then the environment, then the credentials file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from .errors import ConfigurationError

ADDRESS_VARIABLE = "AIUSAGE_ADDRESS"
API_KEY_VARIABLE = "AIUSAGE_API_KEY"
CREDENTIALS_FILE_VARIABLE = "AIUSAGE_CREDENTIALS_FILE"

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Endpoint:
    """Where the service listens."""

    target: str
    secure: bool


@dataclass(frozen=True, repr=False)
class Credentials:
    """An address and the API key for it. Without a repr: a key is no text for logs."""

    address: str
    api_key: str


def find_credentials(address: str | None, api_key: str | None) -> Credentials:
    """The credentials to use, or a `ConfigurationError` that says what is missing.

    The key of the credentials file goes to the address of that file alone, never
    to an address that came from elsewhere.
    """
    address = address or os.environ.get(ADDRESS_VARIABLE)
    api_key = api_key or os.environ.get(API_KEY_VARIABLE)
    if address and api_key:
        return Credentials(address, api_key)
    path = credentials_path()
    filed = _read_credentials(path)
    if filed is None:
        raise ConfigurationError(_missing(address, path))
    if not address or address == filed.address:
        return Credentials(filed.address, api_key or filed.api_key)
    raise ConfigurationError(
        f"no API key for {address}: pass api_key or set {API_KEY_VARIABLE} "
        f"(the key in {path} is for {filed.address})"
    )


def credentials_path() -> Path:
    """Where the credentials file is looked for."""
    if given := os.environ.get(CREDENTIALS_FILE_VARIABLE):
        return Path(given)
    config_home = os.environ.get("XDG_CONFIG_HOME")
    folder = Path(config_home) if config_home else Path.home() / ".config"
    return folder / "aiusage" / "credentials.json"


def parse_address(address: str) -> Endpoint:
    """Splits an address such as "http://127.0.0.1:50051"; http:// is plaintext, https:// is TLS."""
    complaint = f"the address must look like http://host:port or https://host:port, is {address!r}"
    try:
        url = urlsplit(address)
        default_port = _DEFAULT_PORTS[url.scheme]
        port = url.port or default_port
    except (ValueError, KeyError) as error:
        raise ConfigurationError(complaint) from error
    if not url.hostname or url.path.strip("/"):
        raise ConfigurationError(complaint)
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    return Endpoint(target=f"{host}:{port}", secure=url.scheme == "https")


def _read_credentials(path: Path) -> Credentials | None:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"cannot read the credentials file {path}: {error}") from error
    try:
        content = json.loads(text)
        return Credentials(address=content["address"], api_key=content["api_key"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f'{path} must hold JSON such as {{"address": "http://127.0.0.1:50051", '
            '"api_key": "aiusage_..."}'
        ) from error


def _missing(address: str | None, path: Path) -> str:
    if address:
        return f"no API key for {address}: pass api_key or set {API_KEY_VARIABLE}"
    return (
        f"no address of the service: pass address, set {ADDRESS_VARIABLE}, or start "
        f"`aiusage serve` on this machine, which writes {path}"
    )
