"""Names every test that could not run; in CI (CI=1) such a test makes the run fail.

Loaded by the launcher with `-p`, not a conftest: it must also see modules skipped as a whole, and it speaks
once, in the process that collects the workers' reports.
"""

import os

import pytest

_FAILED = pytest.ExitCode.TESTS_FAILED


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
            session.exitstatus = _FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        count = len(self.found)
        if not count:
            terminalreporter.write_line("All collected tests could run.")
            return
        verdict = "; in CI that is a failure" if os.environ.get("CI") else ""
        terminalreporter.section(f"{count} could not run{verdict}")
        for name, reason in sorted(self.found.items()):
            terminalreporter.write_line(f"{name}: {reason}")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Skips(), "luckygas-skips")
