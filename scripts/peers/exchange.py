"""What the workers of `scripts/check_interop` share: their task, images as sequences, and their output.

A worker is one process. `score` loads `--weights` and scores the 10,000 test images; `train` trains a network of
the given sizes on the first 25,600 training images in 200 training steps, writes `--weights`, and scores it. Logits
go to `--logits` (.npy, `[10000, 10]`), all other results to stdout as a line of JSON. B is the batch, T the timesteps,
W the inputs per timestep, U the units, C the classes.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mnist_files import load_mnist

CLASSES = 10
TRAINED = 25_600
BATCH = 128  # for training; scoring uses other sizes, which must make no difference
SCORED = 500
LEARNING_RATE = 2e-3


@dataclass
class Task:
    """The parsed command line."""

    action: str
    weights: Path
    logits: Path
    units: int
    layers: int
    timesteps: int
    data: Path

    @property
    def inputs(self) -> int:
        return 784 // self.timesteps

    def training_images(self) -> tuple[np.ndarray, np.ndarray]:
        images, labels = self.images("train")
        return images[:TRAINED], labels[:TRAINED]

    def images(self, part: str) -> tuple[np.ndarray, np.ndarray]:
        """Images as sequences `[N, T, W]` in 0..=1 and labels `[N]` of `part`: "train" or "t10k"."""
        images, labels = load_mnist(self.data, part)
        return images.reshape(-1, self.timesteps, self.inputs), labels

    def test_batches(self) -> list[np.ndarray]:
        """The test images in order; the first batch is a single image, so that no batch size is built into the model."""
        images, _ = self.images("t10k")
        return [images[:1], images[1:SCORED], *np.split(images[SCORED:], len(images) // SCORED - 1)]

    def hand_back(self, logits: list[np.ndarray], **facts: str) -> None:
        together = np.concatenate(logits).astype(np.float32)
        np.save(self.logits, together)
        _, labels = load_mnist(self.data, "t10k")
        correct = int((together.argmax(axis=1) == labels).sum())
        print(json.dumps({"correct": correct, **facts}), flush=True)


def parse_task() -> Task:
    parser = argparse.ArgumentParser()
    parser.add_argument("action", choices=["score", "train"])
    for name, kind in (("weights", Path), ("logits", Path), ("data", Path)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    for name in ("units", "layers", "timesteps"):
        parser.add_argument(f"--{name}", type=int, required=True)
    return Task(**vars(parser.parse_args()))
