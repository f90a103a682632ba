"""Open arrivals: requests sent when they are due, however long those before them take.

A client that waits for its answer before it asks again slows down with the server and never sees a queue. Here a
request's time runs from the moment it was due to the last byte of its answer, waiting included.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.stats import arrivals

PATIENCE = 30.0


@dataclass(frozen=True)
class Answer:
    """``seconds`` from due to the last byte; status 0 when the connection failed or nothing came in time."""

    path: str
    seconds: float
    status: int
    size: int


def request(port: int, path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def arrive(
    port: int, paths: Sequence[str], headers: Sequence[Mapping[str, str]], *, rate: float, seconds: float
) -> list[Answer]:
    """Ask for the paths in turn (with the headers in turn), ``rate`` a second, and wait for all answers."""
    due = arrivals(rate, seconds)
    asked = [
        (paths[number % len(paths)], headers[number % len(headers)], moment)
        for number, moment in enumerate(due)
    ]
    return asyncio.run(_all(port, asked))


async def _all(port: int, asked: Sequence[tuple[str, Mapping[str, str], float]]) -> list[Answer]:
    loop = asyncio.get_running_loop()
    start = loop.time() + 0.05
    tasks = []
    for path, headers, moment in asked:
        await asyncio.sleep(max(start + moment - loop.time(), 0))
        tasks.append(asyncio.create_task(_one(port, path, headers, start + moment)))
    return list(await asyncio.gather(*tasks))


async def _one(port: int, path: str, headers: Mapping[str, str], due: float) -> Answer:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request(port, path, headers))
            data = await reader.read(-1)
            seconds = loop.time() - due
            writer.close()
        status = int(data[9:12]) if data.startswith(b"HTTP/1.") else 0
    except (OSError, TimeoutError, ValueError):
        return Answer(path, loop.time() - due, 0, 0)
    return Answer(path, seconds, status, len(data))
