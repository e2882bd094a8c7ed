"""Draw the curves of growth as SVG: the time of a call on a larger database as a multiple of that on the smallest."""

from __future__ import annotations

import math
from collections.abc import Mapping

_WIDTH, _HEIGHT = 720, 420
_LEFT, _TOP, _RIGHT, _BOTTOM = 60, 40, 150, 50
_TOP_RATIO = 4.0
_COLOURS = (
    "#1f77b4",
    "#d62728",
    "#2ca02c",
    "#9467bd",
    "#8c564b",
    "#e377c2",
    "#7f7f7f",
    "#bcbd22",
    "#17becf",
    "#ff7f0e",
)
_STYLE = "text{font:13px sans-serif;fill:#555}.axis{stroke:#999}.limit{stroke:#999;stroke-dasharray:4 4}"


def draw(growth: Mapping[str, Mapping[int, float]]) -> str:
    """Return the picture of curves in milliseconds, or bytes, by the number of reports."""
    sizes = sorted(next(iter(growth.values())))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>The time of calls from {sizes[0]:,} to {sizes[-1]:,} reports, as a multiple of the first</title>",
        f"<style>{_STYLE}</style>",
        f'<text x="{_LEFT}" y="20">Multiple of the time with {sizes[0]:,} reports</text>',
    ]
    for ratio in (1, 2, 3, 4):
        y = _y(ratio)
        kind = "limit" if ratio == 2 else "axis"
        parts.append(f'<line class="{kind}" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 24}" y="{y + 4:.1f}">{ratio} \N{MULTIPLICATION SIGN}</text>')
    parts += [
        f'<text x="{_x(size, sizes):.1f}" y="{_HEIGHT - _BOTTOM + 24}" text-anchor="middle">{size:,}</text>'
        for size in sizes
    ]
    ends = _spread({name: _y(curve[sizes[-1]] / curve[sizes[0]]) for name, curve in growth.items()})
    for (name, curve), colour in zip(growth.items(), _COLOURS, strict=False):
        points = " ".join(f"{_x(size, sizes):.1f},{_y(curve[size] / curve[sizes[0]]):.1f}" for size in sizes)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{_WIDTH - _RIGHT + 8}" y="{ends[name] + 4:.1f}" style="fill:{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _x(size: int, sizes: list[int]) -> float:
    span = math.log10(sizes[-1] / sizes[0]) or 1.0
    return _LEFT + math.log10(size / sizes[0]) / span * (_WIDTH - _LEFT - _RIGHT)


def _y(ratio: float) -> float:
    return _TOP + (1 - min(ratio, _TOP_RATIO) / _TOP_RATIO) * (_HEIGHT - _TOP - _BOTTOM)


def _spread(ends: Mapping[str, float]) -> dict[str, float]:
    """Return the places of labels, moved apart so that they do not cover each other."""
    placed: dict[str, float] = {}
    lowest = -math.inf
    for name, y in sorted(ends.items(), key=lambda item: item[1]):
        lowest = max(y, lowest + 15)
        placed[name] = lowest
    return placed
