"""``python -m sandbox.control --dir DIR COMMAND``: a running sandbox's switches from the command line."""

import argparse
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

CONTROL_FILE = "control.json"
SET_HELP = "a parameter of its own; JSON values or plain text"


class ControlError(Exception):
    """The sandbox is not there or refused; the message is for a person."""


class Control:
    """A running sandbox, found through the file it leaves in its directory."""

    def __init__(self, directory: Path) -> None:
        path = directory / CONTROL_FILE
        try:
            self.url: str = json.loads(path.read_text())["url"]
        except FileNotFoundError as error:
            raise ControlError(f"no sandbox runs on {directory}: {path} is not there") from error

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request; the answer's object. Raises `ControlError` with the sandbox's own words."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - always http on loopback
            self.url + path, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            raise ControlError(json.load(error)["error"]) from error
        except urllib.error.URLError as error:
            raise ControlError(f"no sandbox answers at {self.url}: {error.reason}") from error

    def state(self) -> dict[str, Any]:
        """GET /state."""
        return self.ask("GET", "/state")

    def faults(self) -> dict[str, Any]:
        """GET /faults."""
        return self.ask("GET", "/faults")

    def fault(self, kind: str, **params: Any) -> dict[str, Any]:
        """POST /faults: ``fault("slow", seconds=2, times=3)``."""
        return self.ask("POST", "/faults", {"fault": kind, **params})

    def clear(self, kind: str | None = None) -> int:
        """DELETE /faults: all switches off, or those of one kind."""
        query = "" if kind is None else "?" + urlencode({"fault": kind})
        return int(self.ask("DELETE", f"/faults{query}")["cleared"])

    def act(self, action: str, **request: Any) -> dict[str, Any]:
        """POST /<action>: ``act("deposit", party="bank", amount=950)``."""
        return self.ask("POST", f"/{action}", request)

    def summary(self, date: str | None = None) -> dict[str, Any]:
        """The tax platform: the day's SummaryResult, now."""
        return self.act("summary", party="einvoice", **({} if date is None else {"date": date}))

    def resend(self, match: str = "") -> int:
        """The tax platform: the answers that were lost or garbled."""
        return int(self.act("resend", party="einvoice", match=match)["resent"])

    def messages(self, match: str = "", limit: int = 100, party: str = "einvoice") -> list[dict[str, Any]]:
        """GET /messages: a party's, newest first."""
        query = urlencode({"match": match, "limit": limit, "party": party})
        return list(self.ask("GET", f"/messages?{query}")["messages"])


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.control")
    parser.add_argument("--dir", required=True, type=Path)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("state", help="what every party has and waits for")
    commands.add_parser("faults", help="the switches that are on")
    fault = commands.add_parser("fault", help="switch a fault on")
    fault.add_argument("kind")
    fault.add_argument("--party")
    fault.add_argument("--times", type=int, help="for at most so many messages")
    fault.add_argument("--for-seconds", type=float, help="for at most so long")
    fault.add_argument("--match", help="only messages whose document or file name contains this")
    fault.add_argument("--seconds", type=float, help="slow: the delay; clock_off: the shift")
    fault.add_argument("--code", help="refused: the code")
    fault.add_argument("--description", help="refused: the text")
    fault.add_argument("--how", help="garbage: rubbish, truncated, empty or other_root")
    fault.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=SET_HELP)
    clear = commands.add_parser("clear", help="switch faults off")
    clear.add_argument("kind", nargs="?")
    summary = commands.add_parser("summary", help="write a day's SummaryResult now")
    summary.add_argument("--date", help="YYYYMMDD (default: today)")
    resend = commands.add_parser("resend", help="write the answers that were lost")
    resend.add_argument("--match", default="")
    act = commands.add_parser("act", help="let a party do something now")
    act.add_argument("action")
    act.add_argument("--party")
    act.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=SET_HELP)
    messages = commands.add_parser("messages", help="the newest messages")
    messages.add_argument("--match", default="")
    messages.add_argument("--party", default="einvoice")
    messages.add_argument("--limit", type=int, default=20)
    return parser.parse_args(given)


def settings(pairs: Sequence[str]) -> dict[str, Any]:
    """``["seconds=3", "how=rubbish"]`` as values: JSON where it is JSON, else the text itself."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not (name and sign):
            raise ControlError(f"--set takes NAME=VALUE, not {pair!r}")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def carry_out(control: Control, options: argparse.Namespace) -> object:
    """The answer to one command."""
    match options.command:
        case "state":
            return control.state()
        case "faults":
            return control.faults()
        case "fault":
            names = ("party", "times", "for_seconds", "match", "seconds", "code", "description", "how")
            given = {name: getattr(options, name) for name in names}
            params = {name: value for name, value in given.items() if value is not None}
            return control.fault(options.kind, **params, **settings(options.set))
        case "act":
            party = {} if options.party is None else {"party": options.party}
            return control.act(options.action, **party, **settings(options.set))
        case "clear":
            return {"cleared": control.clear(options.kind)}
        case "summary":
            return control.summary(options.date)
        case "resend":
            return {"resent": control.resend(options.match)}
        case _:
            return control.messages(options.match, options.limit, options.party)


def main(given: Sequence[str] | None = None) -> int:
    """Print the answer as JSON; exit code 1 with the reason when there is none."""
    options = arguments(sys.argv[1:] if given is None else given)
    try:
        answer = carry_out(Control(options.dir.resolve()), options)
    except ControlError as error:
        print(f"sandbox.control: {error}", file=sys.stderr)
        return 1
    print(json.dumps(answer, ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
