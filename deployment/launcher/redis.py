"""A private Redis on a free loopback port, behind a password: broker, cache and live updates of one checkout.

Nothing in it is the only copy of anything, so it keeps nothing on disk.
"""

import secrets
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from deployment.launcher import processes
from deployment.launcher.talk import Problem, tail


@dataclass
class Redis:
    """One server; port and password are drawn at the first start and kept over restarts."""

    program: Path
    directory: Path
    log: Path
    port: int = 0
    password: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> "subprocess.Popen[bytes]":
        """Start it and wait until it answers; Problem when it does not (five ports are tried)."""
        for _ in range(5):
            port = self.port or processes.free_port()
            process = self._launch(port)
            if self._answers(process, port):
                self.port = port
                return process
            processes.stop(process)
        raise Problem(f"Redis did not start:\n{tail(self.log)}")

    def _launch(self, port: int) -> "subprocess.Popen[bytes]":
        # The settings go in over stdin: the password appears neither in `ps` nor on disk.
        settings = (
            f"bind 127.0.0.1\nport {port}\nrequirepass {self.password}\ndir {_quoted(self.directory)}\n"
            'save ""\nappendonly no\nmaxmemory-policy noeviction\n'
        )
        with tempfile.TemporaryFile() as stdin:
            stdin.write(settings.encode())
            stdin.seek(0)
            return processes.spawn([str(self.program), "-"], log=self.log, stdin=stdin)

    def _answers(self, process: "subprocess.Popen[bytes]", port: int) -> bool:
        deadline = time.monotonic() + 15
        while process.poll() is None and time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                    connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                    answer = b""
                    while answer.count(b"\r\n") < 2:
                        piece = connection.recv(200)
                        if not piece:
                            break
                        answer += piece
                    if answer == b"+OK\r\n+PONG\r\n":
                        return True
                    if answer.startswith((b"-WRONGPASS", b"-ERR")):
                        return False  # another server took the port in between
            except OSError:
                time.sleep(0.02)
        return False


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
