"""Interpreter: walks a session from where it stands to its next wait or its end.

It decides and does not act: what a step sends and logs is handed back as a `Sprint`, to be committed
by whoever called. It never raises for what a flow or a node does wrong: that is an error in the log and
a red outcome, and in the end outcome 102.
"""

import asyncio
import time
from collections.abc import Coroutine, Generator
from typing import Any, Protocol

import msgspec

from flows.base import Call, End
from flows.compiler import CompiledAction, CompiledNode, Program
from flows.parameters import add_customer, event_parameters
from flows.privacy import Privacy
from flows.turn import Incoming, Services, Turn
from models.customer import Customer
from models.delivery import Delivery
from models.errors import BotkitError
from models.event import Event
from models.flow import BUILT_IN_OUTCOMES, ERROR, INCOMPLETE, START
from models.message import Message
from models.session import MAX_CALL_DEPTH, MAX_SESSION_BYTES, Frame, Session, Wait
from models.transaction import LogEntry, NodeVisit, Step

MAX_VISITS = 1_000
MAX_STEP_SECONDS = 300.0
ON_ERROR = "onError"
_encode = msgspec.msgpack.Encoder().encode


class Programs(Protocol):
    """Where programs come from."""

    def get(self, flow: str, version: int) -> Program:
        """A version made live at some time; raises `BotkitError` if it is not known."""
        ...

    def live(self, flow: str) -> Program | None:
        """The version that is live now."""
        ...


class Sprint(msgspec.Struct, gc=False):
    """What a step came to. `ended` is the flow's outcome code, 0 while the session waits.

    `state` is the session as it is to be stored, empty when it has ended.
    """

    session: Session
    state: bytes
    step: Step
    deliveries: list[Delivery]
    ended: int


class NotAtOnce(Exception):
    """A step that was to take no time has something to wait for: its walk is lost, and has to begin again."""


class _Ended(Exception):
    def __init__(self, code: int) -> None:
        self.code = code


class Interpreter:
    """Runs steps of sessions on compiled programs."""

    def __init__(self, programs: Programs, services: Services) -> None:
        self._programs = programs
        self._services = services
        self.privacy = services.privacy

    async def begin(
        self, session: Session, event: Incoming, *, now: int, customer: Customer, keyword: str = ""
    ) -> Sprint:
        """Walk a new session from Start. `keyword` is what a rule took as the keyword."""
        turn = self._turn(session, event, now, customer, keyword)
        return await self._sprint(turn, resume=False)

    async def resume(
        self, session: Session, event: Incoming, *, now: int, customer: Customer, keyword: str = ""
    ) -> Sprint:
        """Go on at the node that waits; `event` None means that its time has come."""
        turn = self._turn(session, event, now, customer, keyword)
        return await self._sprint(turn, resume=True)

    def begin_now(
        self, session: Session, event: Incoming, *, now: int, customer: Customer, keyword: str = ""
    ) -> Sprint:
        """`begin` without waiting, for a program whose nodes await nothing (`Program.at_once`); raises `NotAtOnce`."""
        return self._sprint_now(self._turn(session, event, now, customer, keyword), resume=False)

    def resume_now(
        self, session: Session, event: Incoming, *, now: int, customer: Customer, keyword: str = ""
    ) -> Sprint:
        """`resume` without waiting, for a program whose nodes await nothing (`Program.at_once`); raises `NotAtOnce`."""
        return self._sprint_now(self._turn(session, event, now, customer, keyword), resume=True)

    def _turn(self, session: Session, event: Incoming, now: int, customer: Customer, keyword: str) -> Turn:
        turn = Turn(
            session, event, now=now, services=self._services, customer=customer,
            seed=f"{session.id}-{session.steps}",
        )  # fmt: skip
        if isinstance(event, Message) or isinstance(event, Event):  # noqa: SIM101 - a union is slower
            parameters = event_parameters(
                event, keyword=keyword, transaction_id=session.id, service_key=session.service,
                offered=session.offered,
            )  # fmt: skip
            if session.offered and isinstance(event, Message):
                session.offered = ()
            add_customer(parameters, customer)
            session.parameters.update(parameters)
        return turn

    def _sprint_now(self, turn: Turn, *, resume: bool) -> Sprint:
        walk = _begun_walk(turn, self._programs)
        going = walk.go(resume=resume)
        try:
            going.send(None)
        except StopIteration as done:
            ended: int = done.value
        except _Ended as end:
            ended = end.code
        else:
            walk.closing = True
            going.close()
            raise NotAtOnce("a node of a called flow has something to wait for")
        return _sprint_of(walk, ended)

    async def _sprint(self, turn: Turn, *, resume: bool) -> Sprint:
        walk = _begun_walk(turn, self._programs)
        going = walk.go(resume=resume)
        try:
            try:
                waits_for = going.send(None)
            except StopIteration as done:  # it awaited nothing on its way, so it needs no timer
                ended = done.value
            else:
                async with asyncio.timeout(MAX_STEP_SECONDS):
                    ended = await _Begun(walk, going, waits_for)
        except _Ended as end:
            ended = end.code
        except TimeoutError:
            turn.fail(f"the step took longer than {MAX_STEP_SECONDS:.0f} seconds and was stopped")
            ended = ERROR
        return _sprint_of(walk, ended)


