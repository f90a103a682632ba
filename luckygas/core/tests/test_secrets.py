"""Where a secret comes from, for how long it is kept, and that its value is told to nobody."""

import base64
import json
import logging
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.exceptions import ImproperlyConfigured

from luckygas.core import checks, secrets
from luckygas.core.secret_manager import Denied, SecretManager, Unreachable, crc32c
from luckygas.environment import Environment

PROJECT = "lucky-gas-test"
VALUE = "hunter2-hunter2"


class Manager:
    """Answers as Secret Manager does, on loopback."""

    def __init__(self):
        self.versions = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.damage = False
        self.wait = 0.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                outer.headers.append(dict(self.headers))
                time.sleep(outer.wait)
                status, body = outer.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, path):
        if self.status != 200:
            return self.status, json.dumps({"error": {"message": VALUE}}).encode()
        data = self.versions.get(path)
        if data is None:
            return 404, b'{"error": {"code": 404, "status": "NOT_FOUND"}}'
        checksum = crc32c(data) ^ (1 if self.damage else 0)
        payload = {"data": base64.b64encode(data).decode(), "dataCrc32c": str(checksum)}
        return 200, json.dumps({"name": path, "payload": payload}).encode()

    def put(self, secret, value, version="latest"):
        path = f"/v1/projects/{PROJECT}/secrets/{secret}/versions/{version}:access"
        self.versions[path] = value if isinstance(value, bytes) else value.encode()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def manager():
    running = Manager()
    yield running
    running.stop()


def resolver(manager, **variables):
    given = {
        "LUCKYGAS_SECRETS_PROJECT": PROJECT,
        "LUCKYGAS_SECRETS_ENDPOINT": manager.endpoint,
        "LUCKYGAS_SIMULATION": "1",
    }
    return secrets.Resolver.of(Environment(given | variables))


def test_the_checksum_is_castagnolis():
    # RFC 3720, B.4: 32 bytes of zeros, of ones, 0…31; and the check value of the catalogues.
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E
    assert crc32c(b"123456789") == 0xE3069283


def test_variable_before_file_before_manager(manager, tmp_path):
    file = tmp_path / "token"
    file.write_text("from the file\n")
    manager.put("twilio-auth-token", "from the manager\n")
    both = {"TWILIO_AUTH_TOKEN": "from the variable", "TWILIO_AUTH_TOKEN_FILE": str(file)}
    assert resolver(manager, **both).secret("twilio-auth-token") == "from the variable"
    del both["TWILIO_AUTH_TOKEN"]
    assert resolver(manager, **both).secret("twilio_auth_token") == "from the file"
    assert manager.asked == []
    assert resolver(manager).secret("TWILIO_AUTH_TOKEN") == "from the manager"
    assert manager.asked == [f"/v1/projects/{PROJECT}/secrets/twilio-auth-token/versions/latest:access"]
    assert "Authorization" not in manager.headers[0]


def test_an_empty_variable_is_none(manager):
    manager.put("api-key", VALUE)
    assert resolver(manager, API_KEY="").secret("api-key") == VALUE


def test_a_pinned_version_and_one_for_all(manager):
    manager.put("api-key", "seventh", version="7")
    manager.put("other", "second", version="2")
    found = resolver(manager, LUCKYGAS_SECRETS_VERSION="2", LUCKYGAS_SECRETS_PINNED="api-key=7")
    assert (found.secret("api-key"), found.secret("other")) == ("seventh", "second")


def test_a_missing_secret_names_itself_and_where_it_was_looked_for(manager):
    with pytest.raises(secrets.Missing) as lack:
        resolver(manager).secret("bank-sftp-key")
    assert str(lack.value) == (
        "BANK_SFTP_KEY is not set, and neither is BANK_SFTP_KEY_FILE; Secret Manager has no bank-sftp-key"
    )
    assert resolver(manager).secret("bank-sftp-key", required=False) == ""
    alone = secrets.Resolver.of(Environment({}))
    with pytest.raises(
        secrets.Missing, match=r"^BANK_SFTP_KEY is not set, and neither is BANK_SFTP_KEY_FILE$"
    ):
        alone.secret("bank-sftp-key")


