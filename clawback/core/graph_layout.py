"""Where the cards of a graph stand, and how the flows between them run."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.case_graph import (
    CaseGraph,
    GraphEdge,
    GraphLayer,
    GraphLayout,
    GraphNode,
    PlacedEdge,
    PlacedLayer,
    PlacedNode,
)

WIDTH = 1216.0
"""What a page of 1280 pixels has for it."""

_HEAD = 34.0  # the names of the layers
_GAP = 18.0  # between cards of a layer
_MARGIN = 4.0
_SPACES = {7: 38.0}  # between layers, where the flows run; else:
_SPACE = 48.0
_LANE_GAP = 12.0
_SHARES = {
    GraphLayer.ALERT: 1.0, GraphLayer.ENTITIES: 1.06, GraphLayer.CLUSTERS: 0.98,
    GraphLayer.LOCATIONS: 1.12, GraphLayer.RESULT: 1.06,
}  # fmt: skip
"""How wide the cards of a layer are, against others."""

_PADDING, _ICON, _SIDES = 20.0, 26.0, 28.0
_TITLE, _LINE, _BADGE, _BAR, _PROGRESS = 18.0, 17.0, 23.0, 20.0, 12.0
_CHARACTER = 7.7  # of a title, in a wide font
_THINNEST, _WIDEST = 2.0, 18.0


@dataclass(slots=True)
class _Column:
    """A layer: its cards from the top, and below them the flows that pass it."""

    name: GraphLayer
    x: float
    width: float
    nodes: list[GraphNode]
    passing: list[GraphEdge] = field(default_factory=list)


_Pair = tuple[str, str]


def lay_out(graph: CaseGraph) -> GraphLayout:
    """Layers from left to right, each centred; a flow is the wider the more messages it stands for.

    What skips a layer runs below its cards, so that no flow seems to come out of a card that it only
    passes.
    """
    columns = _columns(graph)
    greatest = max((edge.count for edge in graph.edges), default=0)
    wide = {_pair(edge): _width(edge.count, greatest) for edge in graph.edges}
    _let_pass(graph, columns)
    tallest = max(_tall(column, wide) for column in columns)
    placed: dict[str, PlacedNode] = {}
    lanes: dict[_Pair, list[tuple[float, float, float]]] = {}
    for column in columns:
        y = _HEAD + (tallest - _tall(column, wide)) / 2
        for node in column.nodes:
            height = _height(node, column.width)
            placed[node.key] = PlacedNode(node, column.x, y, column.width, height)
            y += height + _GAP
        for edge in column.passing:
            breadth = wide[_pair(edge)]
            lane = (column.x, column.x + column.width, y + breadth / 2)
            lanes.setdefault(_pair(edge), []).append(lane)
            y += breadth + _LANE_GAP
    return GraphLayout(
        width=WIDTH,
        height=round(_HEAD + tallest + _MARGIN, 1),
        layers=tuple(PlacedLayer(one.name, one.x, one.width) for one in columns),
        nodes=tuple(placed.values()),
        edges=_drawn(graph.edges, placed, lanes, wide),
    )


def _columns(graph: CaseGraph) -> list[_Column]:
    names = [layer for layer in GraphLayer if any(node.layer is layer for node in graph.nodes)]
    space = _SPACES.get(len(names), _SPACE)
    shares = [_SHARES.get(name, 1.0) for name in names]
    unit = (WIDTH - 2 * _MARGIN - space * (len(names) - 1)) / sum(shares)
    columns, x = [], _MARGIN
    for name, share in zip(names, shares, strict=True):
        nodes = [node for node in graph.nodes if node.layer is name]
        columns.append(_Column(name, x, unit * share, nodes))
        x += unit * share + space
    return columns


def _let_pass(graph: CaseGraph, columns: Sequence[_Column]) -> None:
    """Give each flow a lane in the layers that it skips, in the order of the cards that they leave."""
    place = {node.key: (at, row) for at, column in enumerate(columns)
             for row, node in enumerate(column.nodes)}  # fmt: skip
    for edge in sorted(graph.edges, key=lambda one: (-place[one.start][0], place[one.start][1])):
        for at in range(place[edge.start][0] + 1, place[edge.end][0]):
            columns[at].passing.append(edge)


def _tall(column: _Column, wide: Mapping[_Pair, float]) -> float:
    cards = [_height(node, column.width) + _GAP for node in column.nodes]
    lanes = [wide[_pair(edge)] + _LANE_GAP for edge in column.passing]
    return sum(cards) + sum(lanes) - (_LANE_GAP if lanes else _GAP)


def _height(node: GraphNode, width: float) -> float:
    """What the card's texts take: a title of two lines at most."""
    room = max(int((width - _SIDES - _ICON) / _CHARACTER), 4)
    titles = min(2, max(1, len(textwrap.wrap(node.title, room))))
    return (
        _PADDING
        + titles * _TITLE
        + len(node.lines) * _LINE
        + (_BADGE if node.badge else 0)
        + len(node.bars) * _BAR
        + (_PROGRESS if node.progress is not None else 0)
    )


