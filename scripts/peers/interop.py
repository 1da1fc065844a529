"""What `scripts/check_interop` runs in the virtual environment of the other frameworks; that script describes the checks.

Takes the program to check; prints Markdown, and ends with exit code 1 and the failures on stderr if there are any.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from hostile_files import hostile_files
from support import ROOT, processor, progress, table
from safetensors.numpy import load_file

DATA = ROOT / "data" / "mnist"
PEERS = Path(__file__).parent
BACKENDS = ("ndarray", "flex")
# Each network computes the same sums of f32 in another order. Over 28 timesteps and 10,000 images the largest
# measured differences are about a quarter of this tolerance, which is some ten roundings of the largest logits.
TOLERANCE = 2e-5
MOST_MEMORY = 16 << 20  # bytes of data that the program may hold while it refuses a file; it starts with less than 8


@dataclass(frozen=True)
class Network:
    """U units, L layers, T timesteps of 784/T pixels."""

    units: int
    layers: int
    timesteps: int

    def __str__(self) -> str:
        return f"{self.units} units, {self.layers} layer{'s' * (self.layers > 1)}, {self.timesteps} timesteps"


# Timesteps and inputs are equal in the first, as by default. They differ in the second, so that swapped axes do
# not fit.
NETWORKS = (Network(64, 1, 28), Network(32, 2, 14))
# Framework -> the program that scores in it, and the format that it reads.
READERS = {
    "PyTorch": ("pytorch_exchange.py", "safetensors"),
    "Keras": ("keras_exchange.py", "keras"),
    "onnxruntime": ("onnx_exchange.py", "onnx"),
}
TRAINERS = {"PyTorch": "pytorch_exchange.py", "Keras": "keras_exchange.py"}


class Check:
    """All checks, one after the other, with a folder for their files."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program, self.folder = program, folder
        self.versions: dict[str, str] = {}
        self.failures: list[str] = []

    def rowlstm(self, *arguments: str | Path) -> str:
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, cwd=ROOT)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, done.args))}: {done.stderr}")
        return done.stdout

    def score_here(self, network: Path, backend: str) -> tuple[int, np.ndarray]:
        """Correct images, and logits, of a run or a file."""
        file = self.folder / "logits.safetensors"
        scored = self.rowlstm("evaluate", network, "--backend", backend, "--json", "--logits", file, "--force")
        return json.loads(scored)["test_correct"], load_file(file)["logits"]

    def peer(self, script: str, action: str, network: Network, weights: Path) -> tuple[int, np.ndarray]:
        """Correct images, and logits, in another framework."""
        logits = self.folder / "logits.npy"
        sizes = {"units": network.units, "layers": network.layers, "timesteps": network.timesteps}
        options = {**sizes, "weights": weights, "logits": logits, "data": DATA}
        command = [sys.executable, PEERS / script, action]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        # One thread: the networks are small, and threads that wait for each other would slow a busy machine.
        quiet = {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **quiet}
        )
        answer = json.loads(done.stdout.splitlines()[-1])
        self.versions[script] = answer["version"]
        return answer["correct"], np.load(logits)

    def row(self, what: list[str], expected: tuple, found: tuple) -> list[str]:
        """A row of a table: one network scored in two ways, `expected` where it was trained."""
        (correct, logits), (correct_there, logits_there) = expected, found
        same = int((logits.argmax(axis=1) == logits_there.argmax(axis=1)).sum())
        difference = float(np.abs(logits - logits_there).max())
        if (same, correct) != (10_000, correct_there) or not difference <= TOLERANCE:
            self.failures.append(f"{', '.join(what)}: {same} predictions agree, logits differ by {difference:g}")
        cells = [f"{correct:,}", f"{correct_there:,}", f"{same:,}", f"{difference:.1e}"]
        return [*what, *cells, f"{np.abs(logits).max():.1f}"]

    def from_here(self, network: Network) -> list[list[str]]:
        """Trains a network here and scores it everywhere."""
        run = self.folder / f"run-{network.units}"
        sizes = ["--num-units", network.units, "--num-layers", network.layers, "--timesteps", network.timesteps]
        progress(f"training {network} here")
        self.rowlstm("train", *map(str, sizes), "--epochs", "2", "--quiet", "--json", "--out", run)
        here = {backend: self.score_here(run, backend) for backend in BACKENDS}
        rows = []
        for framework, (script, form) in READERS.items():
            progress(f"scoring it in {framework}")
            weights = self.folder / f"{network.units}.{form}"
            self.rowlstm("export", run, "--format", form, "--out", weights)
            there = self.peer(script, "score", network, weights)
            rows += [
                self.row([str(network), framework, backend], here[backend], there) for backend in BACKENDS
            ]
        return rows

    def to_here(self, network: Network) -> list[list[str]]:
        """Trains a network in each framework that can and scores it here."""
        rows = []
        for framework, script in TRAINERS.items():
            progress(f"training {network} in {framework}")
            weights = self.folder / f"{network.units}-{framework}.safetensors"
            there = self.peer(script, "train", network, weights)
            for backend in BACKENDS:
                here = self.score_here(weights, backend)
                rows.append(self.row([str(network), framework, backend], there, here))
        return rows

    def hostile(self) -> list[list[str]]:
        """Gives the program malformed and hostile files; returns its errors."""
        good = (self.folder / f"{NETWORKS[0].units}.safetensors").read_bytes()
        rows = []
        for what, path in hostile_files(good, self.folder):
            # If the program asked for more memory than this, it would abort with another exit code.
            done = subprocess.run(
                [self.program, "evaluate", path],
                capture_output=True,
                text=True,
                cwd=ROOT,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY)),
            )
            path.unlink()
            code, message = done.returncode, done.stderr
            if code != 1 or done.stdout or not message.startswith("error: ") or message.count("\n") != 1:
                self.failures.append(f"{what}: exit code {code}, message {message!r}")
            error = message.removeprefix("error: ").replace(str(path), "FILE").strip()
            if len(error) > 160:
                error = f"{error[:160]} (and {len(error) - 160} characters more)"
            rows.append([what, f"`` {error} ``"])
        return rows

    def report(self) -> str:
        scores = ["correct there", "correct here", "same predictions", "largest difference of a logit", "largest logit"]
        there = [row for network in NETWORKS for row in self.from_here(network)]
        here = [row for network in NETWORKS for row in self.to_here(network)]
        refused = self.hostile()
        version = self.rowlstm("--version").strip()
        parts = [
            f"`scripts/check_interop`, {time.strftime('%Y-%m-%d')}; {version}; {', '.join(self.versions.values())}; "
            f"{processor()}, {os.cpu_count()} cores.",
            "Trained here for two epochs, then scored on the 10,000 test images here, on each backend, and there. A check "
            f"fails if one prediction differs, or a logit by more than {TOLERANCE:g}.",
            table(["network", "framework", "backend", scores[1], scores[0], *scores[2:]], there),
            "Trained there in 200 training steps, then scored here from the file.",
            table(["network", "framework", "backend", *scores], here),
            f"Malformed and hostile files, given to `rowlstm evaluate` with at most {MOST_MEMORY >> 20} MiB of data memory "
            "(`RLIMIT_DATA`). A check fails unless the program ends with exit code 1 and one line of error.",
            table(["file", "error"], refused),
        ]
        return "\n\n".join(parts) + "\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        check = Check(Path(sys.argv[1]), Path(folder))
        print(check.report(), end="")
    if check.failures:
        sys.exit("\n".join(["failed:", *check.failures]))


if __name__ == "__main__":
    main()
