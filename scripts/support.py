"""What the scripts share: paths, the built program, virtual environments, and parts of a report.

Scripts run in `ROOT`; cargo builds into `TARGET`.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()


def built_program(features: str = "") -> Path:
    """The program with these cargo features, built if it is not up to date."""
    command = ["cargo", "build", "--release", "--locked", "--bin", "rowlstm", "--features", features]
    subprocess.run(command, cwd=ROOT, check=True)
    return TARGET / "release" / "rowlstm"


def environment_python(name: str) -> Path:
    """The interpreter of the virtual environment of `scripts/requirements-NAME.txt`, made anew when the file has changed."""
    requirements = ROOT / "scripts" / f"requirements-{name}.txt"
    folder = TARGET / f"{name}-venv"
    python, stamp = folder / "bin" / "python", folder / "requirements.sha256"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        if folder.is_symlink():  # clearing it would empty the folder that the link points to
            sys.exit(f"{folder} is a link to an environment made from other requirements: remove the link")
        progress(f"installing {requirements.name} into {folder}")
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        # The file lists every package that is needed; without --no-deps pip would add others.
        install = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", requirements]
        subprocess.run([python, "-m", "pip", *install], check=True)
        stamp.write_text(digest)
    return python


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def processor() -> str:
    """The processor's name as the system reports it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(
        (line.split(": ", 1)[1] for line in lines if line.startswith("model name")), "unknown processor"
    )


def table(header: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
