"""`celery` whose pool processes end when their worker is killed, instead of finishing a long task first."""

import signal
import sys
from typing import Any

from celery.__main__ import main
from celery.signals import worker_process_init

from deployment.launcher import processes


@worker_process_init.connect
def die_with_worker(**_: Any) -> None:
    processes.follow_parent(signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
