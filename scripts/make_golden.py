"""Writes the reference values in `tests/golden/` with PyTorch, computed in float64.

* `pytorch_lstm.safetensors`: weights, inputs, results and gradients of `torch.nn.LSTM` and a linear head.
* `optimizers.json`: five steps of four optimisers, and clipping of gradients by their global norm.

`tests/golden/README.md` describes how to run this and what each name means. Weights and inputs are drawn in
float32 and widened, so a float32 implementation starts from exactly the same numbers.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file

CLASSES = 10
LABEL_SMOOTHING = 0.1


@dataclass(frozen=True)
class Case:
    """Shapes of one LSTM case: B images, T timesteps, W inputs per timestep, U units, L layers."""

    name: str
    batch: int
    steps: int
    width: int
    units: int
    layers: int
    initial_state: bool = False


CASES = [
    Case("small", batch=3, steps=5, width=4, units=6, layers=1),
    Case("small_from_state", batch=3, steps=5, width=4, units=6, layers=1, initial_state=True),
    Case("two_layers", batch=3, steps=5, width=4, units=6, layers=2),
    Case("odd_sizes", batch=5, steps=7, width=3, units=17, layers=1),
    Case("one_unit", batch=1, steps=1, width=1, units=1, layers=1),
    Case("rows", batch=2, steps=28, width=28, units=16, layers=1),
]


def run_case(case: Case, seed: int) -> dict[str, torch.Tensor]:
    """Tensors of one case, by name without the case's prefix."""
    generator = torch.Generator().manual_seed(seed)

    def uniform(*shape: int, bound: float) -> torch.Tensor:
        """Float32 leaf, uniform in +-bound."""
        return (2 * torch.rand(*shape, generator=generator) - 1) * bound

    model = torch.nn.ModuleDict(
        {
            "lstm": torch.nn.LSTM(case.width, case.units, case.layers, batch_first=True),
            "head": torch.nn.Linear(case.units, CLASSES),
        }
    )
    # Wider than the usual 1/sqrt(U), and with biases, so that the gates leave their linear range.
    inputs = {name: uniform(*value.shape, bound=0.8) for name, value in model.state_dict().items()}
    model.load_state_dict(inputs)
    inputs["x"] = uniform(case.batch, case.steps, case.width, bound=1.0)
    if case.initial_state:
        for name in ("initial_hidden", "initial_cell"):
            inputs[name] = uniform(case.layers, case.batch, case.units, bound=0.9)
    labels = torch.randint(CLASSES, (case.batch,), generator=generator)

    model.double()
    tracked = {
        name: inputs[name].double().requires_grad_() for name in inputs if name not in model.state_dict()
    }
    state = (tracked["initial_hidden"], tracked["initial_cell"]) if case.initial_state else None
    hidden, (last_hidden, last_cell) = model["lstm"](tracked["x"], state)
    logits = model["head"](hidden[:, -1])
    results = {"hidden": hidden, "last_hidden": last_hidden, "last_cell": last_cell, "logits": logits}
    tracked.update(model.named_parameters())
    for suffix, smoothing in (("", 0.0), ("_smoothed", LABEL_SMOOTHING)):
        loss = torch.nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing)
        results[f"loss{suffix}"] = loss
        gradients = torch.autograd.grad(loss, list(tracked.values()), retain_graph=True)
        results.update(
            {f"grad{suffix}.{name}": gradient for name, gradient in zip(tracked, gradients, strict=True)}
        )
    return {**inputs, "labels": labels} | {
        name: value.detach().contiguous() for name, value in results.items()
    }


OPTIMIZERS: dict[str, tuple[Callable[..., torch.optim.Optimizer], dict]] = {
    "adam": (torch.optim.Adam, {"lr": 0.01, "betas": [0.9, 0.999], "eps": 1e-8}),
    "adamw": (torch.optim.AdamW, {"lr": 0.01, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01}),
    "rmsprop": (
        torch.optim.RMSprop,
        {"lr": 0.01, "alpha": 0.9, "eps": 1e-8, "momentum": 0.0, "centered": False},
    ),
    "sgd_momentum": (torch.optim.SGD, {"lr": 0.01, "momentum": 0.9, "dampening": 0.0, "nesterov": False}),
}
INITIAL_VALUES = [0.5, -1.25, 2.0, 0.0]
GRADIENTS = [  # one row per step; large, tiny, sign-changing and zero entries
    [0.1, -2.0, 0.003, 0.0],
    [-0.4, 1.0, 0.002, 0.0],
    [0.25, 30.0, -0.001, 1e-6],
    [0.0, -0.5, 0.004, -1e-6],
    [1.5, 0.75, -0.02, 2.0],
]
CLIPPING = [  # (vectors of one model, maximum global norm)
    ([[3.0, 4.0], [12.0]], 1.0),
    ([[0.3, -0.4], [0.0, 0.0, 0.0]], 1.0),
    ([[1e-3, -2e-3, 3e-3], [4.0], [-5.0, 6.0]], 5.0),
    ([[0.0, 0.0], [0.0]], 1.0),
]


def optimizer_trajectory(make: Callable[..., torch.optim.Optimizer], settings: dict) -> list[list[float]]:
    """Values after each step with the given gradients."""
    values = torch.tensor(INITIAL_VALUES, dtype=torch.float64, requires_grad=True)
    optimizer = make([values], **settings)
    trajectory = []
    for gradient in GRADIENTS:
        values.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        trajectory.append(values.tolist())
    return trajectory


def clip(vectors: list[list[float]], max_norm: float) -> dict:
    """Gradients before and after clipping by their global norm, and that norm."""
    parameters = [torch.zeros(len(vector), dtype=torch.float64, requires_grad=True) for vector in vectors]
    for parameter, vector in zip(parameters, vectors, strict=True):
        parameter.grad = torch.tensor(vector, dtype=torch.float64)
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm)
    clipped = [parameter.grad.tolist() for parameter in parameters]
    return {"max_norm": max_norm, "gradients": vectors, "global_norm": norm.item(), "clipped": clipped}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).resolve().parents[1] / "tests" / "golden"
    )
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)

    tensors = {}
    for seed, case in enumerate(CASES):
        tensors |= {f"{case.name}.{name}": value for name, value in run_case(case, seed).items()}
    save_file(
        tensors, folder / "pytorch_lstm.safetensors", metadata={"made_with": f"torch {torch.__version__}"}
    )

    golden = {
        "made_with": f"torch {torch.__version__}",
        "initial_values": INITIAL_VALUES,
        "gradients": GRADIENTS,
        "optimizers": {
            name: {"settings": settings, "values_after_each_step": optimizer_trajectory(make, settings)}
            for name, (make, settings) in OPTIMIZERS.items()
        },
        "clip_grad_norm": [clip(vectors, max_norm) for vectors, max_norm in CLIPPING],
    }
    (folder / "optimizers.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
