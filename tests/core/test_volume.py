"""The rule of the volume anomaly, at its edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from clawback.core.volume import NO_STATEMENT, volume_at, volume_words
from models.volume import DeliveryDays

AT = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)


def found(recent: int, *by_day: int, known_days: float = 30) -> DeliveryDays:
    """Deliveries; days that are not given had none."""
    days = (*by_day, *[0] * (10 - len(by_day)))
    return DeliveryDays(recent, days, AT - timedelta(days=known_days))


@pytest.mark.parametrize(
    ("recent", "by_day", "is_anomaly"),
    [
        (4, (), False),  # too few to be a wave
        (5, (), True),  # the first wave
        (19, (10,) * 10, False),
        (20, (10,) * 10, True),  # 10 + 3 * sqrt(10) = 19.49
        (130, (100,) * 10, False),
        (131, (100,) * 10, True),
        (0, (100,) * 10, False),
    ],
)
def test_a_day_is_an_anomaly_if_it_exceeds_the_mean_by_three_times_its_square_root(
    recent: int, by_day: tuple[int, ...], is_anomaly: bool
) -> None:
    assert volume_at(found(recent, *by_day), AT).is_anomaly is is_anomaly


@pytest.mark.parametrize(
    ("known_days", "days", "is_anomaly"),
    [(7.9, 6, None), (8, 7, True), (9.5, 8, True), (11, 10, True), (400, 10, True), (0.5, 0, None)],
)
def test_nothing_is_said_before_seven_full_days_are_known(
    known_days: float, days: int, is_anomaly: bool | None
) -> None:
    volume = volume_at(found(50, 7, known_days=known_days), AT)
    assert (volume.days, volume.is_anomaly) == (days, is_anomaly)
    assert volume.by_day == (7, 0, 0, 0, 0, 0, 0, 0, 0, 0)[:days]
    assert volume.usual_a_day == (pytest.approx(7 / days) if days else None)


def test_an_empty_index_says_nothing() -> None:
    volume = volume_at(DeliveryDays(0, (0,) * 10, None), AT)
    assert (volume.days, volume.is_anomaly, volume.usual_a_day) == (0, None, None)


def test_words_say_what_was_compared() -> None:
    said = [volume_words(volume_at(one, AT)) for one in (found(1_200, 5, 5), found(2, 9, 9, 2))]
    assert said == [
        "Yes: 1,200 in the last day, 1.0 a day in the 10 days before",
        "No: 2 in the last day, 2.0 a day in the 10 days before",
    ]
    assert volume_words(volume_at(found(9, known_days=4), AT)) == "Unknown: 3 full days of mail"
    assert volume_words(NO_STATEMENT) == "Not looked for"
