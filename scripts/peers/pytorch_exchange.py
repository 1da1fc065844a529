"""PyTorch's side of `scripts/check_interop`: loads and stores a state dict as it is, without renaming."""

import torch
from exchange import BATCH, CLASSES, LEARNING_RATE, Task, parse_task
from safetensors.torch import load_file, save_file


class Classifier(torch.nn.Module):
    """The usual way to write the network; the names of its parts are those of the file."""

    def __init__(self, inputs: int, units: int, layers: int) -> None:
        super().__init__()
        self.lstm = torch.nn.LSTM(inputs, units, layers, batch_first=True)
        self.head = torch.nn.Linear(units, CLASSES)

    def forward(self, slices: torch.Tensor) -> torch.Tensor:
        states, _ = self.lstm(slices)  # [B, T, U]
        return self.head(states[:, -1])  # [B, C]


def train(model: Classifier, task: Task) -> None:
    images, labels = (torch.from_numpy(array) for array in task.training_images())
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    for indices in torch.randperm(len(labels)).split(BATCH):
        optimizer.zero_grad()
        logits = model(images[indices])
        torch.nn.functional.cross_entropy(logits, labels[indices].long()).backward()
        optimizer.step()


def main() -> None:
    task = parse_task()
    torch.manual_seed(1)
    model = Classifier(task.inputs, task.units, task.layers)
    if task.action == "train":
        train(model, task)
        save_file(model.state_dict(), task.weights)
    else:
        model.load_state_dict(load_file(task.weights), strict=True)
    with torch.no_grad():
        logits = [model(torch.from_numpy(batch)).numpy() for batch in task.test_batches()]
    task.hand_back(logits, version=f"PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
