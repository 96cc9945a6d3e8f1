"""JavaScript: whether a script can be read at all, found out without running any of it."""

import re

MEMORY_BYTES = 32 * 1024 * 1024
STACK_BYTES = 256 * 1024
SECONDS = 0.1

_MARK = "botkit_script_was_read"
_READ = f"SyntaxError: redeclaration of '{_MARK}'"
_POSITION = re.compile(r"<input>:(\d+):(\d+)")


def syntax_error(source: str) -> str:
    """What is wrong with the script, with line and column where they are known; nothing if it can be read.

    After the script stands a second `let` of a name that is there already. A script is parsed as a whole before
    its declarations are made, and these are made before its first statement runs: so a script that can be read
    fails at the second `let`, and none of it has run. ECMA-262, ScriptEvaluation and
    GlobalDeclarationInstantiation.

    A script that comes up against a limit is left to the run, which has the same limits.
    """
    import quickjs

    context = quickjs.Context()
    context.set_memory_limit(MEMORY_BYTES)
    context.set_max_stack_size(STACK_BYTES)
    context.set_time_limit(SECONDS)
    context.eval(f"let {_MARK};")
    try:
        context.eval(f"{source}\nlet {_MARK};")
    except quickjs.JSException as error:
        said, _, rest = str(error).partition("\n")
    except UnicodeEncodeError:
        return "the script has half a character in it (a lone surrogate)"
    except ValueError:
        return "the script has a NUL character in it"
    except MemoryError:
        return ""
    if said == _READ or not said.startswith("SyntaxError"):
        return ""
    where = _POSITION.search(rest)
    if where is None:
        return said
    if int(where[1]) > source.count("\n") + 1:
        return f"line {source.count(chr(10)) + 1}: SyntaxError: the script ends too soon"
    return f"line {where[1]}, column {where[2]}: {said}"
