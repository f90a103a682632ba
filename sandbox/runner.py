"""The process: one thread does the parties' work, others answer control requests; never two at once."""

import os
import sqlite3
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sandbox.faults import FaultError
from sandbox.party import Json, Party, PartyError

REST_AFTER_TROUBLE = 1.0


class Runner:
    """Runs the parties and carries control requests to them."""

    def __init__(self, parties: Mapping[str, Party], poll: float) -> None:
        self._parties = parties
        self._poll = poll
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._told_to_stop = False
        self._parties_closed = False
        self._troubled: set[str] = set()

    def stop(self) -> None:
        """Ask the loop to end after the step at hand."""
        self._stop.set()

    def stop_soon(self) -> None:
        """The same for a signal's handler: it runs in the middle of the loop, which may just hold the event's lock."""
        self._told_to_stop = True

    def run(self) -> None:
        """Work until told to stop."""
        while not (self._told_to_stop or self._stop.is_set()):
            with self._lock:
                done = sum(self._tick(party) for party in self._parties.values())
            if self._troubled:
                self._stop.wait(REST_AFTER_TROUBLE)
            elif not done:
                self._stop.wait(self._poll)
        with self._lock:
            self._parties_closed = True
            for party in self._parties.values():
                party.close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else works on the parties meanwhile; `PartyError` when they are closed already."""
        with self._lock:
            if self._parties_closed:
                raise PartyError("the sandbox is stopping")
            yield

    def _tick(self, party: Party) -> int:
        try:
            if party.name in self._troubled:
                party.recover()
                self._troubled.discard(party.name)
            return party.tick()
        except (OSError, sqlite3.Error) as error:
            # A full disk or a locked file passes; what was half done is brought in step, then tried again.
            print(f"sandbox {party.name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            self._troubled.add(party.name)
            return 0

    # -- control requests

    def party(self, request: Mapping[str, Any]) -> Party:
        """The party a request means: the one it names, or the only one there is."""
        name = request.get("party")
        if name is None and len(self._parties) == 1:
            return next(iter(self._parties.values()))
        if not isinstance(name, str) or name not in self._parties:
            raise PartyError(f"party must be one of {', '.join(sorted(self._parties))}, not {name!r}")
        return self._parties[name]

    def state(self) -> Json:
        """Every party's state."""
        with self._alone():
            parties = {name: party.state() for name, party in self._parties.items()}
        return {"pid": os.getpid(), "parties": parties}

    def faults(self) -> Json:
        """Every party's switches."""
        with self._alone():
            return {name: party.faults.listing() for name, party in self._parties.items()}

    def add_fault(self, request: Json) -> Json:
        """Switch a fault on."""
        with self._alone():
            return self.party(request).faults.add(request).as_json()

    def clear_faults(self, request: Json) -> Json:
        """Switch faults off: of one party or all, of one kind or all."""
        kind = request.get("fault")
        if kind is not None and not isinstance(kind, str):
            raise FaultError(f"fault must be a text, not {kind!r}")
        with self._alone():
            parties = [self.party(request)] if "party" in request else list(self._parties.values())
            return {"cleared": sum(party.faults.clear(kind) for party in parties)}

    def act(self, action: str, request: Json) -> Json:
        """Let a party do something now."""
        with self._alone():
            party = self.party(request)
            if action not in party.actions:
                raise PartyError(f"{party.name} can do {', '.join(sorted(party.actions))}, not {action}")
            return party.actions[action](request)

    def messages(self, request: Json) -> Json:
        """A party's newest messages."""
        limit = str(request.get("limit", "100"))
        if not limit.isdigit() or not 1 <= int(limit) <= 10000:
            raise PartyError(f"limit must be 1 to 10000, not {limit!r}")
        with self._alone():
            return {"messages": self.party(request).messages(str(request.get("match", "")), int(limit))}
