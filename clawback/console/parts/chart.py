"""Charts: ECharts drawn in the page's colours, with a sentence for those who do not see it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import nicegui.elements.echart  # noqa: F401  the module `nicegui-echart` that the component imports
from nicegui.element import Element

Pick = Callable[[int, int], Awaitable[None] | None]


class Chart(Element, component="chart.js"):
    """A chart from ECharts options: values of ours, texts from data through `plain`, tooltips in rich text.

    `label` says what it shows. `on_pick` gets the numbers of series and point that somebody clicks.
    """

    def __init__(
        self, label: str, options: Mapping[str, Any], *, on_pick: Pick | None = None
    ) -> None:
        super().__init__()
        self.props["aria-label"] = label
        self.props["options"] = dict(options)
        if on_pick is not None:
            self.on("pick", lambda event: _picked(on_pick, event.args))

    def show(self, options: Mapping[str, Any]) -> None:
        """Another drawing."""
        self.props["options"] = dict(options)


def _picked(on_pick: Pick, given: object) -> Awaitable[None] | None:
    match given:
        case [int(series), int(point)]:
            return on_pick(series, point)
    return None