def _width(count: int, greatest: int) -> float:
    """As the area of a disc: a tenth of the messages is still a third of the width."""
    if not count or not greatest:
        return _THINNEST
    return round(_THINNEST + (_WIDEST - _THINNEST) * math.sqrt(count / greatest), 1)


def _drawn(
    edges: Sequence[GraphEdge],
    placed: Mapping[str, PlacedNode],
    lanes: Mapping[_Pair, Sequence[tuple[float, float, float]]],
    wide: Mapping[_Pair, float],
) -> tuple[PlacedEdge, ...]:
    """The flows, the widest first, so that thin ones lie on top."""
    aims: dict[_Pair, tuple[float, float]] = {}
    for edge in edges:
        passed = lanes.get(_pair(edge))
        first = passed[0][2] if passed else _middle(placed[edge.end])
        last = passed[-1][2] if passed else _middle(placed[edge.start])
        aims[_pair(edge)] = (first, last)
    starts = _ports([(one.start, _pair(one)) for one in edges], placed, wide, aims, side=0)
    ends = _ports([(one.end, _pair(one)) for one in edges], placed, wide, aims, side=1)
    drawn = []
    for edge in edges:
        pair, start, end = _pair(edge), placed[edge.start], placed[edge.end]
        points = [(start.x + start.width, starts[pair])]
        for left, right, y in lanes.get(pair, ()):
            points += [(left, y), (right, y)]
        points.append((end.x, ends[pair]))
        drawn.append(PlacedEdge(edge, _path(points), wide[pair]))
    return tuple(sorted(drawn, key=lambda one: -one.width))


def _ports(
    touching: Sequence[tuple[str, _Pair]],
    placed: Mapping[str, PlacedNode],
    wide: Mapping[_Pair, float],
    aims: Mapping[_Pair, tuple[float, float]],
    *,
    side: int,
) -> Mapping[_Pair, float]:
    """How high each flow leaves or meets its card: side by side, in the order of where they go."""
    ports: dict[_Pair, float] = {}
    for key, place in placed.items():
        ours = sorted((pair for at, pair in touching if at == key), key=lambda one: aims[one][side])
        total = sum(wide[pair] for pair in ours)
        room = max(place.height - 16 - total, 0.0)
        gap = min(8.0, room / max(len(ours) - 1, 1))
        y = _middle(place) - (total + gap * max(len(ours) - 1, 0)) / 2
        for pair in ours:
            ports[pair] = y + wide[pair] / 2
            y += wide[pair] + gap
    return ports


def _path(points: Sequence[tuple[float, float]]) -> str:
    """A line through the points: curves that leave and arrive level, straight where it passes a layer."""
    (x, y), *rest = points
    path = f"M{x:.1f} {y:.1f}"
    for to_x, to_y in rest:
        if to_y == y:
            path += f"L{to_x:.1f} {to_y:.1f}"
        else:
            half = (x + to_x) / 2
            path += f"C{half:.1f} {y:.1f} {half:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
        x, y = to_x, to_y
    return path


def _pair(edge: GraphEdge) -> _Pair:
    return edge.start, edge.end


def _middle(place: PlacedNode) -> float:
    return place.y + place.height / 2
