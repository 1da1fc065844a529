"""What the scripts that run other frameworks share: their virtual environment, and what a report says.

Where a script runs is `ROOT`, what cargo builds is in `TARGET`.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
REQUIREMENTS = ROOT / "scripts" / "requirements-peers.txt"


def peers_python() -> Path:
    """The interpreter of the peers' virtual environment, made anew when the requirements have changed."""
    folder = TARGET / "peers-venv"
    python, stamp = folder / "bin" / "python", folder / "requirements.sha256"
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        if folder.is_symlink():  # what it leads to is somebody else's, and would be emptied
            sys.exit(f"{folder} is a link to an environment made from other requirements: remove the link")
        progress(f"installing {REQUIREMENTS.name} into {folder}: some minutes")
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        # The file lists every package that is needed; without --no-deps pip would add others that
        # only a GPU needs.
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--no-deps", "-r", REQUIREMENTS], check=True
        )
        stamp.write_text(digest)
    return python


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def processor() -> str:
    """The processor's name as the system gives it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(
        (line.split(": ", 1)[1] for line in lines if line.startswith("model name")), "unknown processor"
    )


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
