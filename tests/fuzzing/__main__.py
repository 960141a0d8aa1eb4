"""`python -m tests.fuzzing --minutes 15 --seed 1 --json`: fuzz the extractor; 1 where it found something."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.fuzzing.campaign import Outcome, Plan, read_all, run
from tests.fuzzing.planted import PLANTED
from tests.fuzzing.repeats import repeats
from tests.fuzzing.seeds import files_of, seeds


def main() -> int:
    """Run as the command line says; 0 if nothing was found."""
    given = _arguments()
    messages = seeds()
    plan = Plan(given.seed, given.minutes * 60, planted=given.plant or "", traced=not given.blind)
    again = given.repeats
    outcome = read_all(plan, repeats()) if again else run(plan, messages, files_of(messages))
    report = _report(plan, outcome, len(messages))
    if given.json:
        print(json.dumps(report, indent=1))
    else:
        for name, value in report.items():
            print(f"{name:18} {value}")
    if given.keep:
        _keep(Path(given.keep), outcome)
    return 1 if outcome.found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--seed", type=int, default=1, help="another seed, other inputs")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    parser.add_argument(
        "--keep", metavar="DIR", help="write there what was found, and the extremes"
    )
    parser.add_argument("--plant", choices=PLANTED, help="put in a fault, which must be found")
    parser.add_argument(
        "--repeats", action="store_true", help="every token many times over in every place instead"
    )
    parser.add_argument("--blind", action="store_true", help="do not follow the paths taken")
    return parser.parse_args()


def _report(plan: Plan, outcome: Outcome, seeds: int) -> dict[str, object]:
    return {
        "seed": plan.seed,
        "seconds": round(outcome.seconds),
        "seeds": seeds,
        "inputs": outcome.inputs,
        "paths": len(outcome.edges),
        "kept_inputs": len(outcome.kept),
        "peak_mb": round(outcome.peak_bytes / 1e6),
        "slowest_seconds": round(outcome.slowest_seconds, 2),
        "slowest_bytes": len(outcome.slowest),
        "problems": dict(outcome.codes.most_common()),
        "found": {name: outcome.times[name] for name in outcome.found},
        "not_repeated": {n: t for n, t in outcome.times.items() if n not in outcome.found},
    }


def _keep(folder: Path, outcome: Outcome) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "slowest.eml").write_bytes(outcome.slowest)
    (folder / "largest.eml").write_bytes(outcome.largest)
    for number, (name, raw) in enumerate(outcome.found.items()):
        (folder / f"found-{number}.eml").write_bytes(raw)
        (folder / f"found-{number}.txt").write_text(name + "\n")
    for number, raw in enumerate(outcome.kept):
        (folder / f"kept-{number}.eml").write_bytes(raw)


if __name__ == "__main__":
    sys.exit(main())