def _begun_walk(turn: Turn, programs: Programs) -> "_Walk":
    turn.session.wait = None
    return _Walk(turn, Step(at=turn.now, event=_event_name(turn.event), text=_event_text(turn.event)), programs)


def _sprint_of(walk: "_Walk", ended: int) -> Sprint:
    """What a walk came to, once it waits (0) or has ended."""
    turn, step, session = walk.turn, walk.step, walk.session
    session.steps += 1
    state = b""
    if not ended:
        needed = turn.needed
        if needed is not None and len(session.frames) == 1:
            session.parameters = {name: value for name, value in session.parameters.items() if name in needed}
        try:
            if session.memory and not all(isinstance(name, str) for name in session.memory):
                raise TypeError("names in turn.memory are text")
            state = _encode(session)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            turn.fail(f"the session cannot be kept, as it holds what is no JSON value: {error}")
            ended = ERROR
        if len(state) > MAX_SESSION_BYTES:
            turn.fail(f"the session holds more than {MAX_SESSION_BYTES} bytes of variables and outputs")
            state, ended = b"", ERROR
    if ended:
        session.wait = None
    step.state = "ended" if ended else "waiting"
    step.outcome = ended
    if turn.deliveries:
        step.sent = [delivery.id for delivery in turn.deliveries]
    wait = walk.wait
    if wait is not None and wait.delivery_id:
        for delivery in turn.deliveries:
            delivery.awaited = delivery.id == wait.delivery_id
    if turn.redactions or turn.privacy:
        step = redacted(step, turn.redactions, turn.privacy)
    return Sprint(session, state, step, turn.deliveries, ended)


class _Begun:
    """A walk that was begun by hand and is awaited from there on."""

    def __init__(self, walk: "_Walk", coroutine: Coroutine[Any, Any, int], waits_for: Any) -> None:
        self._walk = walk
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, int]:
        waits_for = self._waits_for
        while True:
            try:
                try:
                    sent = yield waits_for
                except BaseException as error:
                    self._walk.closing = isinstance(error, GeneratorExit)
                    waits_for = self._coroutine.throw(error)
                else:
                    waits_for = self._coroutine.send(sent)
            except StopIteration as done:
                ended: int = done.value
                return ended


