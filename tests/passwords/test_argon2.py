"""Passwords by the real library: right ones pass, and nothing is told by the time it takes."""

from __future__ import annotations

import time

from argon2 import PasswordHasher

from clawback.passwords.argon2 import Argon2Hasher

PASSWORD = "correct horse battery"


def test_the_right_password_passes_and_no_other() -> None:
    hasher = Argon2Hasher()
    kept = hasher.hash(PASSWORD)
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept
    assert hasher.hash(PASSWORD) != kept
    assert hasher.verify(kept, PASSWORD)
    assert not hasher.verify(kept, PASSWORD + " ")
    assert not hasher.verify("", PASSWORD)
    assert not hasher.verify("damaged", PASSWORD)
    assert not hasher.outdated(kept)


def test_a_hash_with_weaker_parameters_is_outdated_and_still_opens() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    hasher = Argon2Hasher()
    assert hasher.outdated(weak)
    assert hasher.verify(weak, PASSWORD)


def test_an_account_that_is_not_there_costs_as_much_as_a_wrong_password() -> None:
    hasher = Argon2Hasher()
    kept = hasher.hash(PASSWORD)
    hasher.verify(kept, "the first makes the decoy")

    def cpu(kept: str) -> float:
        began = time.process_time()
        hasher.verify(kept, "wrong password")
        return time.process_time() - began

    there, missing = min(cpu(kept) for _ in range(5)), min(cpu("") for _ in range(5))
    assert 0.5 < missing / there < 2
    assert there > 0.01  # a comparison alone takes microseconds
