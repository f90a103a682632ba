"""The process and its switches from outside: HTTP, command line, signals, one process per directory."""

import http.client
import json
import signal
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import __main__ as program
from sandbox import control
from sandbox.control import Control, ControlError
from sandbox.testing import ROOT, RunningSandbox, eventually, start
from sandbox.tests.documents import invoice


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """One process for the tests that leave nothing behind in it."""
    running = start(tmp_path_factory.mktemp("shared"))
    yield running
    running.stop()


def ask(
    running: RunningSandbox, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, Any]:
    parts = urllib.parse.urlsplit(running.url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, json.load(answer)


def test_a_message_goes_through_a_real_process(sandbox: RunningSandbox) -> None:
    sandbox.drop("F0401", "a.xml", invoice().bytes())
    (result,) = sandbox.wait_for_results(1)
    assert (result["Code"], result["Parameter0"], result["MessageType"]) == ("0000", "AB12345678", "F0401")
    state = sandbox.wait_idle()
    assert (state["status"], state["result_state"]) == ({"C": 1}, {"written": 1})
    assert sandbox.message("AB12345678")["status"] == "C"
    assert [path.name for path in sandbox.files("UpCast")] == ["a.xml"]


def test_switches_over_http(sandbox: RunningSandbox) -> None:
    assert sandbox.fault("refused", times=1, party="einvoice")["times_left"] == 1
    assert sandbox.faults() == {"einvoice": [{**sandbox.state()["parties"]["einvoice"]["faults"][0]}]}
    sandbox.drop("F0401", "a.xml", invoice().bytes())
    assert sandbox.wait_for_results(1)[0]["Code"] == "9001"
    sandbox.fault("reply_lost")
    sandbox.drop("F0401", "b.xml", invoice().bytes())
    eventually(lambda: sandbox.state()["parties"]["einvoice"]["result_state"].get("withheld"))
    assert sandbox.clear("slow") == 0
    assert sandbox.clear() == 2
    assert sandbox.resend("AB12345678") == 1
    assert [result["Code"] for result in sandbox.wait_for_results(2)] == ["9001", "0000"]
    assert sandbox.summary()["good"] == 1
    assert sandbox.summary("20260101")["total"] == 0
    assert [row["file_name"] for row in sandbox.messages(limit=1)] == ["b.xml"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "/", b"", 404, "there is no GET /"),
        ("PUT", "/faults", b"", 501, None),
        ("POST", "/a/b", b"", 404, "there is no POST /a/b"),
        ("POST", "/dance", b"", 400, "einvoice can do resend, summary, not dance"),
        ("POST", "/faults", b"", 400, "fault must be one of"),
        ("POST", "/faults", b"{", 400, "the body must be JSON"),
        ("POST", "/faults", b"[1]", 400, "the body must be a JSON object"),
        ("POST", "/faults", b"[" * 60000, 400, "the body must be JSON"),
        ("POST", "/faults", b'{"fault": "\\ud800"}', 400, "the body must be JSON"),
        (
            "POST",
            "/faults",
            b'{"fault": "slow", "seconds": 1, "party": "bank"}',
            400,
            "party must be one of einvoice",
        ),
        (
            "POST",
            "/faults",
            b'{"fault": "slow", "seconds": 1, "party": 3}',
            400,
            "party must be one of einvoice",
        ),
        ("DELETE", "/faults?fault=fire", b"", 400, "fault must be one of"),
        ("DELETE", "/faults", b'{"fault": 3}', 400, "fault must be a text, not 3"),
        ("DELETE", "/faults?party=bank", b"", 400, "party must be one of einvoice"),
        ("GET", "/messages?limit=0", b"", 400, "limit must be 1 to 10000"),
        ("GET", "/messages?limit=x", b"", 400, "limit must be 1 to 10000"),
        ("POST", "/summary", b'{"date": "yesterday"}', 400, "date must be YYYYMMDD"),
        ("POST", "/faults", b" " * (64 * 1024 + 1), 413, "a request has at most 65536 bytes"),
    ],
)
def test_requests_that_make_no_sense(
    shared: RunningSandbox, method: str, path: str, body: bytes, status: int, error: str | None
) -> None:
    if error is None:
        with pytest.raises(json.JSONDecodeError):
            ask(shared, method, path, body)
    else:
        got, answer = ask(shared, method, path, body)
        assert got == status
        assert error in answer["error"]
    assert shared.faults() == {"einvoice": []}


