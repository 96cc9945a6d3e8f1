"""Footprint: memory of a server, what `import botkit` brings along, CPU time of commands."""

import json
import statistics
import subprocess
import sys
from contextlib import ExitStack

from bench.figures import ROOT, Figures
from bench.processes import Failed, child_cpu_seconds, scratch
from bench.project import TO_A_WAIT
from bench.throughput import Driver, serve

MESSAGES = 1_000
MANY_MESSAGES, QUICK_MESSAGES = 20_000, 4_000
MOST_RSS_MIB = 80
MOST_HELP_SECONDS = 0.3
REPEATS = 5
HEAVY = ("numpy", "spacy", "transformers")
_IMPORT = """
import json, sys, time
began = time.process_time()
before = set(sys.modules)
import botkit
print(json.dumps([time.process_time() - began, sorted(set(sys.modules) - before)]))
"""


def run(figures: Figures) -> None:
    """Baselines are the bounds; a ratio under 1 is within them."""
    with ExitStack() as stack, scratch() as folder:
        driver = Driver(stack)
        server, port = serve(stack, folder / "project", TO_A_WAIT, driver)
        driver.load(port, calls=MESSAGES)
        driver.wait_replies(MESSAGES)
        figures.add("footprint", "serve without NLP: RSS", server.rss_kib() / 1024, "MiB", baseline=MOST_RSS_MIB)
        more = QUICK_MESSAGES if figures.quick else MANY_MESSAGES
        driver.load(port, calls=more)
        driver.wait_replies(MESSAGES + more)
        figures.add("footprint", f"the same {more} messages later: own memory", server.anonymous_kib() / 1024, "MiB")
        size = sum(file.stat().st_size for file in (folder / "project" / ".botkit").iterdir())
        figures.add("footprint", "the same: store", size / 1024 / (MESSAGES + more), "KiB/message")
    _imports(figures)
    _command(figures, "botkit --help", ("-m", "botkit", "--help"), MOST_HELP_SECONDS)
    _command(figures, "botkit check", ("-m", "botkit", "check", "examples/order_desk"), None)
    _command(figures, "python -c pass", ("-c", "pass"), None)


def _imports(figures: Figures) -> None:
    times: list[float] = []
    modules: list[str] = []
    for _ in range(REPEATS):
        done = subprocess.run([sys.executable, "-c", _IMPORT], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"botkit could not be imported:\n{done.stderr[-2000:]}")
        seconds, modules = json.loads(done.stdout)
        times.append(seconds)
    figures.add("footprint", "import botkit: cpu", statistics.median(times), "CPU s")
    figures.add("footprint", "import botkit: modules", len(modules), "modules")
    figures.add("footprint", f"import botkit: {', '.join(HEAVY)}", sum(name in modules for name in HEAVY), "modules")


def _command(figures: Figures, name: str, arguments: tuple[str, ...], most: float | None) -> None:
    times = [child_cpu_seconds(*arguments) for _ in range(REPEATS)]
    figures.add("footprint", f"{name}: cpu", statistics.median(times), "CPU s", baseline=most)
