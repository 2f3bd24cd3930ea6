"""Damages inputs of every kind and judges how the project handles them.

    python -m tests.support.fuzz --cases=2000 --seed=7
    python -m tests.support.fuzz --seed=7 --case=123

Each case is a function of (seed, number). The exit status is 1 if an outcome is silent, traceback, spoilt, hang or
memory.
"""

import argparse
import sys

from . import runner


def main() -> int:
    """Parses the flags, runs the cases, and prints the table and the failures."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=2000, help="number of cases")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--case", type=int, help="run only this case and print it in full")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--family", choices=sorted(runner.FAMILIES), help="use only this family")
    parser.add_argument("--jobs", type=int, default=2, help="number of processes")
    parser.add_argument("--seconds", type=float, default=30, help="time limit of a case")
    parser.add_argument("--keep", help="with --case: an empty folder to keep the damaged input in")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return runner.work(options)
    if options.case is not None:
        return runner.one(options)
    return runner.many(options)


if __name__ == "__main__":
    sys.exit(main())
