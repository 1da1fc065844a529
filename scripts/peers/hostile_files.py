"""Malformed and hostile safetensors files, made from a good one: what `scripts/check_interop` gives the program to read."""

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

LONGEST = 2**64 - 1


def written(header: bytes, data: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def hostile_files(good: bytes, folder: Path) -> Iterator[tuple[str, Path]]:
    """Writes one file after the other into `folder`; yields what is wrong with it, and its path.

    `good` is a file of one layer.
    """
    [length] = struct.unpack_from("<Q", good)
    text, data = good[8 : 8 + length], good[8 + length :]

    def changed(change: Callable[[dict], None]) -> bytes:
        header = json.loads(text)
        change(header)
        return written(json.dumps(header).encode(), data)

    def offsets(name: str, start: int, end: int) -> Callable[[dict], None]:
        return lambda header: header[name].update(data_offsets=[start, end])

    def shape(*sizes: int) -> Callable[[dict], None]:
        return lambda header: header["lstm.weight_hh_l0"].update(shape=list(sizes))

    head = json.loads(text)["head.bias"]["data_offsets"]
    twice = text.rstrip()[:-1] + b',"head.bias":' + json.dumps(json.loads(text)["head.bias"]).encode() + b"}"
    files = {
        "empty": b"",
        "cut short in the header's length": good[:5],
        "cut short in the header": good[: 8 + length // 2],
        "cut short in the data": good[:-1],
        "one byte too many": good + b"\0",
        "a header of 2^64 - 1 bytes": written(text, data, LONGEST),
        "a header of 2^63 bytes": written(text, data, 2**63),
        "a header of 99 MB, as long as the safetensors crate takes": written(text, data, 99_000_000),
        "a header longer than the file": written(text, data, len(text) + len(data) + 1),
        "a header that is not JSON": written(b"\0" * len(text), data),
        "a header that is not UTF-8": written(b"\xff" * len(text), data),
        "a header of one million brackets": written(b"[" * 1_000_000, b""),
        "overlapping tensors": changed(offsets("head.bias", head[0] + 4, head[1] + 4)),
        "two tensors in one place": changed(lambda h: h["lstm.bias_hh_l0"].update(h["lstm.bias_ih_l0"])),
        "a tensor beyond the file": changed(offsets("head.bias", 2**40, 2**40 + 40)),
        "a tensor that ends before it begins": changed(offsets("head.bias", head[1], head[0])),
        "a shape of 2^64 - 1 by 2": changed(shape(LONGEST, 2)),
        "a shape whose bytes overflow": changed(shape(2**31, 2**31)),
        "a shape of a thousand sizes": changed(shape(*[1] * 1000)),
        "a negative size": changed(shape(-1, -1)),
        "a name that stands twice": written(twice, data),
        "a name of 900,000 characters": changed(lambda h: h.update({"x" * 900_000: h.pop("head.bias")})),
        "half precision claimed": changed(lambda h: h["head.bias"].update(dtype="F16")),
        "no tensors": written(b"{}", b""),
        "a pickle, as torch.save writes": b"PK\x03\x04" + bytes(64),
    }
    for number, (what, content) in enumerate(files.items()):
        path = folder / f"hostile-{number:02}.safetensors"
        path.write_bytes(content)
        yield what, path
    # A sparse file of 4 GB, which takes no space on disk. Its header is true; the network has too many units.
    path = folder / "hostile-sparse.safetensors"
    units = 16_000
    gates = 4 * units
    sizes = {"lstm.weight_ih_l0": [gates, 28], "lstm.weight_hh_l0": [gates, units], "head.weight": [10, units]}
    header, end = {}, 0
    for name, (rows, columns) in sizes.items():
        start, end = end, end + 4 * rows * columns
        header[name] = {"dtype": "F32", "shape": [rows, columns], "data_offsets": [start, end]}
    with path.open("wb") as file:
        file.write(written(json.dumps(header).encode(), b""))
        file.truncate(file.tell() + end)
    yield "a whole network of 16,000 units, 4 GB", path
