"""PyTorch's side of the comparison: `torch.nn.LSTM` with `batch_first` and a linear head, in eager mode.

Tried at 16 to 64 units, two threads. Kept: oneDNN's LSTM (on by default; without it a step takes two to three
times as long), the last state from `h_n`, and two ways of doing Adam, the faster being chosen at each U.
Dropped: slicing the last state from the sequence and time-major input (no faster than `h_n` and
`batch_first`), and Adam parameter by parameter (no faster). `torch.compile` was not tried: by default it
breaks its graph at `nn.LSTM` and leaves it to the same oneDNN kernel. PyTorch has two biases per gate, both
trained; the second starts at zero.
"""

import functools

import common
import numpy as np
import torch


class TorchTrainer:
    """Model and optimiser; see `common.Trainer`."""

    def __init__(self, weights: common.Weights, fused: bool) -> None:
        width, units = weights.kernel.shape[0], weights.recurrent.shape[0]
        self.lstm = torch.nn.LSTM(width, units, batch_first=True)
        self.head = torch.nn.Linear(units, common.CLASSES)
        with torch.no_grad():
            self.lstm.weight_ih_l0.copy_(torch.from_numpy(weights.kernel.T))
            self.lstm.weight_hh_l0.copy_(torch.from_numpy(weights.recurrent.T))
            self.lstm.bias_ih_l0.copy_(torch.from_numpy(weights.bias))
            self.lstm.bias_hh_l0.zero_()
            self.head.weight.copy_(torch.from_numpy(weights.head.T))
            self.head.bias.copy_(torch.from_numpy(weights.head_bias))
        self.parameters = [*self.lstm.parameters(), *self.head.parameters()]
        self.optimizer = torch.optim.Adam(
            self.parameters,
            lr=common.LEARNING_RATE,
            betas=common.BETAS,
            eps=common.EPSILON,
            fused=fused,
            foreach=not fused,
        )

    def prepare(self, images: np.ndarray, labels: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.from_numpy(images), torch.from_numpy(labels).long()

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        _, (last_state, _) = self.lstm(images)  # [1, B, U]
        return self.head(last_state[0])

    def train_step(self, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        images, labels = batch
        self.optimizer.zero_grad(set_to_none=True)
        loss = torch.nn.functional.cross_entropy(self.logits(images), labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, common.MAX_GRADIENT_NORM, foreach=True)
        self.optimizer.step()
        return loss

    def finish(self, loss: torch.Tensor) -> float:
        return loss.item()

    @torch.inference_mode()
    def predict(self, batch: tuple[torch.Tensor, torch.Tensor]) -> np.ndarray:
        return self.logits(batch[0]).numpy()


torch.set_num_threads(common.TASK.threads)
common.serve(
    f"PyTorch {torch.__version__}",
    {
        "fused Adam": functools.partial(TorchTrainer, fused=True),
        "foreach Adam": functools.partial(TorchTrainer, fused=False),
    },
)