class _Walk:
    """One step in progress."""

    __slots__ = ("closing", "handling", "program", "programs", "session", "step", "turn", "visits", "wait")

    def __init__(self, turn: Turn, step: Step, programs: Programs) -> None:
        self.turn = turn
        self.session = turn.session
        self.step = step
        self.visits = step.visits
        self.programs = programs
        self.closing = False
        """Whether it is being taken down where it stands, and must not go on."""
        self.handling: set[int] = set()
        """How deep the flows lie that are behind their error handler already."""
        self.wait: Wait | None = None

    async def go(self, *, resume: bool) -> int:
        """Visit nodes until one waits (0) or the flow is over: returns its outcome code, or raises `_Ended` with it."""
        session, turn, visits = self.session, self.turn, self.visits
        try:
            self._enter_frame()
        except BotkitError as error:
            visits.append(NodeVisit(turn.frame.node, "", turn.frame.flow))
            turn.visit = visits[-1]
            turn.fail(error.message)
            return ERROR
        clock = time.perf_counter_ns
        now = clock()
        while True:
            frame = turn.frame
            node = self.program.nodes.get(frame.node)
            if node is None:
                turn.fail(f"the flow has no node {frame.node}")
                return ERROR
            turn.visit = visit = NodeVisit(node.id, node.kind, frame.flow, node.label)
            visits.append(visit)
            session.visits += 1
            if session.visits > MAX_VISITS:
                turn.fail(f"the run was stopped after {MAX_VISITS} node visits: is there a loop without a wait?")
                return ERROR
            left: Any  # a node of a project may return anything
            try:
                if resume:
                    resume_now = node.resume_now
                    left = await node.node.resume(turn) if resume_now is None else resume_now(turn)
                else:
                    turn.returned = 0
                    if node.key in frame.outputs:
                        turn.outdated = node.key
                    for action in node.on_enter:
                        self._act(action)
                    run_now = node.run_now
                    left = await node.node.run(turn) if run_now is None else run_now(turn)
            except BotkitError as error:
                turn.fail(str(error))
                left = ON_ERROR
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is not None and task.cancelling():  # the step itself is being stopped
                    raise
                turn.fail("what the node waited for was cancelled")
                left = ON_ERROR
            except BaseException as error:  # neither sys.exit() nor a panic in a library may take more than the node
                if self.closing:
                    raise
                turn.fail(f"{type(error).__name__}: {error}")
                left = ON_ERROR
            if turn.outdated:
                turn.forget_outdated()
            began, now = now, clock()
            visit.microseconds = (now - began) // 1000
            resume = False
            if isinstance(left, str):
                visit.outcome = left
                following = node.ways.get(left)
                if following is not None:  # the usual way, without detours
                    if session.memory:
                        session.memory.clear()
                    frame.node = following
                elif self._leave(node, left):
                    resume = True
            elif isinstance(left, End):
                if len(session.frames) == 1:
                    return left.outcome
                resume = self._end(left.outcome)
            elif isinstance(left, Wait):
                visit.outcome = "waiting"
                session.wait = self.wait = left
                return 0
            elif isinstance(left, Call):
                visit.outcome = "calling"
                resume = not self._call(left)
            else:
                turn.fail(f"the node returned {type(left).__name__}, not the name of an outcome")
                resume = self._leave(node, ON_ERROR)

    def _leave(self, node: CompiledNode, outcome: str) -> bool:
        """Follow the edge of an outcome; true when a calling node is to be resumed next."""
        turn = self.turn
        try:
            for action in node.on_leave:
                self._act(action)
        except Exception as error:
            turn.fail(f"an action on leaving failed: {error}")
            outcome = ON_ERROR
        self.session.memory.clear()
        if outcome not in node.edges and outcome not in node.outcomes and outcome != ON_ERROR:
            turn.fail(f"the node returned {outcome!r}, which is none of its outcomes: {', '.join(node.outcomes)}")
            outcome = turn.visit.outcome = ON_ERROR
        edge = node.edges.get(outcome)
        if edge is not None:
            if edge.end:
                return self._end(edge.end)
            turn.frame.node = edge.node
            return False
        handler = self.program.on_error
        if node.outcomes.get(outcome) == "red" or outcome == ON_ERROR:
            depth = len(self.session.frames)
            if handler and depth not in self.handling:
                self.handling.add(depth)
                turn.frame.node = handler
                return False
            return self._end(ERROR)
        turn.warn(f"outcome {outcome!r} leads nowhere, so the flow ends as incomplete")
        return self._end(INCOMPLETE)

    def _act(self, action: CompiledAction) -> None:
        turn = self.turn
        for name, setting in action.rows:
            turn.set(name, turn.value(setting))
        if action.kind == "set":
            return
        text = turn.text(action.text) if action.text else ""
        value: Any = turn.value(action.value) if action.value is not None else None
        turn.log(text, value, id=action.level_id, logbook=action.logbook)

    # Call Flow

    def _enter_frame(self) -> None:
        frame = self.session.frames[-1]
        self.turn.frame = frame
        self.program = self.programs.get(frame.flow, frame.version)
        self.turn.needed = self.program.needed

    def _call(self, call: Call) -> bool:
        """Begin the called flow; false when it cannot be, so that the node goes on with 102."""
        turn, session = self.turn, self.session
        program = self.programs.live(call.flow)
        if program is None:
            turn.fail(f"there is no live flow {call.flow!r} to call", 3002)
        elif len(session.frames) >= MAX_CALL_DEPTH:
            turn.fail(f"flows call each other more than {MAX_CALL_DEPTH} deep", 3002)
            program = None
        if program is None:
            turn.returned = ERROR
            return False
        variables = program.variables()
        for name in variables.keys() & turn.frame.variables.keys():
            variables[name] = turn.frame.variables[name]
        variables.update(call.inputs)
        session.frames.append(Frame(call.flow, program.version, START, variables))
        self._enter_frame()
        return True

    def _end(self, code: int) -> bool:
        """End the running flow: the calling node goes on, or all is over."""
        session, turn = self.session, self.turn
        if len(session.frames) == 1:
            raise _Ended(code)
        self.handling.discard(len(session.frames))
        done = session.frames.pop()
        own = self.program.flow.variables
        self._enter_frame()
        for name in done.variables.keys() & turn.frame.variables.keys():
            if name in own:
                turn.frame.variables[name] = done.variables[name]
        turn.returned = code
        return True


