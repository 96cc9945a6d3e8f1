"""Main: `python -m bench [NAME ...]`: run benches, print a table, add to bench/out/results.jsonl."""

import argparse
import importlib
import sys
import traceback

from bench.figures import RESULTS, ROOT, Figures, say
from bench.processes import Failed

BENCHES = {
    "throughput": "messages a second of the whole durable job, against a bare aiohttp echo",
    "stages": "what each part of a message's way costs",
    "waiting": "10,000 waiting sessions: memory and start-up",
    "footprint": "memory of a server, time and size of the imports, time of commands",
    "interpreter": "walks of six nodes in process",
    "scripts": "one Evaluate script",
}


def main() -> int:
    """Returns the exit status: 0 done, 1 a bench failed, 2 not understood."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure botkit. Trust the ratios: they are of one run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these benches")
    parser.add_argument("--quick", action="store_true", help="shorter and less exact")
    parser.add_argument("--list", action="store_true", help="list the benches")
    options = parser.parse_args()
    if options.list:
        for name, about in BENCHES.items():
            print(f"{name:12} {about}")
        return 0
    unknown = [name for name in options.names if name not in BENCHES]
    if unknown:
        parser.error(f"there is no bench {unknown[0]!r}: there are {', '.join(BENCHES)}")
    figures = Figures(quick=options.quick)
    failed = False
    for name in options.names or BENCHES:
        say(f"{name}: {BENCHES[name]}")
        try:
            importlib.import_module(f"bench.{name}").run(figures)
        except Exception as error:  # the figures of the others count all the same
            failed = True
            say(f"{name} failed: {error if isinstance(error, Failed) else traceback.format_exc()}")
    print(figures.table())
    say(f"added to {RESULTS.relative_to(ROOT)}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
