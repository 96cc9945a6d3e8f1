"""JavaScript: scripts that cannot be read are told from those that can, and nothing runs."""

import subprocess
import sys
import time

import pytest

from flows.javascript import SECONDS, syntax_error

CAN_BE_READ = [
    "1 + 1", "'use strict'; total > 100 ? 'large' : 'small'", "a = b", "let a; throw 1", "// a comment", ";", "",
    "function f() { return 1 } f()", "({a: 1}).b?.c ?? 2", "unknown.thing()", "if (a) { 'b' } else 'c'", "x => x",
    "`a ${b}`", "#!shebang\n1", "/* many\nlines */ 'a'\r\n", "label: for (;;) break label", "undefined = 1",
]  # fmt: skip
CANNOT = {
    "return 1": "line 1, column 1", "a(\n  b c)": "line 2, column 5", "let a = 1; let a = 2": "line 1, column 18",
    "'use strict'; 010": "line 1", "await 1": "line 1, column 7", "/* a": "line 1, column 1", "`a": "line 1",
    "1 +": "line 1: SyntaxError: the script ends too soon", "a\nif (b)": "line 2: SyntaxError: the script ends",
    "({a: 1,\n": "line 2: SyntaxError: the script ends too soon", "/(/": "SyntaxError", "a }": "line 1",
    "a \ud800": "half a character", "a\0": "NUL",
}  # fmt: skip


@pytest.mark.parametrize("source", CAN_BE_READ)
def test_a_script_that_can_be_read_is_taken(source: str) -> None:
    assert syntax_error(source) == ""


@pytest.mark.parametrize("source", CANNOT, ids=repr)
def test_a_script_that_cannot_be_read_is_refused_with_its_place(source: str) -> None:
    assert CANNOT[source] in syntax_error(source)


@pytest.mark.parametrize(
    "source", ["for (;;);", "while (1) globalThis.a = 1", "class A { static a = (() => { for (;;); })() }"]
)
def test_nothing_of_it_runs(source: str) -> None:
    began = time.process_time()
    assert syntax_error(source) == ""
    assert time.process_time() - began < SECONDS / 2


@pytest.mark.parametrize("source", ["(" * 20_000, "[" * 20_000, "x=>(" * 5_000, "`${" * 6_000, "a?" * 10_000])
def test_the_deepest_script_comes_to_an_end(source: str) -> None:
    began = time.process_time()
    assert "redeclaration" not in syntax_error(source)
    assert time.process_time() - began < 1


def test_flows_load_no_interpreter_before_there_is_a_script() -> None:
    command = "import sys, flows.nodes; sys.exit('quickjs' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], check=False).returncode == 0
