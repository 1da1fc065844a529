"""Reads MNIST's files as NumPy arrays."""

import gzip
import struct
from pathlib import Path

import numpy as np


def read_idx(path: Path) -> np.ndarray:
    """Reads a gzipped IDX file of bytes (its format: the magic's last byte is the number of axes)."""
    content = gzip.decompress(path.read_bytes())
    magic, *shape = struct.unpack_from(f">I{content[3]}I", content)
    if magic >> 8 != 0x08:
        raise ValueError(
            f"{path} begins with {magic:#010x}, expected 0x08 as its third byte: is it an IDX file?"
        )
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


def load_mnist(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Images `[N, T, W]` in 0..=1 as float32 and labels `[N]` as int32 of `part`: "train" or "t10k"."""
    images = read_idx(folder / f"{part}-images-idx3-ubyte.gz").astype(np.float32) / 255
    return images, read_idx(folder / f"{part}-labels-idx1-ubyte.gz").astype(np.int32)
