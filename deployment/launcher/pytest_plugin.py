"""What every test run needs before Django is set up, and what it has to say at its end.

A plugin, not a conftest: pytest-django reads the settings before any conftest is loaded. It gives the run
PostgreSQL and Redis of its own (unless the environment names them) and names every test that could not run;
in CI (CI=1) such a test makes the run fail. With several workers it acts in the process that leads them.
"""

import os
from collections.abc import Iterator

import pytest

from deployment.launcher import servers
from deployment.launcher.servers import Servers

DEFAULTS = {
    "SECRET_KEY": "only-for-tests-only-for-tests-only-for-tests-only",
    "LUCKYGAS_SIMULATION": "1",
    "LUCKYGAS_PLAIN_STATIC": "1",
    "LUCKYGAS_SELLER_UBN": "99000002",
}
OWN_REDIS = "LUCKYGAS_TEST_REDIS_URL"
_private = pytest.StashKey[Servers]()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """A wrapper runs before pytest-django's own hook, which imports the settings."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        private = early_config.stash[_private] = servers.passing()
        try:
            private.start()
        except BaseException:
            private.stop()
            raise
        os.environ.update(private.settings)
        if private.legacy_admin:
            os.environ[servers.LEGACY_ADMIN] = private.legacy_admin
        if "redis" in private.starts:
            os.environ[OWN_REDIS] = private.settings["REDIS_URL"]
        os.environ.setdefault("LUCKYGAS_DATA_DIR", str(private.directory() / "data"))
        for name, value in DEFAULTS.items():
            os.environ.setdefault(name, value)
    elif OWN_REDIS in os.environ:
        os.environ["REDIS_URL"] = redis_of(worker, os.environ[OWN_REDIS])
    return (yield)


def redis_of(worker: str, url: str) -> str:
    """Workers share one Redis but not one database of it: `gw0` has database 1, `gw1` database 2."""
    return f"{url.rpartition('/')[0]}/{int(worker.removeprefix('gw')) + 1}"


def pytest_configure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        config.pluginmanager.register(Skips(), "luckygas-skips")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    private = config.stash.get(_private, None)
    if private is not None:
        private.stop()


class Skips:
    """What was skipped, and why."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self.found[report.nodeid] = reason.removeprefix("Skipped: ")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self.found and os.environ.get("CI") and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        count = len(self.found)
        if not count:
            terminalreporter.write_line("All collected tests could run.")
            return
        verdict = "; in CI that is a failure" if os.environ.get("CI") else ""
        terminalreporter.section(f"{count} could not run{verdict}")
        for name, reason in sorted(self.found.items()):
            terminalreporter.write_line(f"{name}: {reason}")