def test_a_length_that_is_no_number(shared: RunningSandbox) -> None:
    parts = urllib.parse.urlsplit(shared.url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    connection.putrequest("POST", "/faults")
    connection.putheader("Content-Length", "many")
    connection.endheaders()
    assert connection.getresponse().status == 400


def run(directory: Path, *command: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.control", "--dir", str(directory), *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_command_line_as_a_process(shared: RunningSandbox) -> None:
    code, out, err = run(shared.directory, "fault", "slow", "--seconds", "5", "--times", "3")
    assert (code, err) == (0, "")
    assert json.loads(out)["times_left"] == 3
    assert shared.clear("slow") == 1
    code, out, err = run(shared.directory, "fault", "garbage", "--set", "how=empty", "--set", "times=2")
    assert (json.loads(out)["how"], json.loads(out)["times_left"]) == ("empty", 2)
    assert shared.clear("garbage") == 1
    code, out, err = run(shared.directory, "fault", "slow", "--set", "seconds")
    assert (code, out, err) == (1, "", "sandbox.control: --set takes NAME=VALUE, not 'seconds'\n")
    code, out, err = run(shared.directory, "fault", "fire")
    assert (code, out) == (1, "")
    assert err.startswith("sandbox.control: fault must be one of ")


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (["faults"], {"einvoice": []}),
        (["clear"], {"cleared": 0}),
        (["clear", "slow"], {"cleared": 0}),
        (["resend", "--match", "AB"], {"resent": 0}),
        (["act", "resend", "--party", "einvoice", "--set", "match=AB"], {"resent": 0}),
        (["messages", "--limit", "5"], []),
        (
            ["fault", "reply_lost", "--match", "AB"],
            {"fault": "reply_lost", "match": "AB", "happened": 0},
        ),
    ],
)
def test_the_command_line(
    shared: RunningSandbox, capsys: pytest.CaptureFixture[str], command: list[str], answer: Any
) -> None:
    assert control.main(["--dir", str(shared.directory), *command]) == 0
    told = json.loads(capsys.readouterr().out)
    if command[0] == "fault":
        told.pop("id")
        assert shared.clear() == 1
    assert told == answer


def test_the_command_line_shows_state_and_summary(
    shared: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert control.main(["--dir", str(shared.directory), "state"]) == 0
    assert json.loads(capsys.readouterr().out)["pid"] == shared.process.pid
    assert control.main(["--dir", str(shared.directory), "summary", "--date", "20260901"]) == 0
    assert json.loads(capsys.readouterr().out)["date"] == "20260901"


def test_without_a_sandbox_the_command_line_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert control.main(["--dir", str(tmp_path), "state"]) == 1
    assert f"no sandbox runs on {tmp_path}" in capsys.readouterr().err
    (tmp_path / "control.json").write_text('{"url": "http://127.0.0.1:9"}')
    assert control.main(["--dir", str(tmp_path), "state"]) == 1
    assert "no sandbox answers at http://127.0.0.1:9" in capsys.readouterr().err


def test_a_stop_is_orderly(tmp_path: Path) -> None:
    running = start(tmp_path)
    assert (tmp_path / "control.json").exists()
    assert running.stop() == 0
    assert not (tmp_path / "control.json").exists()
    with pytest.raises(ControlError, match="no sandbox"):
        Control(tmp_path)


def test_an_interrupt_is_a_stop_too(tmp_path: Path) -> None:
    running = start(tmp_path)
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(20) == 0
    assert running.process.stdin is not None
    running.process.stdin.close()


def test_it_ends_with_whoever_holds_its_input(tmp_path: Path) -> None:
    running = start(tmp_path)
    assert running.process.stdin is not None
    running.process.stdin.close()
    assert running.process.wait(20) == 0


def test_one_process_per_directory_and_the_next_one_after_a_kill(tmp_path: Path) -> None:
    first = start(tmp_path)
    second = subprocess.run(
        [sys.executable, "-m", "sandbox", "--dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert second.returncode == 1
    assert second.stderr == f"sandbox: another sandbox already runs on {tmp_path}\n"
    assert first.state()["pid"] == first.process.pid
    first.kill()
    third = start(tmp_path)
    assert third.state()["pid"] == third.process.pid
    third.stop()


def test_a_control_port_in_use_is_named(tmp_path: Path) -> None:
    first = start(tmp_path / "one")
    port = str(urllib.parse.urlsplit(first.url).port)
    second = subprocess.run(
        [sys.executable, "-m", "sandbox", "--dir", str(tmp_path / "two"), "--control-port", port],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert second.returncode == 1
    assert f"sandbox: control port {port}: Address already in use" in second.stderr
    first.stop()


def test_a_control_port_can_be_chosen(tmp_path: Path) -> None:
    first = start(tmp_path)
    port = str(urllib.parse.urlsplit(first.url).port)
    first.stop()
    second = start(tmp_path, "--control-port", port, "--party", "einvoice")
    assert second.url == f"http://127.0.0.1:{port}"
    second.stop()


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        ["--dir", "x", "--poll", "0"],
        ["--dir", "x", "--control-port", "70000"],
        ["--dir", "x", "--party", "mars"],
    ],
)
def test_a_wrong_command_line_is_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        program.main(wrong)
    assert caught.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_trouble_with_the_disk_passes(sandbox: RunningSandbox) -> None:
    """The folder for answers is in the way as a file; once it is gone the answer comes, once."""
    answers = sandbox.einvoice / "Unpack" / "BAK" / "ProcessResult"
    answers.rmdir()
    answers.write_text("in the way")
    sandbox.drop("F0401", "a.xml", invoice().bytes())
    eventually(lambda: sandbox.state()["parties"]["einvoice"]["result_state"].get("pending"))
    assert sandbox.state()["parties"]["einvoice"]["register"] == {"invoices live": 1}
    answers.unlink()
    assert [result["Code"] for result in sandbox.wait_for_results(1)] == ["0000"]
    assert sandbox.wait_idle()["status"] == {"C": 1}


def test_a_request_that_hits_trouble_is_answered(sandbox: RunningSandbox) -> None:
    folder = sandbox.einvoice / "Unpack" / "BAK" / "SummaryResult"
    folder.rmdir()
    folder.write_text("in the way")
    status, answer = ask(sandbox, "POST", "/summary")
    assert status == 500
    assert "Error" in answer["error"]
    folder.unlink()
    assert sandbox.summary()["total"] == 0
