"""From the commit of a change to the browsers that hear of it, beside a bare PUBLISH on the same Redis.

``python -m bench.live session`` and ``… tell NUMBER`` are what only the house itself can do, in its environment.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from bench import stats
from bench.commands import Failed, run
from bench.premises import House, Premises
from bench.report import Result, Table
from tests.workday.company import ROOT

BROWSERS = 10
RATE = 40.0
TARGET_MS = 100.0
TARGET_RATIO = 15.0
HOW = (
    f"{BROWSERS} sockets of a member of staff are open; another process commits {RATE:g} small transactions a second, each"
    " of which tells one kind with one id (`luckygas.core.live.tell`). Time runs from before the COMMIT until the last of"
    " the browsers has the message; one program plays all of them. The floor is a plain `PUBLISH` of as many bytes,"
    " received by one subscriber in the same program."
)

Times = dict[int, float]


def measure(house: House, say: Callable[[str], None]) -> Result:
    company = house.migrated()
    number = 40 if house.quick else 200
    ours: list[list[float]] = []
    floor: list[list[float]] = []
    with _live(company) as port:
        cookie = run([sys.executable, "-m", "bench.live", "session"], company.env, ROOT).output.split()[-1]
        for each in range(house.rounds):
            deeds = [
                lambda: ours.append(_ours(company, port, cookie, number)),
                lambda: floor.append(_floor(number)),
            ]
            for deed in deeds if stats.ours_first(each) else reversed(deeds):
                deed()
            say(f"  round {each + 1}: {stats.median(ours[-1]):.1f} ms, bare {stats.median(floor[-1]):.2f} ms")
    every = [value for one in ours for value in one]
    bare = [value for one in floor for value in one]
    late = stats.percentile(every, 0.99)
    kept = "kept" if late <= TARGET_MS else "MISSED"
    medians = [[stats.median(one) for one in side] for side in (ours, floor)]
    ratio = stats.Ratio("commit to the last of ten browsers against a bare PUBLISH", TARGET_RATIO, *medians)
    rows = [
        [
            who,
            len(values),
            stats.median(values),
            stats.percentile(values, 0.95),
            stats.percentile(values, 0.99),
            max(values),
        ]
        for who, values in (("commit to browsers", every), ("bare PUBLISH", bare))
    ]
    return Result(
        name="live",
        title="Telling open pages",
        how=HOW,
        verdicts=[ratio.verdict, f"99 of 100 within {late:.1f} ms (target {TARGET_MS:g} ms): {kept}"],
        tables=[Table(["From … to", "messages", "median ms", "p95 ms", "p99 ms", "longest ms"], rows)],
        raw={"ours_ms": ours, "floor_ms": floor, "browsers": BROWSERS, "rate": RATE},
    )


@contextmanager
def _live(company: Premises) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    env = company.env | {"LUCKYGAS_LIVE_BIND": f"127.0.0.1:{port}"}
    company.folder.mkdir(parents=True, exist_ok=True)
    with (company.folder / "live.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "luckygas.live"], cwd=ROOT, env=env, stderr=log)
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        one = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            one.request("GET", "/readyz")
            if json.loads(one.getresponse().read())["checks"]["subscription"] == "ok":
                return
        except OSError:
            time.sleep(0.1)
        finally:
            one.close()
    raise Failed("the live process did not listen within 60 s")


def _ours(company: Premises, port: int, cookie: str, number: int) -> list[float]:
    """Milliseconds of each message until the last browser had it."""
    arrived: list[Times] = [{} for _browser in range(BROWSERS)]
    sockets = [
        connect(
            f"ws://127.0.0.1:{port}/ws/live/",
            origin=Origin("http://127.0.0.1:8000"),
            additional_headers={"Cookie": f"sessionid={cookie}"},
            legacy=True,
        )
        for _browser in range(BROWSERS)
    ]
    readers = [
        threading.Thread(target=_read, args=(one, times)) for one, times in zip(sockets, arrived, strict=True)
    ]
    for reader in readers:
        reader.start()
    told = run([sys.executable, "-m", "bench.live", "tell", str(number)], company.env, ROOT)
    time.sleep(0.5)
    for one in sockets:
        one.close()
    for reader in readers:
        reader.join()
    began = json.loads(told.output.splitlines()[-1])
    if any(len(times) != number for times in arrived):
        raise Failed(f"of {number} messages the browsers heard {[len(times) for times in arrived]}")
    return [1000 * (max(times[which] for times in arrived) - at) for which, at in enumerate(began)]


def _read(one: ClientConnection, times: Times) -> None:
    try:
        for text in one:
            at, message = time.monotonic(), json.loads(text)
            if message.get("kind") == "breakers":
                times[message["ids"][0]] = at
    except ConnectionClosed:
        return


def _floor(number: int) -> list[float]:
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    arrived: Times = {}
    with client.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe("bench:live")
        pubsub.get_message(timeout=5)

        def hear() -> None:
            while len(arrived) < number:
                message = pubsub.get_message(timeout=10)
                if message is None:
                    return
                arrived[json.loads(message["data"])["ids"][0]] = time.monotonic()

        reader = threading.Thread(target=hear)
        reader.start()
        began = []
        for which in range(number):
            time.sleep(1 / RATE)
            began.append(time.monotonic())
            client.publish("bench:live", json.dumps({"seq": which, "kind": "breakers", "ids": [which]}))
        reader.join()
    return [1000 * (arrived[which] - at) for which, at in enumerate(began)]


def _tell(number: int) -> None:
    from django.contrib.sessions.models import Session
    from django.db import transaction

    from luckygas.core.live import tell

    began = []
    for which in range(number):
        time.sleep(1 / RATE)
        with transaction.atomic():
            Session.objects.filter(session_key="").update(session_data="")
            tell("breakers", [which])
            began.append(time.monotonic())
    print(json.dumps(began))


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "luckygas.settings")
    django.setup()
    if sys.argv[1] == "session":
        from bench.inside import _client

        print(_client("manager").cookies["sessionid"].value)
    else:
        _tell(int(sys.argv[2]))