def outcome_name(code: int, outcomes: dict[int, str]) -> str:
    """An outcome code in words: the flow's own name for it, else the built-in one."""
    return outcomes.get(code) or BUILT_IN_OUTCOMES.get(code, str(code))


def _event_name(event: Incoming) -> str:
    if isinstance(event, Message) or isinstance(event, Event):  # noqa: SIM101 - a union is slower, on every message
        return event.event
    return "timer" if event is None else f"receipt.{event.state.value}"


def _event_text(event: Incoming) -> str:
    return event.text if isinstance(event, Message) else ""


def redacted(step: Step, redactions: list[tuple[str, str]], privacy: Privacy) -> Step:
    """The step with every masked text in the place of its original, in whatever was logged."""

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            for original, masked in redactions:
                value = _replaced(value, original, masked)
            return privacy.mask(value)
        if isinstance(value, dict):
            return {key: clean(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [clean(item) for item in value]
        return value

    step.text = clean(step.text)
    for visit in step.visits:
        visit.outputs = clean(visit.outputs)
        visit.log = [
            LogEntry(clean(entry.text), entry.level, clean(entry.value), entry.id, entry.logbook) for entry in visit.log
        ]
    return step


def _replaced(text: str, original: str, masked: str) -> str:
    """The text with `masked` for `original`, save where that is but a part of a longer word."""
    begins, ends = _in_word(original[0]), _in_word(original[-1])
    at = text.find(original)
    while at >= 0:
        end = at + len(original)
        cut = (begins and at > 0 and _in_word(text[at - 1])) or (ends and end < len(text) and _in_word(text[end]))
        if cut:
            at = text.find(original, at + 1)
        else:
            text = text[:at] + masked + text[end:]
            at = text.find(original, at + len(masked))
    return text


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"
