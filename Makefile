# Every target needs only Python 3.11 (with venv and pip) and make; see README.md.
# Variables: SIZE=small|full, PORT=8000, CMD="…" (manage), ARGS="…" (test, test-slow, e2e, check, bench), REF=… (compare).
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VERBS := setup demo run manage test test-slow e2e check bench compare image-rehearsal lock

.DEFAULT_GOAL := help
.PHONY: help $(VERBS)

help:
	@echo 'make setup      virtual environment and compiled messages (every other target does it first)'
	@echo 'make demo       a synthetic company, its last working days, then everything running; SIZE=small is quick'
	@echo 'make run        the same company without the simulated days'
	@echo 'make manage     CMD="…": manage.py with the private servers, started when they are not up'
	@echo 'make test       the quick tests; ARGS="…" goes to pytest'
	@echo 'make test-slow  the long ones'
	@echo 'make e2e        the browser journeys (needs Chromium)'
	@echo 'make check      lint, types, floors, migrations, translations, locks'
	@echo 'make bench      measurements, written to docs/performance.md'
	@echo 'make compare    REF=…: hold the project against reference data'
	@echo 'make image-rehearsal  the Dockerfile followed without Docker, and its result run read-only'
	@echo 'make lock       write both requirements locks anew'

# exec: make itself waits for the launcher, and no shell stands between them when a signal comes.
$(VERBS):
	@exec "$(PYTHON)" -m deployment.launcher $@
