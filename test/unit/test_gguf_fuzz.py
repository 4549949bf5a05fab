"""Damaged GGUF files of all kinds: refused with our errors or read in full, never anything else."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from rlxflow.errors import FlowError
from rlxflow.weights import GgufFile

MODEL = Path(__file__).parents[1] / "goldens" / "gguf" / "llama.gguf"


def word(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


@pytest.fixture
def small() -> bytes:
    """A file with every kind of value and three tensors, one of them quantised."""
    keys = [word("general.alignment") + struct.pack("<II", 4, 8)]
    keys += [word("name") + struct.pack("<I", 8) + word("tiny")]
    keys += [word("words") + struct.pack("<IIQ", 9, 8, 3) + word("a") + word("") + word("bc")]
    keys += [word("sizes") + struct.pack("<IIQ3h", 9, 3, 3, 1, 2, 3)]
    keys += [word("flag") + struct.pack("<I?", 7, True)]
    tensors = [word("a") + struct.pack("<IQQIQ", 2, 2, 3, 0, 0)]
    tensors += [word("q") + struct.pack("<IQIQ", 1, 32, 8, 24)]
    tensors += [word("h") + struct.pack("<IQIQ", 1, 4, 1, 64)]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys))
    head += b"".join(keys) + b"".join(tensors)
    return head + bytes(-len(head) % 8) + bytes(range(72))


def refusal(path: Path) -> str | None:
    try:
        file = GgufFile(path)
        sizes = [(file.read(name).nbytes, file.info(name).nbytes) for name in file.names()]
        packed = sum(file.packed(name).nbytes for name in file.names())
    except FlowError as error:
        return str(error)
    assert all(found == told for found, told in sizes)
    assert packed <= path.stat().st_size
    return None


def is_read(path: Path, content: bytes) -> bool:
    """Returns whether the file was read; any exception but FlowError fails the test."""
    path.write_bytes(content)
    message = refusal(path)
    assert message is None or (message.startswith(str(path)) and len(message) < 1500)
    return message is None


def test_every_truncation_is_refused(tmp_path: Path, small: bytes) -> None:
    assert is_read(tmp_path / "a", small)
    for length in range(len(small)):
        assert not is_read(tmp_path / "a", small[:length])


def test_changed_bytes_cause_no_other_exception(tmp_path: Path, small: bytes) -> None:
    rng = random.Random(0)
    read = 0
    for _ in range(4000):
        content = bytearray(small)
        for _ in range(rng.choice([1, 1, 2, 8])):
            content[rng.randrange(len(small) - 72)] = rng.choice(
                [0, 1, 127, 255, rng.randrange(256)]
            )
        read += is_read(tmp_path / "a", bytes(content))
    assert 0 < read < 4000


def test_odd_numbers_anywhere_cause_no_other_exception(tmp_path: Path, small: bytes) -> None:
    odd = [0, 1, 2**31, 2**32 - 1, 2**60, 2**63 - 1, 2**63, 2**64 - 1]
    for at in range(len(small) - 80):
        for number in odd:
            is_read(tmp_path / "a", small[:at] + number.to_bytes(8, "little") + small[at + 8 :])


def test_noise_behind_a_good_start_causes_no_other_exception(tmp_path: Path) -> None:
    rng = random.Random(1)
    for _ in range(500):
        counts = struct.pack("<QQ", rng.randrange(4), rng.randrange(4))
        noise = bytes(rng.choice([0, 0, 0, 1, 4, 8, 9, rng.randrange(256)]) for _ in range(200))
        is_read(tmp_path / "a", b"GGUF" + struct.pack("<I", 3) + counts + noise)


def test_changed_bytes_of_a_model_cause_no_other_exception(tmp_path: Path) -> None:
    rng, model = random.Random(2), MODEL.read_bytes()
    for _ in range(200):
        content = bytearray(model)
        content[rng.randrange(3000)] = rng.randrange(256)
        is_read(tmp_path / "a", bytes(content))