def test_it_is_kept_for_a_time_and_asked_again_when_forgotten(manager):
    manager.put("api-key", "old")
    found = resolver(manager)
    assert [found.secret("api-key") for _ in range(3)] == ["old"] * 3
    manager.put("api-key", "new")
    assert found.secret("api-key") == "old"
    assert len(manager.asked) == 1
    found.forget("API_KEY")
    assert found.secret("api-key") == "new"
    assert len(manager.asked) == 2


def test_its_time_ends(manager):
    manager.put("api-key", "old")
    env = Environment({})
    port = SecretManager(PROJECT, version="latest", pinned={}, endpoint=manager.endpoint, anonymous=True)
    found = secrets.Resolver(env, manager=port, keep_seconds=0.05)
    assert found.secret("api-key") == "old"
    manager.put("api-key", "new")
    time.sleep(0.06)
    assert found.secret("api-key") == "new"


@pytest.mark.parametrize("status", [500, 503, 429])
def test_the_last_value_serves_while_the_manager_is_away(manager, status, caplog):
    manager.put("api-key", VALUE)
    found = resolver(manager)
    assert found.secret("api-key") == VALUE
    found.forget("api-key")
    manager.status = status
    with caplog.at_level(logging.WARNING):
        assert found.secret("api-key") == VALUE
    assert "secret_is_stale" in caplog.text
    assert VALUE not in caplog.text
    asked = len(manager.asked)
    assert found.secret("api-key") == VALUE
    assert len(manager.asked) == asked  # not asked again at once


def test_a_value_that_is_too_old_serves_no_longer(manager):
    manager.put("api-key", VALUE)
    port = SecretManager(PROJECT, version="latest", pinned={}, endpoint=manager.endpoint, anonymous=True)
    found = secrets.Resolver(Environment({}), manager=port, keep_seconds=0.02, stale_seconds=0.02)
    assert found.secret("api-key") == VALUE
    manager.status = 503
    time.sleep(0.05)
    with pytest.raises(Unreachable, match=r"^Secret Manager answered 503 for api-key$"):
        found.secret("api-key")
    asked = len(manager.asked)
    with pytest.raises(Unreachable):
        found.secret("api-key", required=False)
    assert len(manager.asked) == asked


def test_a_manager_that_was_never_reached(manager):
    manager.stop()
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"^Secret Manager cannot be reached for api-key: ConnectionError$"):
        resolver(manager).secret("api-key")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("status", [401, 403])
def test_a_secret_that_may_not_be_read_is_not_served_from_memory(manager, status):
    manager.put("api-key", VALUE)
    found = resolver(manager)
    found.secret("api-key")
    found.forget("api-key")
    manager.status = status
    with pytest.raises(
        Denied, match=f"^The secret api-key may not be read from Secret Manager \\({status}\\)"
    ):
        found.secret("api-key")
    manager.status = 503
    with pytest.raises(Unreachable):
        found.secret("api-key")


def test_a_damaged_answer_is_not_believed(manager):
    manager.put("api-key", VALUE)
    manager.damage = True
    with pytest.raises(Unreachable, match="another checksum"):
        resolver(manager).secret("api-key")
    manager.damage = False
    manager.put("api-key", b"\xff\xfe")
    with pytest.raises(Unreachable, match="cannot be read"):
        resolver(manager).secret("api-key")
    manager.put("api-key", b"x" * 300_000)
    with pytest.raises(Unreachable, match="too much"):
        resolver(manager).secret("api-key")


