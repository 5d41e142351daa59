"""Holds every claim of ``rules/frameworks/*.yaml`` against the packages that it names.

    python benchmarks/verify_catalog.py --cache DIR [--only NAME …] [--pinned] [--jobs N] [--unproved]

The releases under ``read:`` are downloaded from the index that pip is set up for, once, into DIR, and unpacked.
Nothing of them is imported or run: paths, parameters, defaults, methods, hidden prompts and quoted lines are proved by
reading. Ends with 1 where something does not hold, with 4 where no index answers.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from proving import claims, wheels
from proving.claims import KINDS, Proof

from factorlint import catalog

PINNED = ("tenacity", "pocketflow", "lagent", "smolagents")  # small wheels, and a bit of everything
UNREACHABLE = 4


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--cache", type=Path, default=Path.home() / ".cache" / "factorlint-catalog", help="where packages are kept"
    )
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this library; may be repeated")
    parser.add_argument("--pinned", action="store_true", help=f"a small part: {', '.join(PINNED)}")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--unproved", action="store_true", help="list what reading cannot prove, too")
    given = parser.parse_args()
    known = catalog.builtin()
    wanted = [*given.only, *(PINNED if given.pinned else ())]
    names = [one.name for one in known.libraries if not wanted or one.name in wanted]
    if set(wanted) - set(names):
        parser.error(f"no such library: {', '.join(sorted(set(wanted) - set(names)))}")
    try:
        proofs = proved(names, given.cache, given.jobs)
    except wheels.Unreachable as error:
        print(f"{error}; nothing was proved", file=sys.stderr)
        return UNREACHABLE
    table(proofs)
    told("drift", [(one.library.name, claim.kind, claim.text, claim.wrong) for one in proofs for claim in one.drift])
    if given.unproved:
        told(
            "unproved",
            [(one.library.name, claim.kind, claim.text, claim.dark) for one in proofs for claim in one.unproved],
        )
    return 1 if any(one.drift for one in proofs) else 0


def proved(names: Sequence[str], cache: Path, jobs: int) -> list[Proof]:
    """The proofs of the libraries NAMES, in order. Raises Unreachable."""
    done: dict[str, Proof] = {}
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        work = {pool.submit(_one, name, cache): name for name in names}
        for future in concurrent.futures.as_completed(work):
            proof = done[work[future]] = future.result()
            print(f"{len(done)}/{len(names)} {work[future]}: {len(proof.drift)} drift", file=sys.stderr, flush=True)
    return [done[name] for name in names]


def _one(name: str, cache: Path) -> Proof:
    sys.setrecursionlimit(10_000)
    known = catalog.builtin()
    library = next(one for one in known.libraries if one.name == name)
    return claims.prove(library, known, wheels.Shelf(cache))


def table(proofs: Sequence[Proof]) -> None:
    """One row for each release (what it shows), and one for each library (proved of claimed)."""
    print(f"| library | package | version | {' | '.join(KINDS)} | unproved | drift |")
    print(f"| --- | --- | --- |{' ---: |' * (len(KINDS) + 2)}")
    for proof in proofs:
        for package in proof.releases:
            counts = [sum(one.kind == kind and package in one.seen for one in proof.claims) for kind in KINDS]
            print(f"| {proof.library.name} | {package.name} | {package.version} | {' | '.join(map(str, counts))} | | |")
        print(f"| **{proof.library.name}** | | | {summed([proof])} |")
    agents = sum(one.library.kind == "agent-framework" for one in proofs)
    releases = len({str(package) for one in proofs for package in one.releases})
    print(f"| **{len(proofs)} libraries**, {agents} agent frameworks | | {releases} releases | {summed(proofs)} |")


def summed(proofs: Sequence[Proof]) -> str:
    cells = []
    for kind in KINDS:
        held = [one for proof in proofs for one in proof.claims if one.kind == kind]
        cells.append(f"{sum(not one.wrong and not one.dark for one in held)}/{len(held)}")
    return " | ".join(
        (*cells, str(sum(len(one.unproved) for one in proofs)), str(sum(len(one.drift) for one in proofs)))
    )


def told(title: str, rows: Sequence[tuple[str, str, str, str]]) -> None:
    if rows:
        print(f"\n{title} ({len(rows)})")
    for library, kind, text, why in rows:
        print(f"  {library}: {kind.removesuffix('s')} {text}: {why}")


if __name__ == "__main__":
    sys.exit(main())
