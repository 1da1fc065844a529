"""Keras 3's side of `scripts/check_interop`, on TensorFlow: variables by their paths."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import tensorflow
from exchange import BATCH, CLASSES, LEARNING_RATE, Task, parse_task
from safetensors.numpy import load_file, save_file


def classifier(task: Task) -> keras.Model:
    """The usual way to write the network, with the names that Keras gives to the first layers of a program."""
    layers = [
        keras.layers.LSTM(
            task.units, return_sequences=k + 1 < task.layers, name=f"lstm_{k}" if k else "lstm"
        )
        for k in range(task.layers)
    ]
    head = keras.layers.Dense(CLASSES, name="dense")
    return keras.Sequential([keras.Input((task.timesteps, task.inputs)), *layers, head])


def name(model: keras.Model, variable: keras.Variable) -> str:
    """The variable's path without the model's own name, which a Sequential adds: `lstm/lstm_cell/kernel`."""
    return variable.path.removeprefix(f"{model.name}/")


def train(model: keras.Model, task: Task) -> None:
    images, labels = task.training_images()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(LEARNING_RATE), loss)
    model.fit(images, labels, batch_size=BATCH, epochs=1, verbose=0)


def main() -> None:
    task = parse_task()
    keras.utils.set_random_seed(1)
    model = classifier(task)
    if task.action == "train":
        train(model, task)
        save_file({name(model, variable): variable.numpy() for variable in model.weights}, task.weights)
    else:
        weights = load_file(task.weights)
        for variable in model.weights:
            variable.assign(weights.pop(name(model, variable)))
        assert not weights, f"not used: {', '.join(weights)}"
    logits = [model(batch, training=False).numpy() for batch in task.test_batches()]
    task.hand_back(logits, version=f"Keras {keras.__version__} on TensorFlow {tensorflow.__version__}")


if __name__ == "__main__":
    main()
