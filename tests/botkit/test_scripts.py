"""Scripts: what JavaScript may do, and that what it may not do harms nobody."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from botkit.script_worker import MAX_RESULT_BYTES
from botkit.scripts import MAX_INPUT_BYTES, MAX_SOURCE_LENGTH, ScriptPool
from flows.nodes.evaluate import Evaluate
from flows.turn import ScriptFailed
from tests.flows.world import World


@pytest.fixture
async def scripts() -> AsyncIterator[ScriptPool]:
    async with ScriptPool() as pool:
        yield pool


async def run(
    scripts: ScriptPool, source: str, variables: dict[str, Any] | None = None, *, lookup: dict[str, Any] | None = None,
    outputs: tuple[str, ...] = (), seconds: float = 0.1,
) -> tuple[Any, dict[str, Any]]:  # fmt: skip
    return await scripts.run(
        source, variables or {}, lookup=lookup or {}, timeout_seconds=seconds, outputs=outputs
    )  # fmt: skip


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1 + 1", 2),
        ("0.5 + 0.5", 1),
        ("1 / 4", 0.25),
        ("2 ** 40", 2**40),
        ("'a' + 1", "a1"),
        ("true", True),
        ("undefined", None),
        ("null", None),
        ("", None),
        ("let x = 3; if (x > 2) 'big'; else 'small';", "big"),
        ("({a: [1, {b: null}]})", {"a": [1, {"b": None}]}),
        ("[3, 1, 2].sort()", [1, 2, 3]),
        ("'naïve 🙂'", "naïve 🙂"),
        ("JSON.parse('{\"__proto__\": 1}')", {"__proto__": 1}),
        ("new Date(0).toISOString()", "1970-01-01T00:00:00.000Z"),
    ],
)
async def test_the_last_expression_is_the_value(scripts: ScriptPool, source: str, value: Any) -> None:
    found, _ = await run(scripts, source)
    assert found == value and type(found) is type(value)


async def test_variables_are_values(scripts: ScriptPool) -> None:
    variables = {
        "text": "'; while(1); '", "number": 1.5, "list": [1, "b"], "order": {"id": "7"}, "none": None,
        "with.dot": "dotted", "while": "reserved", "undefined": "no", "__proto__": {"polluted": 1},
    }  # fmt: skip
    source = """[text, number, list[1], order.id, none, $("with.dot"), $("while"), typeof undefined,
                 ({}).polluted === undefined, $("order.id"), $("list.0")]"""
    value, _ = await run(scripts, source, variables)
    assert value == ["'; while(1); '", 1.5, "b", "7", None, "dotted", "reserved", "undefined", True, "7", 1]


async def test_other_values_are_looked_up(scripts: ScriptPool) -> None:
    lookup = {"n2": {"sms": {"message": "hi"}}, "message": {"text": "whole"}, "msisdn": "+44"}
    source = """[$("n2.sms.message"), $("message"), $("msisdn"), $("n2.nothing.at.all") === undefined,
                 $("n2.constructor") === undefined, $("toString") === undefined]"""
    value, _ = await run(scripts, source, lookup=lookup)
    assert value == ["hi", "whole", "+44", True, True, True]


async def test_outputs_come_back_however_they_are_declared(scripts: ScriptPool) -> None:
    source = "let a = 1; const b = {c: [2]}; var d = 'x'; e = true; changed += 1; 'done'"
    names = ("a", "b", "d", "e", "changed", "untouched", "missing")
    value, made = await run(scripts, source, {"changed": 1, "untouched": 5}, outputs=names)
    assert value == "done"
    assert made == {"a": 1, "b": {"c": [2]}, "d": "x", "e": True, "changed": 2, "untouched": 5}


async def test_half_a_character_goes_in_and_comes_to_no_harm(scripts: ScriptPool) -> None:
    assert (await run(scripts, "text.length", {"text": "a\ud83d"}))[0] == 2


async def test_nothing_is_left_for_the_next_script() -> None:
    async with ScriptPool(workers=1) as scripts:
        await run(
            scripts,
            "secret = 1; Object.prototype.leak = 2; Array.prototype.map = null; JSON.stringify = () => '5';"
            "globalThis.$ = null; var v = 3; 1",
        )
        value, _ = await run(
            scripts, "[typeof secret, ({}).leak === undefined, [1].map(x => x + 1), typeof $, typeof v]"
        )
        assert value == ["undefined", True, [2], "function", "undefined"]


HARMFUL = [
    ("while (true) {}", "time"),
    ("for (;;) { try { for (;;); } catch {} }", "time"),
    ("/^(a+)+$/.test('a'.repeat(50) + 'b')", "time"),
    ("[1, 2].sort(() => { while (1); })", "time"),
    ("({ toString() { while (1); } }) + ''", "time"),
    ("({ toJSON() { while (1); } })", "time"),
    ("new Proxy({}, { ownKeys() { while (1); } })", "time"),
    ("throw { toString() { while (1); } }", "time"),
    ("const e = new Error('x'); Object.defineProperty(e, 'stack', { get() { while (1); } }); throw e", "time"),
    ("Array(4e9).join('')", "time"),
    ("const a = []; a.length = 4e9; a.sort()", "time"),
    ("Array.prototype.reverse.call({ length: 2 ** 53 - 1 })", "time"),
    ("'a'.repeat(1e7).indexOf('a'.repeat(5e6) + 'b')", "time"),
    ("const a = []; for (;;) a.push(new Array(1000).fill(1))", "memory"),
    ("'x'.repeat(100 * 1024 * 1024)", "memory"),
    ("new ArrayBuffer(2 ** 30)", "memory"),
    ("(function f() { return f() + 1 })()", "memory"),
    ("JSON.parse('['.repeat(1e6))", "memory"),
    ("let s = 'x'; for (;;) s += s", "error"),
    (f"'x'.repeat({MAX_RESULT_BYTES + 1})", "result"),
    (f"Array({MAX_RESULT_BYTES}).fill(1)", "result"),
    ("() => 1", "result"),
    ("Symbol('a')", "result"),
    ("10n", "result"),
    ("0 / 0", "result"),
    ("1 / 0", "result"),
    ("'\\ud800'", "result"),
    ("Promise.resolve(1)", "result"),
    ("(async () => 1)()", "result"),
    ("await 1", "syntax"),
    ("let x = ;", "syntax"),
    ("new Function('(')", "syntax"),
    ("nothing.at.all", "error"),
    ("throw 'out'", "error"),
    ("const o = {}; o.o = o; o", "error"),
    ("({ get a() { throw new Error('no') } })", "error"),
    ("throw Symbol('a')", "error"),
    ("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)", "error"),
]


@pytest.mark.parametrize(("source", "kind"), HARMFUL)
async def test_harm_is_a_clear_failure_and_no_more(scripts: ScriptPool, source: str, kind: str) -> None:
    began = time.monotonic()
    with pytest.raises(ScriptFailed) as failed:
        await run(scripts, source, seconds=0.5 if kind == "memory" else 0.1)
    assert failed.value.kind == kind, failed.value
    assert 5 < len(str(failed.value)) < 500
    assert time.monotonic() - began < 10
    assert (await run(scripts, "6 * 7"))[0] == 42


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("let a = 1;\n  a.b.c", "line 2, column 3: TypeError: cannot read property 'c' of undefined"),
        ("\n\nlet x = ;", "line 3"),
        ("Promise.resolve(1)", "promise"),
        ("10n", "String("),
        ("0 / 0", "NaN"),
        ("let a = 1;\nlet b = JSON.parse('{');", "line 2, column 14: SyntaxError: Expected property name"),
        ("function f() {\n  return JSON.parse('{') }\nf()", "line 2, column 15: SyntaxError: Expected property name"),
        ("let a;\neval('1 +')", "line 2, column 1: SyntaxError"),
        ("let a;\n$(Symbol('a'))", "line 2, column 3: TypeError"),
        ("let a;\n({ toJSON() { return null.x } })", "line 2, column 1: TypeError"),
    ],
)
async def test_a_failure_says_what_and_where(scripts: ScriptPool, source: str, said: str) -> None:
    with pytest.raises(ScriptFailed) as failed:
        await run(scripts, source)
    assert said in str(failed.value)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("var r = {}; r.r = r; 1", "the output r contains itself, so it cannot be kept"),
        ("var r = {n: 1n}; 1", "the output r holds a BigInt: turn it into text with String(...)"),
        ("var r = '\\ud800'; 1", "r is text with half a character in it (a lone surrogate)"),
        ("var r = 1; var o = {}; o.o = o; o", "the script's value contains itself, so it cannot be kept"),
        ("var r = () => 1; 1", "r is a function, not text, a number, a list or an object"),
        ("var r = {\n get x() { return null.y } }; 1",
         "line 2, column 1: TypeError: cannot read property 'y' of null"),
    ],
)  # fmt: skip
async def test_what_cannot_be_kept_is_named(scripts: ScriptPool, source: str, said: str) -> None:
    with pytest.raises(ScriptFailed) as failed:
        await run(scripts, source, outputs=("r",))
    assert str(failed.value) == said


async def test_a_script_sees_nothing_of_the_machine(scripts: ScriptPool) -> None:
    names = ["std", "os", "require", "process", "print", "console", "fetch", "setTimeout", "Worker", "scriptArgs", "gc"]
    value, _ = await run(scripts, "[" + ", ".join(f"typeof {name}" for name in names) + "]")
    assert value == ["undefined"] * len(names)
    value, _ = await run(scripts, "let said = 'none'; import('os').then(() => said = 'os', () => said = 'no'); said")
    assert value == "none"


async def test_others_are_served_while_one_runs_away() -> None:
    async with ScriptPool(workers=2) as scripts:
        await asyncio.gather(run(scripts, "1"), run(scripts, "2"))
        away = asyncio.create_task(run(scripts, "Array(4e9).join('')", seconds=0.5))
        served = 0
        while not away.done():
            assert (await run(scripts, "x + 1", {"x": served}))[0] == served + 1
            served += 1
        with pytest.raises(ScriptFailed):
            await away
        assert served > 20
        assert scripts.killed == 1


async def test_more_runaways_than_workers_delay_the_rest_and_no_more() -> None:
    async with ScriptPool(workers=2) as scripts:
        away = [run(scripts, "while (1);", seconds=0.05) for _ in range(6)]
        *failures, value = await asyncio.gather(*away, run(scripts, "1"), return_exceptions=True)
        assert all(isinstance(failure, ScriptFailed) and failure.kind == "time" for failure in failures)
        assert value == (1, {})


async def test_the_loop_is_free_while_a_script_runs(scripts: ScriptPool) -> None:
    await run(scripts, "1")
    task = asyncio.create_task(run(scripts, "while (1);", seconds=0.3))
    ticks = 0
    while not task.done():
        await asyncio.sleep(0.005)
        ticks += 1
    assert ticks > 10
    with pytest.raises(ScriptFailed):
        await task


async def test_a_caller_that_gives_up_leaves_no_mess() -> None:
    async with ScriptPool(workers=1) as scripts:
        await run(scripts, "1")
        given_up = asyncio.create_task(run(scripts, "while (1);", seconds=1))
        waiting = asyncio.create_task(run(scripts, "2"))
        also_given_up = asyncio.create_task(run(scripts, "3"))
        await asyncio.sleep(0)
        given_up.cancel()
        also_given_up.cancel()
        assert (await waiting)[0] == 2
        assert (await run(scripts, "4"))[0] == 4


@pytest.mark.parametrize("seconds", [0, 0.05], ids=["unnoticed", "noticed"])
async def test_a_process_that_dies_while_it_has_nothing_to_do_costs_no_script(seconds: float) -> None:
    async with ScriptPool(workers=2) as scripts:
        await asyncio.gather(run(scripts, "1"), run(scripts, "1"))
        killed = scripts.processes
        for process in killed:
            os.kill(process, signal.SIGKILL)
        await asyncio.sleep(seconds)
        assert [value for value, _ in await asyncio.gather(*(run(scripts, "2") for _ in range(5)))] == [2] * 5
        assert not {*killed} & {*scripts.processes}


async def test_a_process_that_dies_with_a_script_is_replaced_and_the_script_run_again() -> None:
    async with ScriptPool(workers=1) as scripts:
        await run(scripts, "1")
        busy = asyncio.create_task(run(scripts, "const end = Date.now() + 200; while (Date.now() < end); 3", seconds=1))
        await asyncio.sleep(0.05)
        os.kill(scripts.processes[0], signal.SIGKILL)
        assert (await busy)[0] == 3


async def test_a_script_whose_processes_all_die_fails_and_says_why() -> None:
    async with ScriptPool(workers=1) as scripts:
        away = asyncio.create_task(run(scripts, "while (1);", seconds=1))
        for _ in range(2):
            while not scripts.processes:
                await asyncio.sleep(0.01)
            killed = scripts.processes[0]
            os.kill(killed, signal.SIGKILL)
            while killed in scripts.processes:
                await asyncio.sleep(0.01)
        with pytest.raises(ScriptFailed, match="the process that ran the script ended") as failed:
            await away
        assert failed.value.kind == "error"
        assert (await run(scripts, "2"))[0] == 2


async def test_no_process_outlives_the_pool() -> None:
    async with ScriptPool() as scripts:
        await asyncio.gather(run(scripts, "1"), run(scripts, "2"))
        processes = scripts.processes
        assert len(processes) == 2
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
    with pytest.raises(ScriptFailed, match="shutting down"):
        await run(scripts, "1")


async def test_what_is_too_large_is_refused(scripts: ScriptPool) -> None:
    with pytest.raises(ScriptFailed, match=str(MAX_SOURCE_LENGTH)):
        await run(scripts, " " * (MAX_SOURCE_LENGTH + 1))
    with pytest.raises(ScriptFailed, match=str(MAX_INPUT_BYTES)):
        await run(scripts, "1", {"text": "x" * MAX_INPUT_BYTES})
    with pytest.raises(ScriptFailed, match="no name"):
        await run(scripts, "1", outputs=("a; while(1)",))


@pytest.mark.parametrize(
    ("script", "outcome", "outputs"),
    [
        ("total = $('n2.sms.message').length; message === 'hello' ? '1' : '2'", "1", {"total": 5}),
        ("total = 1.0", "1", {"total": 1}),
        ("total = 7; 'x'", "onInvalidChoice", {"total": 7}),
        ("total.x.y", "onError", {}),
    ],
)
async def test_the_evaluate_node(scripts: ScriptPool, script: str, outcome: str, outputs: dict[str, Any]) -> None:
    turn = World({"variables": {"total": 0}}).turn()
    turn.scripts = scripts
    turn.frame.outputs["n2"] = {"sms": {"message": "hello"}}
    node = Evaluate.load({"script": script, "branches": ["1", "2"], "outputs": ["total"]})
    assert await node.run(turn) == outcome
    assert turn.frame.variables["total"] == outputs.get("total", 0)
