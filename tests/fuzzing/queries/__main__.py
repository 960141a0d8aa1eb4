"""`python -m tests.fuzzing.queries --minutes 15 --seed 1`: fuzz the engine of hunting; 1: found some."""

from __future__ import annotations

import argparse
import faulthandler
import json
import sys
import tempfile
from pathlib import Path

from tests.fuzzing.queries.campaign import PLANTS, Outcome, Plan, run


def main() -> int:
    """Run as the command line says; 0 if nothing was found."""
    given = _arguments()
    plan = Plan(given.seed, given.minutes * 60, given.plant)
    faulthandler.dump_traceback_later(plan.seconds + 300, exit=True)  # a hang is a finding as well
    with tempfile.TemporaryDirectory(prefix="query-fuzzing-") as folder:
        outcome = run(plan, Path(folder))
    faulthandler.cancel_dump_traceback_later()
    report = _report(plan, outcome)
    if given.json:
        print(json.dumps(report, indent=1))
    else:
        for name, value in report.items():
            print(f"{name:16} {value}")
    if given.keep:
        _keep(Path(given.keep), outcome)
    return 1 if outcome.found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing.queries", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--seed", type=int, default=1, help="another seed, other queries")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    parser.add_argument("--keep", metavar="DIR", help="write there what was found, and the slowest")
    parser.add_argument("--plant", choices=PLANTS, default="", help="put in a fault to be found")
    return parser.parse_args()


def _report(plan: Plan, outcome: Outcome) -> dict[str, object]:
    return {
        "seed": plan.seed,
        "seconds": round(outcome.seconds),
        "inputs": outcome.inputs,
        "answers": dict(outcome.kinds.most_common()),
        "peak_mb": round(outcome.peak_bytes / 1e6),
        "slowest_seconds": round(outcome.slowest_seconds, 2),
        "found": {name: outcome.times[name] for name in outcome.found},
    }


def _keep(folder: Path, outcome: Outcome) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"slowest": outcome.slowest}
    texts |= {f"crashed-{number}": text for number, text in enumerate(outcome.crashed)}
    texts |= {f"found-{number}": text for number, text in enumerate(outcome.found.values())}
    for name, text in texts.items():
        (folder / f"{name}.kql").write_bytes(text.encode("utf-8", "surrogatepass"))
    (folder / "found.txt").write_text("\n".join(outcome.found), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
