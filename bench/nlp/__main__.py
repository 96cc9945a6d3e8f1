"""Main: `python -m bench.nlp [NAME ...]`: measure language understanding, print the table, keep the rows."""

import argparse
import importlib
import importlib.util
import sys
import traceback

from bench.figures import RESULTS, ROOT, say
from bench.nlp import MODULES, Absent
from bench.nlp.table import Table


def main() -> int:
    """Returns the exit status: 0 done, 1 a module failed, 2 not understood."""
    parser = argparse.ArgumentParser(prog="bench.nlp", description="Measure language understanding.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these modules")
    parser.add_argument("--quick", action="store_true", help="shorter and less exact")
    parser.add_argument("--list", action="store_true", help="list the modules")
    options = parser.parse_args()
    if options.list:
        for name, about in MODULES.items():
            print(f"{name:12} {about}")
        return 0
    unknown = [name for name in options.names if name not in MODULES]
    if unknown:
        parser.error(f"there is no module {unknown[0]!r}: there are {', '.join(MODULES)}")
    table = Table()
    skipped: dict[str, str] = {}
    failed = False
    for name in options.names or MODULES:
        say(f"{name}: {MODULES[name]}")
        if importlib.util.find_spec(f"bench.nlp.{name}") is None:
            skipped[name] = "it is not written yet"
            continue
        try:
            for row in importlib.import_module(f"bench.nlp.{name}").rows(options.quick):
                table.add(row)
                say(f"{row.tier} {row.data}: {row.metric} {row.value:.4g} {row.unit}".strip())
        except Absent as absent:
            skipped[name] = str(absent)
        except Exception:  # the figures of the others count all the same
            failed = True
            say(f"{name} failed: {traceback.format_exc()}")
    print(table.text())
    for name, reason in skipped.items():
        print(f"skipped {name}: {reason}")
    say(f"added to {RESULTS.relative_to(ROOT)}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