def test_twenty_threads_ask_once(manager):
    manager.put("api-key", VALUE)
    manager.wait = 0.2
    found = resolver(manager)
    values = []
    threads = [threading.Thread(target=lambda: values.append(found.secret("api-key"))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values == [VALUE] * 20
    assert len(manager.asked) == 1


def test_no_repr_shows_it(manager):
    manager.put("api-key", VALUE)
    found = resolver(manager)
    found.secret("api-key")
    assert VALUE not in repr(found.__dict__) + repr(found._kept)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"LUCKYGAS_SIMULATION": "0"}, "LUCKYGAS_SECRETS_ENDPOINT is"),
        ({"LUCKYGAS_SECRETS_ENDPOINT": "https://evil.example/"}, "LUCKYGAS_SECRETS_ENDPOINT is"),
        (
            {"LUCKYGAS_SECRETS_ENDPOINT": "http://secretmanager.googleapis.com"},
            "LUCKYGAS_SECRETS_ENDPOINT is",
        ),
        ({"LUCKYGAS_SECRETS_ENDPOINT": "https://evilgoogleapis.com"}, "LUCKYGAS_SECRETS_ENDPOINT is"),
        ({"LUCKYGAS_SECRETS_PROJECT": "a/../b"}, "LUCKYGAS_SECRETS_PROJECT is"),
        ({"LUCKYGAS_SECRETS_VERSION": "newest"}, "LUCKYGAS_SECRETS_VERSION is"),
        ({"LUCKYGAS_SECRETS_PINNED": "api-key"}, "LUCKYGAS_SECRETS_PINNED has 'api-key'"),
        ({"LUCKYGAS_SECRETS_CACHE_SECONDS": "never"}, "LUCKYGAS_SECRETS_CACHE_SECONDS is"),
    ],
)
def test_a_wrong_setting_is_named(manager, variables, says):
    with pytest.raises(ImproperlyConfigured, match=says):
        resolver(manager, **variables)


@pytest.mark.parametrize("name", ["", "../x", "a b", "1st", "a" * 201, "名"])
def test_a_name_is_a_name(manager, name):
    with pytest.raises(ValueError, match="a secret's name"):
        resolver(manager).secret(name)


@pytest.fixture
def party():
    secrets.require("test party", lambda: ["test-party-key"])
    yield
    del secrets.required._entries["test party"]
    secrets.of_process.cache_clear()


def test_what_a_configured_party_lacks_is_an_error_at_start(party, monkeypatch):
    (error,) = checks.secrets_are_there()
    assert (error.id, error.msg) == (
        "luckygas.E014",
        "A required secret is missing. test party: "
        "TEST_PARTY_KEY is not set, and neither is TEST_PARTY_KEY_FILE",
    )
    with pytest.raises(secrets.Missing, match=r"^test party: TEST_PARTY_KEY is not set"):
        secrets.demand()
    monkeypatch.setenv("TEST_PARTY_KEY", VALUE)
    assert checks.secrets_are_there() == []
    secrets.demand()


def test_the_settings_are_read_through_it(manager):
    """A process whose environment names no SECRET_KEY and no DATABASE_URL gets both from the manager."""
    import os

    manager.put("secret-key", "from-the-manager-" * 4)
    manager.put("database-url", "postgres://someone:word@127.0.0.1:1/from_the_manager")
    hidden = {"SECRET_KEY", "DATABASE_URL", "DATABASE_URL_FILE", "DATABASE_OWNER_URL"}
    variables = {name: value for name, value in os.environ.items() if name not in hidden} | {
        "LUCKYGAS_SECRETS_PROJECT": PROJECT,
        "LUCKYGAS_SECRETS_ENDPOINT": manager.endpoint,
        "LUCKYGAS_SIMULATION": "1",
    }
    code = "from luckygas import settings as s; print(s.SECRET_KEY[:16], s.DATABASES['default']['NAME'], s.APPLICATION_ROLE)"
    run = [sys.executable, "-c", code]
    told = subprocess.run(run, env=variables, capture_output=True, text=True, timeout=60, check=False)
    assert told.stdout.split() == ["from-the-manager", "from_the_manager", "someone"], told.stderr
    del manager.versions[f"/v1/projects/{PROJECT}/secrets/secret-key/versions/latest:access"]
    told = subprocess.run(run, env=variables, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 1
    assert "SECRET_KEY is not set, and neither is SECRET_KEY_FILE" in told.stderr
