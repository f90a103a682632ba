"""A small company that really runs: web, worker, tax platform; and a browser in front of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from luckygas.queues import QUEUES
from tests.e2e.served import DAY, PASSWORD, PEOPLE, Served
from tests.workday.company import Company

CHROMIUM = os.environ.get("LUCKYGAS_CHROMIUM", "/usr/bin/chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e" in str(item.path):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}: install chromium, or set LUCKYGAS_CHROMIUM")
    quiet = [
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
    ]
    return browser_type_launch_args | {
        "executable_path": CHROMIUM,
        "args": ["--no-sandbox", "--disable-dev-shm-usage", *quiet],
    }


class Running(Served):
    """The company with its web server and worker, at seven in the morning of a Monday."""

    def __init__(self, company: Company) -> None:
        super().__init__(company)
        company.open_platform()
        company.manage("run_day", "--date", DAY, "--seed", "7", "--through", "phone orders")
        self.stand("07:00")
        self.start(
            "celery", "-A", "luckygas.celery", "worker", "-B", "-l", "WARNING", "-c", "1",
            "-Q", ",".join(QUEUES), "-s", str(company.folder / "beat.db"),
        )  # fmt: skip
        self.serve()


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A company with everything imported and a person of every role, to make copies of."""
    company = Company(tmp_path_factory.mktemp("loaded"))
    company.load(until="2026-11-21")
    company.manage("shell", "-v", "0", "-c", PEOPLE)
    yield company
    company.close()


@pytest.fixture(scope="session")
def running(loaded: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    one = Running(Company(tmp_path_factory.mktemp("running"), template=loaded.database))
    yield one
    one.close()


@pytest.fixture
def sign_in(running: Running, browser: Browser) -> Iterator[Callable[..., Page]]:
    """``sign_in("office")`` is a page of that person; a page error or a failed request fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def enter(username: str, *, phone: bool = False) -> Page:
        context = browser.new_context(
            base_url=running.address,
            locale="zh-TW",
            timezone_id="Asia/Taipei",
            viewport={"width": 390, "height": 844} if phone else {"width": 1440, "height": 900},
            has_touch=phone,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("response", lambda r: wrong.append(f"{r.status} {r.url}") if r.status >= 500 else None)
        page.goto("/login/")
        page.fill("#id_username", username)
        page.fill("#id_password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/login/" not in url)
        return page

    yield enter
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def shot() -> Callable[[Page, str], None]:
    """With ``SHOTS=DIR`` each journey leaves pictures to look at."""
    folder = os.environ.get("SHOTS")

    def take(page: Page, name: str) -> None:
        if folder:
            page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)

    return take
