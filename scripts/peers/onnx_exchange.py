"""onnxruntime's side of `scripts/check_interop`: checks the file with the onnx package and runs it."""

import onnx
import onnxruntime
from exchange import parse_task


def main() -> None:
    task = parse_task()
    assert task.action == "score", "an ONNX model is not trained here"
    model = onnx.load(task.weights)
    onnx.checker.check_model(model, full_check=True)  # the full check infers every shape
    nodes = [node.op_type for node in model.graph.node]
    assert nodes.count("LSTM") == task.layers, nodes
    session = onnxruntime.InferenceSession(task.weights, providers=["CPUExecutionProvider"])
    [images] = session.get_inputs()
    assert (images.name, images.shape) == ("images", ["B", task.timesteps, task.inputs]), images
    logits = [session.run(["logits"], {"images": batch})[0] for batch in task.test_batches()]
    task.hand_back(logits, version=f"onnxruntime {onnxruntime.__version__}, onnx {onnx.__version__}")


if __name__ == "__main__":
    main()
