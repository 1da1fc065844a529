"""JAX's side of the comparison: an LSTM by `lax.scan`, the whole step in one `jit` with its state donated.

Tried at 16 and 128 units, two threads. Kept, the fastest being chosen at each U: inputs and state multiplied
separately or joined into one matrix product, the scan rolled or unrolled by four. Dropped: projecting the inputs of
all timesteps before the scan (a quarter slower), unrolling all 28 timesteps (twice as slow at 16 units, half
a minute or more to compile), and XLA's flags for fast maths, oneDNN, 512-bit vectors, its older scheduler and
single-threaded Eigen (none faster).
"""

import functools

import common
import jax
import jax.numpy as jnp
import numpy as np


def logits_of(weights: dict, images: jax.Array, joined: bool, unroll: int) -> jax.Array:
    """Logits `[B, C]` of images `[B, T, W]`; `joined`: one matrix product, by `[W + U, 4U]`."""
    both = jnp.concatenate([weights["kernel"], weights["recurrent"]])

    def cell(state: tuple[jax.Array, jax.Array], row: jax.Array) -> tuple[tuple[jax.Array, jax.Array], None]:
        hidden, memory = state  # [B, U] each
        if joined:
            gates = jnp.concatenate([row, hidden], axis=1) @ both  # [B, 4U]
        else:
            gates = row @ weights["kernel"] + hidden @ weights["recurrent"]  # [B, 4U]
        input_gate, forget_gate, candidate, output_gate = jnp.split(gates + weights["bias"], 4, axis=1)
        memory = jax.nn.sigmoid(forget_gate) * memory + jax.nn.sigmoid(input_gate) * jnp.tanh(candidate)
        return (jax.nn.sigmoid(output_gate) * jnp.tanh(memory), memory), None

    zeros = jnp.zeros((images.shape[0], weights["recurrent"].shape[0]))
    rows = images.transpose(1, 0, 2)  # [T, B, W]
    (hidden, _), _ = jax.lax.scan(cell, (zeros, zeros), rows, unroll=unroll)
    return hidden @ weights["head"] + weights["head_bias"]


def mean_cross_entropy(weights: dict, batch: tuple[jax.Array, jax.Array], **options) -> jax.Array:
    images, labels = batch
    log_probabilities = jax.nn.log_softmax(logits_of(weights, images, **options))
    return -jnp.take_along_axis(log_probabilities, labels[:, None], axis=1).mean()


def clip_by_global_norm(gradients: dict) -> dict:
    norm = jnp.sqrt(sum(jnp.vdot(gradient, gradient) for gradient in gradients.values()))
    scale = jnp.minimum(1.0, common.MAX_GRADIENT_NORM / (norm + 1e-6))
    return {name: scale * gradient for name, gradient in gradients.items()}


def adam(
    weights: dict, first: dict, second: dict, step: jax.Array, gradients: dict
) -> tuple[dict, dict, dict]:
    """One step of Adam (Kingma & Ba, 2015); returns the new weights and both moments."""
    beta1, beta2 = common.BETAS
    first = {name: beta1 * first[name] + (1 - beta1) * gradients[name] for name in weights}
    second = {name: beta2 * second[name] + (1 - beta2) * gradients[name] ** 2 for name in weights}

    def update(name: str) -> jax.Array:
        root = jnp.sqrt(second[name] / (1 - beta2**step))
        return weights[name] - common.LEARNING_RATE * first[name] / (1 - beta1**step) / (
            root + common.EPSILON
        )

    return {name: update(name) for name in weights}, first, second


def train_step(state: tuple, batch: tuple[jax.Array, jax.Array], **options) -> tuple[tuple, jax.Array]:
    """Forward, loss, backward, clipping and Adam; `state` is (weights, first moment, second moment, step)."""
    weights, first, second, step = state
    loss, gradients = jax.value_and_grad(functools.partial(mean_cross_entropy, **options))(weights, batch)
    step = step + 1
    return (*adam(weights, first, second, step, clip_by_global_norm(gradients)), step), loss


class JaxTrainer:
    """Model and optimiser; see `common.Trainer`."""

    def __init__(self, weights: common.Weights, **options) -> None:
        arrays = {name: jnp.asarray(value) for name, value in vars(weights).items()}
        zeros = [{name: jnp.zeros_like(value) for name, value in arrays.items()} for _ in range(2)]
        self.state = (arrays, *zeros, jnp.float32(0))
        self.step = jax.jit(functools.partial(train_step, **options), donate_argnums=0)
        self.logits = jax.jit(functools.partial(logits_of, **options))

    def prepare(self, images: np.ndarray, labels: np.ndarray) -> tuple[jax.Array, jax.Array]:
        return jnp.asarray(images), jnp.asarray(labels)

    def train_step(self, batch: tuple[jax.Array, jax.Array]) -> jax.Array:
        self.state, loss = self.step(self.state, batch)
        return loss

    def finish(self, loss: jax.Array) -> float:
        return float(loss.block_until_ready())

    def predict(self, batch: tuple[jax.Array, jax.Array]) -> np.ndarray:
        return np.asarray(self.logits(self.state[0], batch[0]))


common.serve(
    f"JAX {jax.__version__}",
    {
        "separate products": functools.partial(JaxTrainer, joined=False, unroll=1),
        "separate products, unroll 4": functools.partial(JaxTrainer, joined=False, unroll=4),
        "joined product": functools.partial(JaxTrainer, joined=True, unroll=1),
    },
)
