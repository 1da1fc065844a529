"""Keras 3's side of the comparison, on TensorFlow: `keras.layers.LSTM`, a dense head, and Keras's own Adam.

Tried at 16 and 128 units, two threads. Kept, the fastest being chosen at each U: the step as one
`tf.function`, with the layer's loop rolled, unrolled, or compiled by XLA (`jit_compile`). Dropped:
`train_on_batch`, which does the same work and also keeps metrics (fastest step at 16 units 6.2 ms, against 4.8
for the `tf.function`; no faster at 128), and XLA on the unrolled loop (40 s to compile, no faster).
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"

import functools

import common
import keras
import numpy as np
import tensorflow as tf


class KerasTrainer:
    """Model and optimiser; see `common.Trainer`."""

    def __init__(self, weights: common.Weights, jit: bool, unroll: bool) -> None:
        width, units = weights.kernel.shape[0], weights.recurrent.shape[0]
        lstm = keras.layers.LSTM(units, unroll=unroll)
        head = keras.layers.Dense(common.CLASSES)
        self.model = keras.Sequential([keras.Input((common.TIMESTEPS, width)), lstm, head])
        lstm.set_weights([weights.kernel, weights.recurrent, weights.bias])
        head.set_weights([weights.head, weights.head_bias])
        self.optimizer = keras.optimizers.Adam(
            common.LEARNING_RATE, *common.BETAS, common.EPSILON, global_clipnorm=common.MAX_GRADIENT_NORM
        )
        self.optimizer.build(self.model.trainable_variables)
        self.step = tf.function(self.graph_step, jit_compile=jit)
        self.logits = tf.function(functools.partial(self.model, training=False), jit_compile=jit)

    def graph_step(self, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """The body of the compiled step: Keras clips inside `apply`."""
        variables = self.model.trainable_variables
        with tf.GradientTape() as tape:
            logits = self.model(images, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        self.optimizer.apply(gradients, variables)
        return loss

    def prepare(self, images: np.ndarray, labels: np.ndarray) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.constant(images), tf.constant(labels)

    def train_step(self, batch: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        return self.step(*batch)

    def finish(self, loss: tf.Tensor) -> float:
        return float(loss)

    def predict(self, batch: tuple[tf.Tensor, tf.Tensor]) -> np.ndarray:
        return self.logits(batch[0]).numpy()


tf.config.threading.set_intra_op_parallelism_threads(common.TASK.threads)
common.serve(
    f"Keras {keras.__version__} on TensorFlow {tf.__version__}",
    {
        "rolled": functools.partial(KerasTrainer, jit=False, unroll=False),
        "unrolled": functools.partial(KerasTrainer, jit=False, unroll=True),
        "rolled, XLA": functools.partial(KerasTrainer, jit=True, unroll=False),
    },
)
