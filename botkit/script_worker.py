"""Script worker: the process in which JavaScript runs, one script at a time; `botkit.scripts` starts it.

It knows nothing but the interpreter and its pipe. Some of the interpreter's own functions (joining a sparse
array, searching a long text) never look at its time limit, so the kernel ends the process by a timer when
its processor time is used up, whatever it is doing, and whether or not anyone is left to watch it.

A request is two lengths, then `[source, outputs, seconds]` and `{"variables": .., "lookup": ..}` as JSON;
the second goes to JavaScript unread. The answer is a length, then `["ok", value, {name: value}]` or
`["failed", kind, message]`.
"""

import contextlib
import importlib.machinery
import importlib.util
import json
import math
import re
import resource
import signal
import struct
import sys
from typing import Any, BinaryIO, NoReturn

MEMORY_BYTES = 32 * 1024 * 1024
STACK_BYTES = 256 * 1024
PROCESS_BYTES = 512 * 1024 * 1024
MAX_RESULT_BYTES = 65_536
MAX_MESSAGE_LENGTH = 400
KILL_AFTER_SECONDS = 0.1
"""How much processor time beyond a script's own limit ends the process."""

REQUEST = struct.Struct("!II")
REPLY = struct.Struct("!I")

_FRAME = re.compile(r"^ +at (?:(.+) \()?(?:<input>:(\d+):(\d+)|native)\)?$", re.MULTILINE)
_OURS = "botkit_"
"""How the functions of the prelude begin, by which they are told from the script's own in a trace."""
_READING = ("botkit_give", "botkit_global", "botkit_install")

PRELUDE = r"""
(function () {
  "use strict";
  const { stringify, parse } = JSON, { defineProperty, hasOwn, keys } = Object, { isArray } = Array;
  const indirectEval = eval, AnyPromise = Promise, split = Function.prototype.call.bind(String.prototype.split);
  const shown = (value) => ({ value, writable: true, enumerable: true, configurable: true });
  const own = (at, key) => (at !== null && typeof at === "object" && hasOwn(at, key) ? at[key] : undefined);
  function botkit_install(text) {
    const { variables, lookup } = parse(text);
    const botkit_find = (name) => {
      name = name === "message" ? "message.text" : `${name}`;
      if (hasOwn(variables, name)) return variables[name];
      const path = split(name, ".");
      // a text such as `message` has nothing below it: then `message.text` is the session parameter
      const inside = hasOwn(variables, path[0]) && typeof variables[path[0]] === "object";
      let at = inside ? variables : lookup;
      for (let i = 0; i < path.length; i++) at = own(at, path[i]);
      return at;
    };
    defineProperty(globalThis, "$", shown(botkit_find));
    for (const name of keys(variables)) {
      try { defineProperty(globalThis, name, shown(variables[name])); } catch { /* undefined, NaN, Infinity */ }
    }
  }
  function botkit_give(value) {
    if (typeof value === "function" || typeof value === "symbol") return `:a ${typeof value}`;
    if (typeof value === "object" && value !== null && value instanceof AnyPromise) return ":a promise";
    const text = stringify(value);
    return text === undefined ? "null" : text;
  }
  function botkit_global(name) {
    const value = indirectEval(`typeof ${name} === "undefined" ? undefined : ${name}`);
    return value === undefined ? "" : botkit_give(value);
  }
  return [botkit_install, botkit_give, botkit_global];
})()
"""


