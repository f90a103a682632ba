"""Where things lie in a checkout. Everything the launcher writes is below `.venv` and `.local`."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
LOCAL = ROOT / ".local"
RUN = LOCAL / "run"
LOG = LOCAL / "log"
DATA = LOCAL / "data"
LOCK_FILE = ROOT / "requirements" / "dev.txt"
LOGINS = RUN / "logins.txt"
