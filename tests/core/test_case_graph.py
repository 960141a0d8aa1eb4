"""The graph of an investigation: what leads where, how wide flows are, and where cards stand."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations

from case_values import NOW, RUNNING, WAITING, action, case, cluster, counts, file, verdict

from clawback.core.case_graph import MOST, case_graph
from clawback.core.graph_layout import WIDTH, lay_out
from models.actions import ActionType
from models.alerts import InvestigationStatus
from models.case_graph import CaseGraph, GraphLayer, GraphLayout, PlacedNode, Tone
from models.cases import Case
from models.indicators import Verdict
from models.settings import Settings

LATER = NOW + timedelta(hours=1)


def drawn(found: Case, **changes: frozenset[int]) -> CaseGraph:
    return case_graph(found, Settings(), LATER, **changes)


def flows(graph: CaseGraph) -> dict[tuple[str, str], int]:
    return {(edge.start, edge.end): edge.count for edge in graph.edges}


def test_messages_flow_from_the_entity_to_the_result_and_none_gets_lost() -> None:
    graph = drawn(case(action()))
    assert flows(graph) == {
        ("alert", "entity-0"): 0,
        ("entity-0", "cluster-1"): 4,
        ("cluster-1", "bucket-MAILBOX"): 3,
        ("cluster-1", "bucket-NOT_IN_MAILBOX"): 1,
        ("bucket-MAILBOX", "action-1"): 3,
        ("action-1", "result"): 3,
        ("bucket-NOT_IN_MAILBOX", "result"): 1,
    }
    layers = [node.layer for node in graph.nodes]
    assert layers == sorted(layers, key=list(GraphLayer).index)


def test_what_was_put_back_flows_through_the_revert() -> None:
    back = action(2, type=ActionType.RESTORE, reverts_action_id=1)
    graph = drawn(case(action(), back))
    found = flows(graph)
    assert found["action-1", "action-2"] == found["action-2", "result"] == 3
    assert ("action-1", "result") not in found
    by_key = {node.key: node for node in graph.nodes}
    assert by_key["action-2"].layer is GraphLayer.REVERTS
    assert "3 put back" in by_key["result"].lines


def test_what_is_brought_back_to_the_inbox_comes_from_where_it_is_and_is_counted_once() -> None:
    to_inbox = action(type=ActionType.MOVE_TO_INBOX, copies=2)
    outside = cluster(counts=counts(3, 4))
    found = flows(drawn(case(to_inbox, clusters=(outside,))))
    assert found["bucket-NOT_IN_MAILBOX", "action-1"] == 2
    assert found["bucket-NOT_IN_MAILBOX", "result"] == 2
    assert found["bucket-MAILBOX", "result"] == 3
    assert ("bucket-MAILBOX", "action-1") not in found


def test_a_second_removal_after_a_revert_still_flows_from_the_mailboxes() -> None:
    back = action(2, type=ActionType.RESTORE, reverts_action_id=1)
    again = action(3)
    found = flows(drawn(case(action(), back, again)))
    assert found["bucket-MAILBOX", "action-1"] == found["bucket-MAILBOX", "action-3"] == 3
    assert ("bucket-MAILBOX", "result") not in found


def test_what_nobody_acted_on_flows_to_the_result_by_itself() -> None:
    assert flows(drawn(case()))["bucket-MAILBOX", "result"] == 3


def test_before_anything_is_found_the_alert_leads_to_the_running_result() -> None:
    begun = case(clusters=(), verdicts=(), status=InvestigationStatus.RUNNING)
    graph = drawn(begun)
    assert [(edge.start, edge.end, edge.is_busy) for edge in graph.edges] == [
        ("alert", "result", True)
    ]
    unplaced = case(clusters=(cluster(counts=None),), status=InvestigationStatus.RUNNING)
    assert ("cluster-1", "result") in flows(drawn(unplaced))


def test_a_running_action_shows_how_far_it_is_and_a_waiting_one_how_long() -> None:
    graph = drawn(case(action(**RUNNING), action(2, **WAITING)))
    by_key = {node.key: node for node in graph.nodes}
    running, waiting = by_key["action-1"], by_key["action-2"]
    assert running.lines[0] == "1 of 3 messages"
    assert running.progress is not None
    assert abs(running.progress - 1 / 3) < 1e-9
    assert running.is_busy
    assert (waiting.badge, waiting.lines[1]) == ("Pending approval", "Waiting 1 h")
    assert waiting.target.is_pending
    assert not running.target.is_pending
    busy = {(edge.start, edge.end) for edge in graph.edges if edge.is_busy}
    assert ("bucket-MAILBOX", "action-1") in busy


def test_beyond_eight_clusters_the_rest_is_one_card_that_keeps_their_messages() -> None:
    many = tuple(cluster(number) for number in range(1, 30))
    graph = drawn(case(clusters=many))
    shown = [node for node in graph.nodes if node.layer is GraphLayer.CLUSTERS]
    assert len(shown) == MOST + 1
    assert shown[-1].title == "and 21 more clusters"
    found = flows(graph)
    assert found["more-Entities", "more-Email clusters"] == 21 * 4
    assert found["more-Email clusters", "bucket-MAILBOX"] == 21 * 3
    nine = drawn(case(clusters=many[: MOST + 1]))
    keys = [node.key for node in nine.nodes if node.layer is GraphLayer.CLUSTERS]
    assert keys == [f"cluster-{number}" for number in range(1, MOST + 2)]


def test_harmless_entities_beside_a_threat_are_folded() -> None:
    clean = tuple(verdict(file(number), Verdict.CLEAN) for number in range(50, 60))
    graph = drawn(case(verdicts=(*clean, verdict(file(1)))))
    shown = [node for node in graph.nodes if node.layer is GraphLayer.ENTITIES]
    assert [node.tone for node in shown] == [Tone.BAD, Tone.GOOD]
    assert shown[1].lines == ("10 No threats found",)


def test_a_wave_is_said_on_its_cluster() -> None:
    def lines(*anomalies: int) -> tuple[str, ...]:
        graph = drawn(case(), anomalies=frozenset(anomalies))
        return next(node.lines for node in graph.nodes if node.key == "cluster-1")

    assert "Volume anomaly" in lines(1)
    assert "Volume anomaly" not in lines(2)


def laid(found: Case) -> GraphLayout:
    return lay_out(drawn(found))


def apart(one: PlacedNode, other: PlacedNode) -> bool:
    beside = one.x + one.width < other.x or other.x + other.width < one.x
    return beside or one.y + one.height < other.y or other.y + other.height < one.y


MANY = case(
    *(action(number, cluster_id=number) for number in range(1, 7)),
    action(9, reverts_action_id=1),
    clusters=tuple(cluster(number, counts=counts(3, 1, 1, 1)) for number in range(1, 7)),
)


def test_no_card_lies_over_another_or_outside_and_a_broken_layout_would_be_seen() -> None:
    layout = laid(MANY)
    assert len(layout.nodes) > 20
    assert all(apart(one, other) for one, other in combinations(layout.nodes, 2))
    for placed in layout.nodes:
        assert placed.x >= 0
        assert placed.x + placed.width <= WIDTH + 0.01
        assert placed.y + placed.height <= layout.height
    first, second = layout.nodes[:2]
    moved = PlacedNode(second.node, first.x, first.y + 5, second.width, second.height)
    assert not apart(first, moved)


def test_a_flow_that_skips_a_layer_runs_below_its_cards() -> None:
    layout = laid(case(action()))
    card = next(one for one in layout.nodes if one.node.key == "action-1")
    edge = next(one for one in layout.edges if one.edge.start == "bucket-NOT_IN_MAILBOX")
    before, after = edge.path.split("L")
    lane = float(before.rsplit(" ", 1)[1])
    assert after.startswith(f"{card.x + card.width:.1f} {lane:.1f}")
    assert lane - edge.width / 2 > card.y + card.height


def test_a_flow_is_the_wider_the_more_messages_it_stands_for() -> None:
    wide = {(one.edge.start, one.edge.end): one.width for one in laid(case(action())).edges}
    whole, most = wide["entity-0", "cluster-1"], wide["cluster-1", "bucket-MAILBOX"]
    one, none = wide["cluster-1", "bucket-NOT_IN_MAILBOX"], wide["alert", "entity-0"]
    assert whole > most > one > none > 0


def test_an_empty_graph_has_a_place_for_its_alert_and_result() -> None:
    layout = laid(case(clusters=(), verdicts=()))
    assert [placed.node.key for placed in layout.nodes] == ["alert", "result"]
    assert layout.height > 0
