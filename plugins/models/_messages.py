"""Messages of several parts in one run of a range coder: what follows may be coded by what has been decoded before.

The range coder is `constriction`'s (Bamler 2022, arXiv 2201.01741). Its words have 32 bits, of which the last are
mostly not needed; at 50 bytes an image they would be a tenth, so a message is cut to the shortest that decodes alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import constriction
import numpy as np

Distribution = tuple[Any, ...]
"""A family of distributions of the coder, then its parameters for each symbol."""
Part = tuple[np.ndarray, Distribution]
"""int32 symbols `(count,)` and how they are distributed."""


class Reader:
    """Reads the parts of a message one after the other; bytes that it lacks at its end count as zeros."""

    def __init__(self, message: bytes) -> None:
        words = np.frombuffer(message + bytes(-len(message) % 4 + 8), ">u4").astype(np.uint32)
        self._decoder = constriction.stream.queue.RangeDecoder(words)

    def read(self, distribution: Distribution) -> np.ndarray:
        """The symbols of the next part. Raises AssertionError where no message can go on so."""
        symbols: np.ndarray = self._decoder.decode(*distribution)
        return symbols


def written(parts: Sequence[Part]) -> bytes:
    """The parts as the shortest message of whole bytes that `Reader` reads back."""
    encoder = constriction.stream.queue.RangeEncoder()
    for symbols, distribution in parts:
        encoder.encode(symbols, *distribution)
    message: bytes = encoder.get_compressed().astype(">u4").tobytes()
    return next((shorter for shorter in _shorter(message) if _says(shorter, parts)), message)


def _says(message: bytes, parts: Sequence[Part]) -> bool:
    reader = Reader(message)
    try:
        return all(np.array_equal(reader.read(distribution), symbols) for symbols, distribution in parts)
    except AssertionError:  # how constriction says that no message can begin so
        return False


def _shorter(message: bytes) -> Iterator[bytes]:
    """The heads of the message, and each with its last digit raised, from the shortest that may still be enough."""
    for length in range(max(0, len(message) - 8), len(message)):
        head = int.from_bytes(message[:length])
        for value in (head, head + 1):
            if value < 256**length:
                yield value.to_bytes(length)


def gaussian(scales: np.ndarray, reach: int) -> Distribution:
    """Normal distributions of zero mean on whole numbers within `reach`, their scales `(count,)` in steps."""
    family = constriction.stream.model.QuantizedGaussian(-reach, reach)
    return family, np.zeros(len(scales)), scales.astype(np.float64)


def categorical(weights: np.ndarray) -> Distribution:
    """Distributions on 0, 1, …, their weights `(count, values)`; even a value of weight zero can be coded."""
    return constriction.stream.model.Categorical(perfect=False), weights.astype(np.float64)
