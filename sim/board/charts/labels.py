"""Where labels of upright lines go, so that no label lies on another one or on a line."""

from __future__ import annotations

from collections.abc import Sequence

Place = tuple[int, bool]  # row, from the top; whether the label ends at its line


def label_places(marks: Sequence[tuple[float, float]], right: float) -> list[Place]:
    """The row and the side of a label for each line, given by its place and the width of its label.

    A line runs from the row of its label downwards. A label is right of its line, or left of it where it would pass
    `right` or a line whose own label is on the left; then it is in a row above those of the labels on the right.
    """
    order = sorted(range(len(marks)), key=lambda i: marks[i][0])
    leftward, limit = set(), right
    for i in reversed(order):
        at, width = marks[i]
        if at + width > limit and at >= width:
            leftward.add(i)
            limit = at
    rows: list[list[tuple[float, float, float]]] = []  # line, and ends of its label
    found: dict[int, Place] = {}
    for i in [*(i for i in reversed(order) if i in leftward), *(i for i in order if i not in leftward)]:
        at, width = marks[i]
        start, end = (at - width, at) if i in leftward else (at, at + width)
        row = next((row for row in range(len(rows)) if _is_free(rows, row, (at, start, end))), len(rows))
        if row == len(rows):
            rows.append([])
        rows[row].append((at, start, end))
        found[i] = row, i in leftward
    return [found[i] for i in range(len(marks))]


def _is_free(rows: Sequence[Sequence[tuple[float, float, float]]], row: int, label: tuple[float, float, float]) -> bool:
    """Whether a label in a row is on no other label and no line, and its line on no label below."""
    at, start, end = label
    beside = all(start > other_end or end < other_start for _, other_start, other_end in rows[row])
    above = all(not start < line < end for each in rows[:row] for line, _, _ in each)
    below = all(not other_start < at < other_end for each in rows[row + 1 :] for _, other_start, other_end in each)
    return beside and above and below
