"""Google Secret Manager over REST: read one version of one secret.

``GET {endpoint}/v1/projects/P/secrets/S/versions/V:access`` answers ``{"name", "payload": {"data": base64,
"dataCrc32c": decimal text}}``; the checksum is CRC-32C (Castagnoli, RFC 3720 appendix B.4) of the bytes. Source:
the API's public reference, Secret Manager v1. No exception of this module holds a value or an answer's body.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
GOOGLE = "https://secretmanager.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
PROJECT = re.compile(r"[a-z0-9][a-z0-9:.-]{3,62}")
VERSION = re.compile(r"latest|[1-9][0-9]{0,8}")
PINNED = re.compile(r"([a-z][a-z0-9-]{0,199})=(latest|[1-9][0-9]{0,8})")
CONNECT_SECONDS, READ_SECONDS = 3, 5
MOST_BYTES = 256 * 1024  # a secret holds at most 64 KiB, a third more in base64
CASTAGNOLI = 0x82F63B78


class Variables(Protocol):
    """What is asked of the environment (``luckygas.environment``, which is above this floor)."""

    def given(self, name: str) -> str | None: ...
    def text(self, name: str, default: str | None = None) -> str: ...
    def flag(self, name: str, default: bool = False) -> bool: ...
    def number(self, name: str, default: int, *, low: int = 0, high: int = 2**31) -> int: ...
    def words(self, name: str, default: str = "") -> list[str]: ...


class Unreachable(Exception):
    """The manager did not answer, or answered that it cannot now: nothing is known about the secret."""


class Denied(ImproperlyConfigured):
    """The manager answered that this process may not read the secret."""


def crc32c(data: bytes) -> int:
    """CRC-32C of the bytes, 0 to 2**32-1."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (CASTAGNOLI if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class SecretManager:
    """One project of the manager. ``read`` may take ``CONNECT_SECONDS + READ_SECONDS``, and a token as long again."""

    def __init__(
        self, project: str, *, version: str, pinned: dict[str, str], endpoint: str, anonymous: bool
    ) -> None:
        self._project = project
        self._version = version
        self._pinned = pinned
        self._endpoint = endpoint.rstrip("/")
        self._anonymous = anonymous
        self._credentials: Any = None

    @classmethod
    def of(cls, env: Variables) -> SecretManager | None:
        """As the environment says; None without ``LUCKYGAS_SECRETS_PROJECT``."""
        project = env.text("LUCKYGAS_SECRETS_PROJECT", "")
        if not project:
            return None
        if not PROJECT.fullmatch(project):
            raise ImproperlyConfigured(f"LUCKYGAS_SECRETS_PROJECT is {project!r}; use the project's id")
        version = env.text("LUCKYGAS_SECRETS_VERSION", "latest")
        if not VERSION.fullmatch(version):
            raise ImproperlyConfigured(f"LUCKYGAS_SECRETS_VERSION is {version!r}; use latest or a number")
        endpoint = env.text("LUCKYGAS_SECRETS_ENDPOINT", GOOGLE)
        anonymous = _stands_in(endpoint, simulation=env.flag("LUCKYGAS_SIMULATION"))
        pinned = _pinned(env.words("LUCKYGAS_SECRETS_PINNED"))
        return cls(project, version=version, pinned=pinned, endpoint=endpoint, anonymous=anonymous)

    def read(self, secret: str) -> str | None:
        """The value; None when the secret or its version is not there. Raises Unreachable and Denied."""
        version = self._pinned.get(secret, self._version)
        address = f"{self._endpoint}/v1/projects/{self._project}/secrets/{secret}/versions/{version}:access"
        status, body = self._get(address, secret)
        if status == 200:
            return _value(body, secret)
        if status in {400, 404}:  # 400: the version was disabled or destroyed
            return None
        if status in {401, 403}:
            raise Denied(f"The secret {secret} may not be read from Secret Manager ({status}).")
        raise Unreachable(f"Secret Manager answered {status} for {secret}")

    def _get(self, address: str, secret: str) -> tuple[int, bytes]:
        # Imported here: a fifth of a second, which an installation without the manager need not wait.
        import requests
        from google.auth import exceptions
        from google.auth.transport.requests import AuthorizedSession
        from urllib3.exceptions import HTTPError

        try:
            credentials = self._log_in()
        except exceptions.DefaultCredentialsError:
            raise Denied("This machine has no Google credentials to read secrets with.") from None
        except exceptions.GoogleAuthError as error:
            raise Unreachable(f"Google's log-in cannot be reached: {type(error).__name__}") from None
        try:
            with AuthorizedSession(credentials, refresh_timeout=READ_SECONDS) as session:
                answer = session.get(
                    address, timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False, stream=True
                )
                body = answer.raw.read(MOST_BYTES + 1, decode_content=True)
        except exceptions.DefaultCredentialsError:  # what no credentials are told to refresh after a 401
            return 401, b""
        except (exceptions.GoogleAuthError, requests.RequestException, HTTPError, OSError) as error:
            raise Unreachable(
                f"Secret Manager cannot be reached for {secret}: {type(error).__name__}"
            ) from None
        if len(body) > MOST_BYTES:
            raise Unreachable(f"Secret Manager answered too much for {secret}")
        return answer.status_code, body

    def _log_in(self) -> Any:
        if self._credentials is None:
            import google.auth
            from google.auth.credentials import AnonymousCredentials

            self._credentials = (
                AnonymousCredentials() if self._anonymous else google.auth.default(scopes=[SCOPE])[0]
            )
        return self._credentials


def _stands_in(endpoint: str, *, simulation: bool) -> bool:
    """Whether the endpoint is a stand-in that gets no credentials; anything but Google or that is refused."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    if parts.scheme == "https" and host.endswith(".googleapis.com"):
        return False
    if host in LOOPBACK and simulation:
        return True
    raise ImproperlyConfigured(
        f"LUCKYGAS_SECRETS_ENDPOINT is {endpoint!r}; use an https address under googleapis.com "
        "(a loopback server only with LUCKYGAS_SIMULATION=1)"
    )


def _pinned(words: list[str]) -> dict[str, str]:
    found = {}
    for word in words:
        match = PINNED.fullmatch(word)
        if match is None:
            raise ImproperlyConfigured(
                f"LUCKYGAS_SECRETS_PINNED has {word!r}; use name=number, such as database-url=3"
            )
        found[match[1]] = match[2]
    return found


def _value(body: bytes, secret: str) -> str:
    """The text of an answer; one that came damaged counts as none, because the next may come whole."""
    try:
        payload = json.loads(body)["payload"]
        data = base64.b64decode(payload["data"], validate=True)
        checksum = payload.get("dataCrc32c")
        whole = checksum is None or int(checksum) == crc32c(data)
        text = data.decode("utf-8").strip()
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise Unreachable(f"Secret Manager's answer for {secret} cannot be read") from None
    if not whole:
        raise Unreachable(f"Secret Manager's answer for {secret} has another checksum than it says")
    return text
