"""A graph of cards in layers, drawn by one component of ours that knows text and links, and no markup."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui.element import Element

from clawback.console.parts.tags import sets_of
from models.case_graph import GraphLayout, PlacedEdge, PlacedNode, Target

Leads = Callable[[Target], str]


class Graph(Element, component="graph.js"):
    """A graph; `leads` gives the address of what a card leads to."""

    def __init__(self, caption: str, layout: GraphLayout, leads: Leads) -> None:
        super().__init__()
        self._leads = leads
        self.props["caption"] = caption
        self.show(layout)

    def show(self, layout: GraphLayout) -> None:
        """Another state of it; what is pointed at stays so."""
        self.props["layout"] = {
            "width": layout.width,
            "height": layout.height,
            "layers": [
                {"name": one.name.value, "x": one.x, "width": one.width} for one in layout.layers
            ],
            "nodes": [_node(one, self._leads) for one in layout.nodes],
            "edges": [_edge(one) for one in layout.edges],
        }


def _node(placed: PlacedNode, leads: Leads) -> dict[str, Any]:
    node = placed.node
    href = leads(node.target)
    return {
        "key": node.key,
        "layer": node.layer.value,
        "icon": node.icon,
        "title": node.title,
        "lines": list(node.lines),
        "badge": node.badge,
        "tone": node.tone.value,
        "bars": [{"label": bar.label, "count": bar.count, "share": bar.share} for bar in node.bars],
        "progress": node.progress,
        "busy": node.is_busy,
        "href": href,
        "sets": sets_of(href),
        "x": placed.x,
        "y": placed.y,
        "width": placed.width,
        "height": placed.height,
    }


def _edge(placed: PlacedEdge) -> dict[str, Any]:
    edge = placed.edge
    return {
        "start": edge.start,
        "end": edge.end,
        "count": edge.count,
        "tone": edge.tone.value,
        "busy": edge.is_busy,
        "path": placed.path,
        "width": placed.width,
    }
