"""The graph of an investigation: cards in layers, and the flow of messages between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class GraphLayer(StrEnum):
    """The layers from left to right; one that has no card is left out."""

    ALERT = "Alert"
    ENTITIES = "Entities"
    CLUSTERS = "Email clusters"
    LOCATIONS = "Locations"
    ACTIONS = "Actions"
    REVERTS = "Put back"
    RESULT = "Result"


class Tone(StrEnum):
    """How a card or flow is coloured; the words beside it say the same."""

    NEUTRAL = "neutral"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Target:
    """What a card leads to: a tab of the investigation, or an action in the Action center."""

    tab: str = ""
    of: str = ""
    cluster_id: int | None = None
    action_id: int | None = None
    is_pending: bool = False


@dataclass(frozen=True, slots=True)
class GraphBar:
    """One small bar of a card: how many messages, and which share of the card's greatest that is."""

    label: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One card. Texts are safe to show; `icon` is a name of ours.

    `progress` is the share that is done, of what runs; `is_busy` says that it changes by itself.
    """

    key: str
    layer: GraphLayer
    icon: str
    title: str
    target: Target
    lines: tuple[str, ...] = ()
    badge: str = ""
    tone: Tone = Tone.NEUTRAL
    bars: tuple[GraphBar, ...] = ()
    progress: float | None = None
    is_busy: bool = False


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """A flow of `count` messages from one card to another in a later layer; 0: it only leads there."""

    start: str
    end: str
    count: int
    tone: Tone = Tone.NEUTRAL
    is_busy: bool = False


@dataclass(frozen=True, slots=True)
class CaseGraph:
    """Cards by layer from top to bottom, and flows between them."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]


@dataclass(frozen=True, slots=True)
class PlacedNode:
    """A card with its place, in pixels at the layout's own width."""

    node: GraphNode
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PlacedEdge:
    """A flow as a path of SVG, in the same measure, and how wide its line is."""

    edge: GraphEdge
    path: str
    width: float


@dataclass(frozen=True, slots=True)
class PlacedLayer:
    """The heading of a layer."""

    name: GraphLayer
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class GraphLayout:
    """A drawn graph: it is `width` wide at its own measure and may be stretched sideways."""

    width: float
    height: float
    layers: tuple[PlacedLayer, ...]
    nodes: tuple[PlacedNode, ...]
    edges: tuple[PlacedEdge, ...]
