"""What the peer workers share: the task, its data and first weights, timing, and the request loop.

A worker is one process that trains one framework at one unit count. It builds each way of writing the
training step that may be the fastest (its "variants"), trains each of them on the same batches from the same
weights, keeps the fastest, names it in one line of JSON on stdout, and then answers requests, one per line:

    {"steps": N} -> {"train_step_ms": (median), "inference_images_per_second": ..., "test_accuracy": ...}

The frameworks themselves, and how they are made fast, are left to `pytorch_worker.py`, `keras_worker.py` and
`jax_worker.py`. B is the batch, T the timesteps (28), W the inputs per timestep (28), U the units, C the classes.
"""

import argparse
import itertools
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

TIMESTEPS = 28
WIDTH = 28
CLASSES = 10
LEARNING_RATE = 1e-3
BETAS = (0.9, 0.999)
EPSILON = 1e-8
MAX_GRADIENT_NORM = 1.0

BATCHES = 100  # held in memory; the first pass over them is the warm-up and the check that all variants learn alike
CHOICE_PASSES = 4  # how often each variant is timed before one is chosen
INFERENCE_BATCHES = (125, 500, 2500)  # divisors of 10,000, so that one shape serves the whole pass


def parse_task() -> argparse.Namespace:
    """Reads the command line and limits the process to its cores.

    Must be called before a framework is imported: XLA and TensorFlow size their thread pools by the cores that
    they may use.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--num-units", type=int, required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    task = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: task.threads])
    return task


# Workers import their framework, and this module NumPy, only after `parse_task` has limited the cores.
TASK = parse_task()
import numpy as np  # noqa: E402
from mnist_files import load_mnist  # noqa: E402


class Trainer(Protocol):
    """One model with its optimiser, in one framework."""

    def prepare(self, images: np.ndarray, labels: np.ndarray) -> Any:
        """Turns images `[B, T, W]` and labels `[B]` into the framework's own batch."""

    def train_step(self, batch: Any) -> Any:
        """Does forward, loss, backward, clipping and Adam; returns the loss, which may still be computing."""

    def finish(self, loss: Any) -> float:
        """Waits until the step that returned `loss` is done."""

    def predict(self, batch: Any) -> np.ndarray:
        """Returns logits `[B, C]` of a prepared batch."""


@dataclass
class Weights:
    """First weights, equal in all frameworks; gates in the order input, forget, cell, output."""

    kernel: np.ndarray  # [W, 4U]
    recurrent: np.ndarray  # [U, 4U]
    bias: np.ndarray  # [4U]
    head: np.ndarray  # [U, C]
    head_bias: np.ndarray  # [C]


def first_weights(num_units: int) -> Weights:
    """Uniform in +-1/sqrt(U), as PyTorch draws them; biases zero."""
    generator = np.random.default_rng(1)
    bound = num_units**-0.5

    def uniform(rows: int, columns: int) -> np.ndarray:
        return generator.uniform(-bound, bound, (rows, columns)).astype(np.float32)

    return Weights(
        kernel=uniform(WIDTH, 4 * num_units),
        recurrent=uniform(num_units, 4 * num_units),
        bias=np.zeros(4 * num_units, np.float32),
        head=uniform(num_units, CLASSES),
        head_bias=np.zeros(CLASSES, np.float32),
    )


def prepare_batches(trainer: Trainer, images: np.ndarray, labels: np.ndarray, size: int) -> list[Any]:
    """Cuts images into batches of `size`, in the framework's own form."""
    starts = range(0, len(labels), size)
    return [trainer.prepare(images[at : at + size].copy(), labels[at : at + size].copy()) for at in starts]


def time_steps(trainer: Trainer, batches: list[Any], steps: int) -> float:
    """Median milliseconds of a training step.

    Each step is awaited only after the next has been started, so a framework that queues work loses nothing by
    being timed step by step.
    """
    stamps = [time.perf_counter()]
    previous = trainer.train_step(batches[0])
    for step in range(1, steps):
        loss = trainer.train_step(batches[step % len(batches)])
        trainer.finish(previous)
        stamps.append(time.perf_counter())
        previous = loss
    trainer.finish(previous)
    stamps.append(time.perf_counter())
    # The first interval contains two starts and the last none; the median ignores both.
    return 1000 * statistics.median(end - start for start, end in itertools.pairwise(stamps))


def time_inference(trainer: Trainer, batches: list[Any], labels: np.ndarray) -> tuple[float, float]:
    """Images per second over all test images, logits fetched, and the accuracy reached, a fraction."""
    start = time.perf_counter()
    logits = np.concatenate([trainer.predict(batch) for batch in batches])
    seconds = time.perf_counter() - start
    return len(labels) / seconds, float((logits.argmax(axis=1) == labels).mean())


def fastest(measure: Callable[[Any], float], candidates: Iterable[Any]) -> Any:
    """The candidate with the smallest `measure` in several passes over all of them."""
    candidates = list(candidates)
    times = [
        (measure(candidate), number)
        for _ in range(CHOICE_PASSES)
        for number, candidate in enumerate(candidates)
    ]
    return candidates[min(times)[1]]


def choose_variant(
    variants: dict[str, Callable[[Weights], Trainer]],
) -> tuple[Trainer, list[Any], dict[str, Any]]:
    """Trains every variant a little; returns the fastest, its batches, and facts about it."""
    images, labels = load_mnist(TASK.data_dir, "train")
    count = BATCHES * TASK.batch_size
    trained = {}
    for name, build in variants.items():
        trainer = build(first_weights(TASK.num_units))
        batches = prepare_batches(trainer, images[:count], labels[:count], TASK.batch_size)
        losses = [trainer.finish(trainer.train_step(batch)) for batch in batches]
        trained[name] = trainer, batches, losses
    steps = max(5, 1000 // TASK.num_units)
    name = fastest(lambda name: time_steps(*trained[name][:2], steps), trained)
    trainer, batches, losses = trained[name]
    return (
        trainer,
        batches,
        {"variant": name, "first_loss": losses[0], "last_loss": statistics.mean(losses[-10:])},
    )


def choose_test_batches(trainer: Trainer, images: np.ndarray, labels: np.ndarray) -> tuple[int, list[Any]]:
    """The test images in the batch size that is inferred fastest."""
    batches = {size: prepare_batches(trainer, images, labels, size) for size in INFERENCE_BATCHES}
    size = fastest(lambda size: 1 / time_inference(trainer, batches[size], labels)[0], batches)
    return size, batches[size]


def serve(version: str, variants: dict[str, Callable[[Weights], Trainer]]) -> None:
    """Chooses the fastest of `variants`, reports it, and answers requests until stdin closes."""
    trainer, batches, about = choose_variant(variants)
    images, labels = load_mnist(TASK.data_dir, "t10k")
    size, test_batches = choose_test_batches(trainer, images, labels)
    print(json.dumps({"version": version, "inference_batch_size": size, **about}), flush=True)
    for request in sys.stdin:
        step_ms = time_steps(trainer, batches, json.loads(request)["steps"])
        images_per_second, accuracy = time_inference(trainer, test_batches, labels)
        measured = {"inference_images_per_second": images_per_second, "test_accuracy": accuracy}
        print(json.dumps({"train_step_ms": step_ms, **measured}), flush=True)
