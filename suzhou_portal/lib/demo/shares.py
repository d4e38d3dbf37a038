"""Splitting a number exactly."""

from collections.abc import Sequence


def shares(total: int, weights: Sequence[float], least: int = 0) -> list[int]:
    """``total`` split by ``weights`` into whole numbers of ``least`` or more, the sum exact."""
    rest = total - least * len(weights)
    exact = [rest * weight / sum(weights) for weight in weights]
    parts = [int(value) for value in exact]
    order = sorted(range(len(parts)), key=lambda index: (parts[index] - exact[index], index))
    for index in order[: rest - sum(parts)]:
        parts[index] += 1
    return [least + part for part in parts]