class Failed(Exception):
    """A script that gave no value: `kind` as in `flows.turn.ScriptFailed`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Sandbox:
    """A fresh interpreter for one script: nothing of it is left for the next."""

    def __init__(self, quickjs: Any) -> None:
        self._error = quickjs.JSException
        self._overflow = quickjs.StackOverflow
        self._object = quickjs.Object
        self._reading = ""
        self._context = context = quickjs.Context()
        context.set_max_stack_size(STACK_BYTES)
        made = context.eval(PRELUDE)
        pick = context.eval("(function (list, at) { return list[at]; })")
        self._install, self._give, self._global = (pick(made, at) for at in range(3))
        context.set_memory_limit(MEMORY_BYTES)

    def run(self, source: str, outputs: list[str], seconds: float, data: str) -> list[Any]:
        """The answer to a request."""
        self._context.set_time_limit(seconds)
        try:
            self._install(data)
            value = self._context.eval(source)
            kept = {}
            for name in outputs:
                self._reading = f"the output {name}"
                if text := self._global(name):
                    kept[name] = self._read(text, name)
            self._reading = "the script's value"
            return ["ok", self._value(value), kept]
        except (Failed, self._error, MemoryError, UnicodeDecodeError, TypeError) as error:
            kind, message = self._explain(error)
            return ["failed", kind, message[:MAX_MESSAGE_LENGTH]]

    def _value(self, value: Any) -> Any:
        if isinstance(value, float):
            if not math.isfinite(value):
                raise Failed("result", f"the script's value is {'NaN' if math.isnan(value) else 'infinite'}")
            return int(value) if value.is_integer() and abs(value) < 2**53 else value
        if isinstance(value, self._object):
            return self._read(self._give(value), "the script's value")
        if isinstance(value, str) and len(value) > MAX_RESULT_BYTES:
            raise Failed("result", f"the script's value is longer than {MAX_RESULT_BYTES} characters")
        return value

    def _read(self, text: str, what: str) -> Any:
        if text.startswith(":"):
            hint = "; scripts run to their end at once, without await" if text.endswith("promise") else ""
            raise Failed("result", f"{what} is {text[1:]}, not text, a number, a list or an object{hint}")
        if len(text) > MAX_RESULT_BYTES:
            raise Failed("result", f"{what} is longer than {MAX_RESULT_BYTES} bytes as JSON")
        value = json.loads(text)
        if "\\ud" in text and _has_half_a_character(value):
            raise Failed("result", f"{what} is text with half a character in it (a lone surrogate)")
        return value

    def _explain(self, error: BaseException) -> tuple[str, str]:
        match error:
            case Failed():
                return error.kind, str(error)
            case MemoryError():
                return "memory", "the script used more memory than it may"
            case UnicodeDecodeError():
                return "result", "the script's value is text with half a character in it (a lone surrogate)"
            case TypeError():
                return "result", "the script's value is a BigInt: turn it into text with String(...)"
        text = str(error)
        said, _, rest = text.partition("\n")
        at = _place(rest)
        if said == "InternalError: interrupted":
            return "time", "the script ran longer than it may"
        if said == "null" or said.startswith("InternalError: out of memory"):
            return "memory", "the script used more memory than it may"
        if isinstance(error, self._overflow):
            return "memory", f"{at}the script calls itself too deeply"
        if said.startswith("SyntaxError"):
            return "syntax", at + said
        if at:
            return "error", f"{at}{said}"
        if self._reading:
            why = _NOT_KEPT.get(said, f"cannot be read: {said}")
            return "error", f"{self._reading} {why}"
        return "error", f"the script stopped with {said}"


_NOT_KEPT = {
    "TypeError: circular reference": "contains itself, so it cannot be kept",
    "TypeError: BigInt are forbidden in JSON.stringify": "holds a BigInt: turn it into text with String(...)",
}
"""Why a value of a script cannot be read, by what the interpreter says."""


def _place(trace: str) -> str:
    """Where in the script it happened; nothing where that is in a text that the script read, or in the prelude."""
    frames = [found.groups() for found in _FRAME.finditer(trace)]
    if len(frames) > 1 and frames[0][0] is None:
        frames = frames[1:]  # a place in what JSON.parse, eval or Function was given
    mine: list[tuple[str, str, str]] = []
    for name, line, column in frames:
        if name in _READING:
            mine = [frame for frame in mine if frame[0] != "<eval>"]
            break
        if line and not (name or "").startswith(_OURS):
            mine.append((name, line, column))
    return f"line {mine[0][1]}, column {mine[0][2]}: " if mine else ""


def _has_half_a_character(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def serve(pipe_in: BinaryIO, pipe_out: BinaryIO, quickjs: Any) -> None:
    """Answer requests until the other side is gone."""
    sandbox = Sandbox(quickjs)
    while header := pipe_in.read(REQUEST.size):
        sizes = REQUEST.unpack(header)
        source, outputs, seconds = json.loads(pipe_in.read(sizes[0]))
        data = pipe_in.read(sizes[1]).decode()
        signal.setitimer(signal.ITIMER_PROF, seconds + KILL_AFTER_SECONDS)
        answer = sandbox.run(source, outputs, seconds, data)
        sandbox = None  # type: ignore[assignment]  # its memory is freed under the timer too
        signal.setitimer(signal.ITIMER_PROF, 0)
        reply = json.dumps(answer).encode()
        pipe_out.write(REPLY.pack(len(reply)) + reply)
        pipe_out.flush()
        sandbox = Sandbox(quickjs)


def load_quickjs(path: str) -> Any:
    """The interpreter's extension module, from its file: the worker starts without site-packages."""
    loader = importlib.machinery.ExtensionFileLoader("_quickjs", path)
    spec = importlib.util.spec_from_file_location("_quickjs", path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def main(quickjs_path: str) -> NoReturn:
    """Give up every right that JavaScript has no use for, then serve."""
    quickjs = load_quickjs(quickjs_path)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    limits = {resource.RLIMIT_AS: PROCESS_BYTES, resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: 0}
    for limit, value in limits.items():
        _, hard = resource.getrlimit(limit)
        lowest = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ValueError, OSError):  # some systems know a limit and do not keep it
            resource.setrlimit(limit, (lowest, lowest))
    serve(sys.stdin.buffer, sys.stdout.buffer, quickjs)
    sys.exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
