"""Interpreter: any flow waits, ends or is stopped; what a flow or a node does wrong never gets out."""

import asyncio
import copy
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.base import Call, End, Node
from flows.compiler import Program, compile_flow
from flows.document import read_flow
from flows.interpreter import MAX_VISITS, Interpreter, NotAtOnce, Sprint, redacted
from flows.nodes import BUILT_IN
from flows.privacy import Privacy
from flows.turn import Services, Turn
from models.address import Address, AddressKind
from models.customer import Customer
from models.delivery import DeliveryState, Receipt
from models.errors import BotkitError
from models.flow import ERROR, INCOMPLETE, START, Action, Edge, Flow, Variable, green, red
from models.flow import Node as Drawn
from models.session import MAX_CALL_DEPTH, Frame, Session, Wait
from models.transaction import NodeVisit, Step
from tests.flows.world import NOW, World, incoming

ANN = Address("sms", "+447900000001", AddressKind.MSISDN)
CUSTOMER = Customer(key="msisdn:+447900000001", addresses=(ANN,))
KINDS: dict[str, type[Node]] = {node.kind: node for node in BUILT_IN}


class Doing(Node):
    """Does what the test says."""

    kind: ClassVar[str] = "doing"
    outcomes = (green("onSuccess"), green("onOther"), red("onError"), red("onFail"))
    what: str = "onSuccess"

    things: ClassVar[dict[str, Callable[[Turn], Awaitable[Any]]]] = {}

    async def run(self, turn: Turn) -> Any:
        thing = self.things.get(self.what)
        return self.what if thing is None else await thing(turn)

    async def resume(self, turn: Turn) -> Any:
        return await self.run(turn)


KINDS["doing"] = Doing


async def raises(turn: Turn) -> Any:
    raise ValueError("the node broke")


async def raises_ours(turn: Turn) -> Any:
    raise BotkitError("not today", field="text")


async def exits(turn: Turn) -> Any:
    sys.exit(3)


async def interrupts(turn: Turn) -> Any:
    raise KeyboardInterrupt


async def leaves_generator(turn: Turn) -> Any:
    raise GeneratorExit


class Panic(BaseException):
    """What a library in Rust raises that has lost its head: no `Exception`."""


async def panics(turn: Turn) -> Any:
    raise Panic("index out of bounds")


async def rests(turn: Turn) -> Any:
    await asyncio.sleep(30)


async def is_cancelled(turn: Turn) -> Any:
    raise asyncio.CancelledError


async def sends_words(turn: Turn) -> Any:
    turn.send("hello")  # type: ignore[arg-type]
    return "onSuccess"


async def gives_once(turn: Turn) -> str:
    if turn.session.steps:
        raise ValueError("once is enough")
    turn.output({"given": 1})
    return "onSuccess"


async def nonsense(turn: Turn) -> Any:
    return 42


async def nothing(turn: Turn) -> Any:
    return None


async def waits(turn: Turn) -> Any:
    return turn.wait(events=("sms.mo",), seconds=60)


async def waits_for_a_number(turn: Turn) -> Any:
    return turn.wait(events=(5,), seconds=60)  # type: ignore[arg-type]


async def ends(turn: Turn) -> Any:
    return End(207)


async def calls(turn: Turn) -> Any:
    return Call("other", {"given": [1, 2]})


async def recurses(turn: Turn) -> Any:
    deep: list[Any] = []
    deep.append(deep)
    turn.set("deep", deep)
    return "onSuccess"


async def hides_object(turn: Turn) -> Any:
    turn.frame.variables["thing"] = object()
    return turn.wait(events=("sms.mo",), seconds=60)


async def remembers_by_number(turn: Turn) -> Any:
    numbered: Any = turn.memory
    numbered[1] = "one"
    return turn.wait(events=("sms.mo",), seconds=60)


async def sets_object(turn: Turn) -> Any:
    turn.set("thing", object())
    return "onSuccess"


async def gives_object(turn: Turn) -> Any:
    turn.output({"thing.object": object()})
    return "onSuccess"


async def logs_object(turn: Turn) -> Any:
    turn.log("look", object())
    return "onSuccess"


async def too_large_number(turn: Turn) -> Any:
    turn.set("number", 1 << 70)
    return "onSuccess"


async def half_a_character(turn: Turn) -> Any:
    turn.set("text", "\ud83d")
    return "onSuccess"


async def sends_a_lot(turn: Turn) -> Any:
    from models.content import Text

    turn.send(Text("more"))
    return "onSuccess"


async def breaks_frames(turn: Turn) -> Any:
    turn.session.frames[-1].node = 99_999
    return "onSuccess"


async def throws_dice(turn: Turn) -> Any:
    turn.set("dice", turn.random.random())
    return "onSuccess"


THINGS: dict[str, Callable[[Turn], Awaitable[Any]]] = {
    thing.__name__: thing
    for thing in (
        raises, raises_ours, exits, interrupts, leaves_generator, panics, gives_once, nonsense, nothing, waits, ends,
        calls, recurses, hides_object, sets_object, gives_object, logs_object, too_large_number, half_a_character,
        sends_a_lot, breaks_frames, throws_dice, is_cancelled, sends_words, remembers_by_number, waits_for_a_number,
    )
}  # fmt: skip
Doing.things = THINGS


class Shelf:
    """Programs by flow; each is version 1 and live."""

    def __init__(self, *flows: Flow) -> None:
        self.programs = {flow.id: compile_flow(flow, 1, KINDS) for flow in flows}

    def get(self, flow: str, version: int) -> Program:
        if flow not in self.programs:
            raise BotkitError(f"version {version} of flow {flow!r} is not loaded")
        return self.programs[flow]

    def live(self, flow: str) -> Program | None:
        return self.programs.get(flow)


class Walk:
    """A session of one flow, step by step."""

    def __init__(self, *flows: str | Flow, world: World | None = None, customer: Customer = CUSTOMER) -> None:
        made = [read_flow(flow).flow if isinstance(flow, str) else flow for flow in flows]
        self.shelf = Shelf(*made)
        self.customer = customer
        world = world or World({})
        self.interpreter = Interpreter(self.shelf, Services(world, world, world))
        first = self.shelf.programs[made[0].id]
        self.session = Session(
            id="t1", service="s", lane="s|ann", key="", frames=[Frame(made[0].id, 1, START, first.variables())],
            channel="sms", asset="sms-demo", address=ANN,
        )  # fmt: skip

    async def begin(self, text: str = "hello", **more: Any) -> Sprint:
        event = incoming({"text": text, **more})
        return await self.interpreter.begin(self.session, event, now=NOW, customer=self.customer)

    async def go_on(self, event: Any = None) -> Sprint:
        return await self.interpreter.resume(self.session, incoming(event), now=NOW, customer=self.customer)

    @property
    def variables(self) -> dict[str, Any]:
        return self.session.frames[-1].variables


def errors(sprint: Sprint) -> list[str]:
    return [entry.text for visit in sprint.step.visits for entry in visit.log if entry.level == "error"]


def drawn(id: int, kind: str, settings: dict[str, Any] | None = None, **edges: Any) -> Drawn:
    return Drawn(id, kind, settings=settings or {}, next={
        name: Edge(node=to) if to > 0 else Edge(end=-to) for name, to in edges.items()
    })  # fmt: skip


START_NODE = drawn(2, "start", {"accepts": ["sms.mo"]}, onBegin=3)


def doing(what: str, **flow: Any) -> Flow:
    """A flow whose only node does one thing, and then is over."""
    return Flow("main", {2: START_NODE, 3: drawn(3, "doing", {"what": what}, onSuccess=-101)}, **flow)


# any flow

TEXTS = st.sampled_from([
    "hi", "$(message.text)", "$(a)", "$(n3.sms.message) $(b)", "$(missing.thing)", "$(n2.sms.message), $(transid)",
    "$(n4.receive.message)/$(sms.senderNumber)", "$(n5.send.id) $(n3.branch.output) $(n6.delay.waitTime)",
])  # fmt: skip
SETTINGS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "branch": st.fixed_dictionaries({"branches": st.just([
        {"name": "yes", "conditions": [{"variable": "$(a)", "operator": "equals", "value": "hi"}]}
    ])}),
    "set_variable": st.fixed_dictionaries({"set": st.dictionaries(
        st.sampled_from(["a", "b"]), TEXTS | st.just("$(a)$(a)$(b)x") | st.just(["$(a)", 1]), min_size=1
    )}),
    "send": st.fixed_dictionaries({"text": TEXTS, "wait_for": st.sampled_from(["none", "submitted", "delivered"])}),
    "receive": st.fixed_dictionaries({"events": st.just(["sms.mo"])}),
    "delay": st.fixed_dictionaries({"duration": st.sampled_from(["5s", "$(a)", "0"])}),
    "end": st.fixed_dictionaries({"outcome": st.sampled_from([101, 102, 250])}),
    "call_flow": st.fixed_dictionaries({"flow": st.sampled_from(["main", "other", "nowhere"])}),
    "doing": st.fixed_dictionaries({"what": st.sampled_from([*THINGS, "onSuccess", "onOther", "onFail", "gone"])}),
}  # fmt: skip
EDGE_NAMES = ("onSuccess", "onError", "onTimeout", "yes", "none_of_the_above", "sms.mo", "onOther", "onSubmit",
              "onDeliveryReportSuccess", "onIncomplete", "onPolicyFail")  # fmt: skip


@st.composite
def any_flow(
    draw: st.DrawFn, id: str = "main", kinds: tuple[str, ...] = tuple(sorted(SETTINGS)), *, to_start: bool = True
) -> Flow:
    """Nodes of these kinds, joined at random, also by edges that no check would let pass."""
    count = draw(st.integers(1, 6))
    ids = list(range(3, 3 + count))
    targets = [*ids, 2, 98] if to_start else [*ids, 98]
    to = st.sampled_from([Edge(node=number) for number in targets] + [Edge(end=101), Edge(end=301)])
    nodes = {2: draw_start(draw, to)}
    for number in ids:
        kind = draw(st.sampled_from(kinds))
        actions = draw(st.sampled_from([
            (), (Action("set", {"a": "$(b)!"}),), (Action("log", {"text": "at $(a)", "id": 7}),),
            (Action("logbook", {"logbook": "l", "attribute": "$(b)", "value": "$(missing)"}),),
        ]))  # fmt: skip
        nodes[number] = Drawn(
            number, kind, settings=draw(SETTINGS[kind]), next=draw(st.dictionaries(st.sampled_from(EDGE_NAMES), to)),
            on_enter=actions, on_leave=draw(st.sampled_from([(), actions])),
        )  # fmt: skip
    variables = {name: Variable(draw(st.sampled_from(["", "5", 3, ["x"]]))) for name in ("a", "b")}
    return Flow(id, nodes, variables=variables, on_error=draw(st.sampled_from([0, *ids, 98])))


def draw_start(draw: st.DrawFn, to: st.SearchStrategy[Edge]) -> Drawn:
    return Drawn(2, "start", settings={"accepts": ["sms.mo"]}, next={"onBegin": draw(to)})


EVENTS = st.sampled_from([{"text": "hi"}, None, {"state": "delivered"}, {"state": "failed", "outcome": "rejected"},
                          {"event": "custom.paid", "payload": {"a": 1}}])  # fmt: skip


@settings(max_examples=250)
@given(any_flow(), any_flow("other"), st.lists(EVENTS, max_size=6))
def test_any_flow_waits_ends_or_is_stopped(main: Flow, other: Flow, events: list[Any]) -> None:
    async def play() -> None:
        walk = Walk(main, other)
        sprint = await walk.begin()
        for event in events:
            check(sprint, walk)
            if sprint.ended:
                break
            sprint = await walk.go_on(event)
        check(sprint, walk)

    asyncio.run(asyncio.wait_for(play(), 20))


def check(sprint: Sprint, walk: Walk) -> None:
    session = walk.session
    assert bool(sprint.ended) == (session.wait is None), "it has ended, or it waits"
    assert bool(sprint.state) == (not sprint.ended)
    assert session.visits <= MAX_VISITS + 1
    assert 1 <= len(session.frames) <= MAX_CALL_DEPTH
    assert sprint.step.visits and sprint.step.state == ("ended" if sprint.ended else "waiting")
    assert sprint.step.sent == [delivery.id for delivery in sprint.deliveries]
    msgspec.msgpack.encode(sprint.step)  # it can be kept
    if sprint.state:
        assert msgspec.msgpack.decode(sprint.state, type=Session) == session


STATIC = tuple(kind for kind in sorted(SETTINGS) if KINDS[kind].static_references)


@settings(max_examples=250)
@given(any_flow(kinds=STATIC, to_start=False), st.lists(EVENTS, max_size=6))
def test_a_session_that_keeps_only_what_is_referred_to_does_the_same(flow: Flow, events: list[Any]) -> None:
    async def play(walk: Walk) -> list[Any]:
        seen: list[Any] = []
        for event in [{"text": "first"}, *events]:
            sprint = await (walk.go_on(event) if seen else walk.begin(event["text"]))
            for visit in sprint.step.visits:
                visit.microseconds = 0
            seen.append((sprint.step, [delivery.content for delivery in sprint.deliveries], walk.variables))
            if sprint.ended:
                break
            walk.session = msgspec.msgpack.decode(sprint.state, type=Session)
        return seen

    small, whole = Walk(flow), Walk(flow)
    assert small.shelf.programs["main"].needed is not None
    whole.shelf.programs["main"].needed = None
    assert asyncio.run(play(small)) == asyncio.run(play(whole))


async def test_what_nothing_refers_to_is_not_kept_and_what_a_script_or_a_called_flow_may_want_is() -> None:
    flow = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: receive, events: [sms.mo], next: {sms.mo: 4, onTimeout: end 103}}
  4: {kind: %s, next: {%s: 3}}
"""
    kept: list[tuple[set[str], set[str]]] = []
    for last, outcome in (
        ('send, text: "$(n3.receive.message)"', "onSuccess"),
        ("evaluate, script: '$(\"n2.sms.message\")', branches: [a]", "a"),
        ("call_flow, flow: other", "onSuccess"),
        ("doing, what: onSuccess", "onSuccess"),
    ):
        walk = Walk(flow % (last, outcome))
        await walk.begin("first")
        kept.append((set(walk.session.parameters), set(walk.session.frames[-1].outputs)))
    assert kept[0] == (set(), set())
    assert all({"sms", "message", "receive", "msisdn", "transid"} <= names and outputs == {"n2"}
               for names, outputs in kept[1:])  # fmt: skip


# what a node does wrong

WRONG = [
    name
    for name in THINGS
    if name not in ("waits", "ends", "calls", "throws_dice", "gives_once", "sends_a_lot", "nothing")
]


@pytest.mark.parametrize("what", [*WRONG, "nothing", "gone"])
async def test_a_node_that_does_wrong_ends_the_flow_with_an_error(what: str) -> None:
    sprint = await Walk(doing(what)).begin()
    msgspec.msgpack.encode(sprint.step)
    if what == "breaks_frames":  # the edge leads on all the same
        assert sprint.ended == 101
    else:
        assert sprint.ended == ERROR
        assert errors(sprint), "the transaction says why"


OPEN = (
    "raises", "raises_ours", "exits", "interrupts", "leaves_generator", "panics", "nonsense", "nothing", "sets_object",
    "gone",
)  # fmt: skip


@pytest.mark.parametrize("what", [*OPEN, "onFail", "onError"])
async def test_an_open_red_outcome_goes_to_the_handler(what: str) -> None:
    flow = doing(what, on_error=9)
    flow.nodes[9] = drawn(9, "send", {"text": "sorry"}, onSuccess=-102)
    sprint = await Walk(flow).begin()
    assert [visit.node for visit in sprint.step.visits] == [2, 3, 9]
    assert [delivery.content.text for delivery in sprint.deliveries] == ["sorry"]
    assert sprint.ended == ERROR


async def test_a_drawn_red_edge_goes_before_the_handler() -> None:
    flow = doing("raises", on_error=9)
    flow.nodes[3] = drawn(3, "doing", {"what": "raises"}, onError=4)
    flow.nodes[4] = drawn(4, "end", {"outcome": 222})
    flow.nodes[9] = drawn(9, "end", {"outcome": 333})
    assert (await Walk(flow).begin()).ended == 222


async def test_a_node_is_asked_for_its_outcomes_before_anybody_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks there is no flow that can be run; a walk does not depend on it."""
    walk = Walk(doing("gone", on_error=9))
    monkeypatch.setattr(Doing, "outcome_list", lambda node: 1 / 0)
    assert (await walk.begin()).ended == ERROR


async def test_an_outcome_that_the_node_does_not_declare_is_an_error_that_names_those_it_has() -> None:
    flow = doing("gone")
    flow.nodes[3] = drawn(3, "doing", {"what": "gone"}, onError=4)
    flow.nodes[4] = drawn(4, "end", {"outcome": 222})
    sprint = await Walk(flow).begin()
    assert sprint.ended == 222
    assert [(visit.outcome, [entry.text for entry in visit.log]) for visit in sprint.step.visits][1] == (
        "onError", ["the node returned 'gone', which is none of its outcomes: onSuccess, onOther, onError, onFail"]
    )  # fmt: skip


CALLS_AND_FAILS = """
flow: parent
on_error: 9
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: call_flow, flow: child, next: {onSuccess: 4, onIncomplete: 4}}
  4: {kind: doing, what: raises, next: {onSuccess: end}}
  9: {kind: send, text: "parent's handler", next: {onSuccess: end 102}}
"""
FAILS_AND_ENDS = """
flow: child
on_error: 9
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: doing, what: raises, next: {onSuccess: end}}
  9: {kind: send, text: "child's handler", next: {onSuccess: end %s}}
"""


@pytest.mark.parametrize("outcome", [101, 102])
async def test_each_flow_has_its_own_handler(outcome: int) -> None:
    sprint = await Walk(CALLS_AND_FAILS, FAILS_AND_ENDS % outcome).begin()
    assert [delivery.content.text for delivery in sprint.deliveries] == ["child's handler", "parent's handler"]
    assert sprint.ended == ERROR


AROUND = """
flow: around
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: doing, what: gives_once, next: {onSuccess: 4, onError: 4}}
  4: {kind: send, text: "$(n3.given)!", next: {onSuccess: 5}}
  5: {kind: receive, events: [sms.mo], next: {sms.mo: 3, onTimeout: end}}
"""


async def test_outputs_are_those_of_the_last_visit() -> None:
    walk = Walk(AROUND)
    assert (await walk.begin()).deliveries[0].content.text == "1!"
    assert (await walk.go_on({"text": "again"})).deliveries[0].content.text == "!"


async def test_what_is_done_on_entering_and_on_leaving_a_node() -> None:
    flow = """
flow: main
variables: {at: {default: nowhere}, came: {default: ""}}
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3:
    kind: send
    text: "$(at)"
    on_enter: [set: {at: inside}]
    on_leave: [set: {at: outside}]
    next: {onSuccess: 4}
  4: {kind: receive, events: [sms.mo], on_enter: [set: {came: "$(came)once"}], next: {sms.mo: 5, onTimeout: end 103}}
  5: {kind: send, text: "$(at), $(came)", next: {onSuccess: 6}}
  6: {kind: end, outcome: 207}
"""
    walk = Walk(flow)
    (inside,) = (await walk.begin()).deliveries
    sprint = await walk.go_on({"text": "on"})  # the node goes on: it is not entered again
    assert [inside.content.text, sprint.deliveries[0].content.text] == ["inside", "outside, once"]  # type: ignore[union-attr]
    assert sprint.ended == 207


async def test_a_visit_says_how_long_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleeps(turn: Turn) -> Any:
        await asyncio.sleep(0.03)
        return "onSuccess"

    monkeypatch.setitem(THINGS, "sleeps", sleeps)
    begun, slow = (await Walk(doing("sleeps")).begin()).step.visits
    assert 0 <= begun.microseconds < slow.microseconds
    assert 30_000 <= slow.microseconds < 5_000_000


async def test_outputs_may_lie_deep(monkeypatch: pytest.MonkeyPatch) -> None:
    async def gives_deep(turn: Turn) -> Any:
        turn.output({"order.customer.name": "Ann", "order.customer.city": "Leeds", "order.number": 7})
        return "onSuccess"

    monkeypatch.setitem(THINGS, "gives_deep", gives_deep)
    flow = doing("gives_deep")
    said = "$(n3.order.customer.name) from $(n3.order.customer.city): $(n3.order.number)"
    flow.nodes[3].next["onSuccess"] = Edge(node=4)
    flow.nodes[4] = drawn(4, "send", {"text": said}, onSuccess=-101)
    sprint = await Walk(flow).begin()
    assert [delivery.content.text for delivery in sprint.deliveries] == ["Ann from Leeds: 7"]


async def test_a_flow_knows_its_service() -> None:
    walk = Walk(AROUND.replace("$(n3.given)", "$(service.serviceKey)"))
    assert (await walk.begin()).deliveries[0].content.text == "s!"


async def test_a_handler_that_fails_ends_the_flow() -> None:
    flow = doing("raises", on_error=9)
    flow.nodes[9] = drawn(9, "doing", {"what": "raises"})
    sprint = await Walk(flow).begin()
    assert sprint.ended == ERROR
    assert [visit.node for visit in sprint.step.visits] == [2, 3, 9]


async def test_an_open_green_outcome_ends_as_incomplete_and_says_so() -> None:
    sprint = await Walk(doing("onOther")).begin()
    assert sprint.ended == INCOMPLETE
    assert "'onOther' leads nowhere" in sprint.step.visits[-1].log[0].text


async def test_a_missing_node_ends_the_flow() -> None:
    flow = doing("onSuccess")
    flow.nodes[3] = drawn(3, "doing", onSuccess=77)
    sprint = await Walk(flow).begin()
    assert sprint.ended == ERROR
    assert errors(sprint) == ["the flow has no node 77"]


async def test_an_action_that_fails_is_an_error_of_its_node() -> None:
    flow = doing("onSuccess", on_error=9)
    flow.nodes[3] = msgspec.structs.replace(flow.nodes[3], on_leave=(Action("set", {"a": ["$(deep)"]}),))
    flow.nodes[9] = drawn(9, "end", {"outcome": 333})
    walk = Walk(flow)
    walk.variables["deep"] = object()
    sprint = await walk.begin()
    assert sprint.ended == 333
    assert "an action on leaving failed" in errors(sprint)[0]


# bounds


async def test_a_loop_without_a_wait_is_stopped() -> None:
    flow = Flow("main", {2: START_NODE, 3: drawn(3, "doing", onSuccess=3)})
    sprint = await Walk(flow).begin()
    assert sprint.ended == ERROR
    assert "1000 node visits" in errors(sprint)[0]


async def test_visits_are_counted_over_the_whole_session() -> None:
    flow = Flow("main", {
        2: START_NODE,
        3: drawn(3, "receive", {"events": ["sms.mo"]}, **{"sms.mo": 4}),
        4: drawn(4, "doing", onSuccess=3),
    })  # fmt: skip
    walk = Walk(flow)
    sprint = await walk.begin()
    steps = 0
    while not sprint.ended:
        sprint = await walk.go_on({"text": "again"})
        steps += 1
        assert steps < MAX_VISITS
    assert sprint.ended == ERROR and steps > MAX_VISITS / 4


async def test_a_step_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.interpreter.MAX_STEP_SECONDS", 0.05)

    async def sleeps(turn: Turn) -> Any:
        await asyncio.sleep(30)

    monkeypatch.setitem(THINGS, "sleeps", sleeps)
    sprint = await Walk(doing("sleeps")).begin()
    assert sprint.ended == ERROR
    assert "took longer than" in errors(sprint)[0]


async def test_a_node_that_times_out_by_itself_only_fails() -> None:
    async def hasty(turn: Turn) -> Any:
        async with asyncio.timeout(0.001):
            await asyncio.sleep(30)

    THINGS["hasty"] = hasty
    try:
        flow = doing("hasty", on_error=9)
        flow.nodes[9] = drawn(9, "end", {"outcome": 333})
        assert (await Walk(flow).begin()).ended == 333
    finally:
        del THINGS["hasty"]


async def test_a_step_that_is_stopped_from_outside_does_not_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(THINGS, "rests", rests)
    step = asyncio.create_task(Walk(doing("rests")).begin())
    await asyncio.sleep(0)
    step.cancel()
    with pytest.raises(asyncio.CancelledError):
        await step


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_step_that_is_taken_down_does_not_go_on(at_once: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    visited = []

    async def notes(turn: Turn) -> Any:
        visited.append(turn.visit.node)
        await asyncio.sleep(30)

    monkeypatch.setitem(THINGS, "notes", notes)
    flow = doing("notes", on_error=9)
    flow.nodes[9] = drawn(9, "doing", {"what": "notes"}, onSuccess=-101)
    walk = Walk(flow)
    if at_once:
        with pytest.raises(NotAtOnce):
            walk.interpreter.begin_now(walk.session, incoming({"text": "hello"}), now=NOW, customer=CUSTOMER)
    else:
        step = walk.begin()
        step.send(None)
        step.close()
    assert visited == [3]


async def test_a_session_cannot_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.interpreter.MAX_SESSION_BYTES", 2_000)

    async def hoards(turn: Turn) -> Any:
        turn.set("all", "x" * 3_000)
        return turn.wait(events=("sms.mo",))

    monkeypatch.setitem(THINGS, "hoards", hoards)
    walk = Walk(doing("hoards"))
    sprint = await walk.begin()
    assert sprint.ended == ERROR and not sprint.state
    assert "more than 2000 bytes" in errors(sprint)[0]


async def test_a_value_that_is_put_into_itself_does_not_fill_the_memory() -> None:
    doubled = drawn(3, "set_variable", {"set": {"all": ["$(all)", "$(all)"]}}, onSuccess=3)
    began = time.process_time()
    sprint = await Walk(Flow("main", {2: START_NODE, 3: doubled}, variables={"all": Variable("x" * 100)})).begin()
    assert time.process_time() - began < 5
    assert sprint.ended == ERROR
    assert errors(sprint)[0] == "all cannot be kept: it is larger than 1048576 bytes"


async def test_a_step_sends_only_so_much() -> None:
    flow = Flow("main", {2: START_NODE, 3: drawn(3, "doing", {"what": "sends_a_lot"}, onSuccess=3)})
    sprint = await Walk(flow).begin()
    assert sprint.ended == ERROR
    assert len(sprint.deliveries) == 100
    assert "at most 100 messages" in errors(sprint)[0]


async def test_flows_call_each_other_only_so_deep() -> None:
    flow = Flow("main", {2: START_NODE, 3: drawn(3, "call_flow", {"flow": "main"}, onSuccess=-101, onError=-250)})
    sprint = await Walk(flow).begin()
    assert sprint.ended == 101  # the innermost ended with a code of its own, so the others went on
    assert any(f"more than {MAX_CALL_DEPTH} deep" in text for text in errors(sprint))
    assert sum(visit.outcome == "calling" for visit in sprint.step.visits) == MAX_CALL_DEPTH


# Call Flow

CALLER = """
flow: main
variables: {shared: {default: mine}, too: {default: mine}, own: {default: kept}, given: {default: ""}}
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3:
    kind: call_flow
    flow: other
    inputs: {input: "from $(own)"}
    next: {onSuccess: 4, onIncomplete: end 203, onError: end 202}
  4: {kind: send, text: "$(shared) $(too) $(own) $(n3.callflow.outcome)", next: {onSuccess: end 201}}
"""
CALLED = """
flow: other
variables: {shared: {default: theirs}, too: {default: theirs}, input: {default: ""}, hidden: {default: 1}}
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: set_variable, set: {shared: "$(shared) then $(input)", too: "$(too) too", hidden: 2}, next: {onSuccess: 4}}
  4: {kind: receive, events: [sms.mo], next: {sms.mo: end 250, onTimeout: end 103}}
"""


async def test_variables_go_into_a_called_flow_and_come_back() -> None:
    walk = Walk(CALLER, CALLED)
    sprint = await walk.begin()
    assert not sprint.ended and [frame.flow for frame in walk.session.frames] == ["main", "other"]
    sprint = await walk.go_on({"text": "yes"})
    assert sprint.deliveries[0].content.text == "mine then from kept mine too kept 250"
    assert sprint.ended == 201
    assert "hidden" not in walk.variables


@pytest.mark.parametrize(
    ("how", "ended"), [("end 103", 203), ("end 102", 202), ("end 101", 201), ("end 250", 201), ("3", 203)]
)
async def test_how_a_called_flow_ends_decides_the_way_on(how: str, ended: int) -> None:
    called = f"flow: other\nnodes:\n  2: {{kind: start, accepts: [sms.mo], next: {{onBegin: {how}}}}}\n"
    called += "  3: {kind: end, outcome: 103}\n"
    assert (await Walk(CALLER, called).begin()).ended == ended


async def test_an_error_in_a_called_flow_comes_back_as_one() -> None:
    called = Flow("other", {2: START_NODE, 3: drawn(3, "doing", {"what": "raises"})})
    sprint = await Walk(CALLER, called).begin()
    assert sprint.ended == 202


async def test_a_flow_that_is_not_live_cannot_be_called() -> None:
    sprint = await Walk(CALLER).begin()
    assert sprint.ended == 202
    assert "no live flow 'other'" in errors(sprint)[0]


async def test_a_version_that_is_gone_ends_the_session_with_words() -> None:
    walk = Walk(CALLER, CALLED)
    await walk.begin()
    del walk.shelf.programs["other"]
    sprint = await walk.go_on({"text": "yes"})
    assert sprint.ended == ERROR and "is not loaded" in errors(sprint)[0]


# the same again


@settings(max_examples=50)
@given(any_flow(), any_flow("other"))
def test_the_same_step_gives_the_same_result(main: Flow, other: Flow) -> None:
    async def play() -> tuple[Any, ...]:
        walk = Walk(copy.deepcopy(main), copy.deepcopy(other))
        sprint = await walk.begin()
        for visit in sprint.step.visits:
            visit.microseconds = 0
        return sprint.state, msgspec.msgpack.encode(sprint.step), sprint.deliveries, sprint.ended

    assert asyncio.run(play()) == asyncio.run(play())


async def test_dice_fall_the_same_for_the_same_step_only() -> None:
    flow = Flow("main", {
        2: START_NODE,
        3: drawn(3, "doing", {"what": "throws_dice"}, onSuccess=4),
        4: drawn(4, "receive", {"events": ["sms.mo"]}, **{"sms.mo": 3}),
    })  # fmt: skip
    walk, again = Walk(flow), Walk(flow)
    await walk.begin()
    await again.begin()
    first = walk.variables["dice"]
    assert again.variables["dice"] == first
    await walk.go_on({"text": "again"})
    assert walk.variables["dice"] != first


async def test_a_program_is_not_changed_by_its_sessions() -> None:
    async def grows(turn: Turn) -> Any:
        turn.frame.variables["list"].append(1)
        return "onSuccess"

    THINGS["grows"] = grows
    try:
        flow = doing("grows", variables={"list": Variable([])})
        walk = Walk(flow)
        await walk.begin()
        assert walk.shelf.programs["main"].variables() == {"list": []}
    finally:
        del THINGS["grows"]


# what is seen in the log, and what the parameters say


async def test_what_is_masked_stands_nowhere_in_the_log() -> None:
    flow = """
flow: main
variables: {said: {default: ""}}
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3:
    kind: profanity_filter
    text: $(message.text)
    on_leave:
      - log: "she said $(message.text)"
      - log: {text: noted, value: {deep: ["$(message.text)"]}}
    next: {clean: end 101, profane: end 211, onTimeout: end 101}
"""
    found = {"profanity": {"masked": "you **** bot", "words": ["darn"], "spans": [[4, 8]], "severity": 1}}
    walk = Walk(flow, world=World({"nlp": found}))
    sprint = await walk.begin("you darn bot")
    assert sprint.ended == 211
    written = msgspec.json.encode(sprint.step).decode()
    assert "darn" not in written and "you **** bot" in written


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("ORDER you ass", "ORDER you ***"),
        ("you ass", "you ***"),
        ("ass, ass!", "***, ***!"),
        ("a classic bass", "a classic bass"),
        ("class_ass ass1 ass", "class_ass ass1 ***"),
    ],
)
def test_masked_words_are_masked_in_parts_of_the_text_and_in_no_other_word(written: str, shown: str) -> None:
    step = Step(at=NOW, event="sms.mo", text=written, visits=[NodeVisit(2, "start", "main")])
    step.visits[0].outputs = {"sms": {"message": written}}
    step = redacted(step, [("you ass", "you ***"), ("ass", "***")], Privacy())
    assert (step.text, step.visits[0].outputs) == (shown, {"sms": {"message": shown}})


async def test_an_event_renews_the_session_parameters() -> None:
    flow = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: receive, events: [sms.mo], next: {sms.mo: 4, onTimeout: end 103}}
  4: {kind: send, text: "$(n2.sms.message), $(message.text), $(n3.receive.message)", next: {onSuccess: end 101}}
"""
    walk = Walk(flow)
    await walk.begin("first")
    sprint = await walk.go_on({"text": "second"})
    assert sprint.deliveries[0].content.text == "first, second, second"


async def test_a_known_customer_is_known_to_the_flow() -> None:
    """In the app she is known by her id; her number is known all the same."""
    app = Address("inapp", "ann", AddressKind.CUSTOMERID)
    customer = Customer(key="msisdn:+447900000001", customerid="ann", name="Ann", addresses=(app, ANN))
    flow = "flow: main\nnodes:\n  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}\n" \
           '  3: {kind: send, text: "$(msisdn) $(customerid) $(name)", next: {onSuccess: end 101}}\n'  # fmt: skip
    sprint = await Walk(flow, customer=customer).begin()
    assert sprint.deliveries[0].content.text == "+447900000001 ann Ann"


async def test_news_of_a_message_resumes_the_node_that_waits_for_it() -> None:
    flow = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: send, text: hi, wait_for: delivered,
      next: {onDeliveryReportSuccess: end 201, onTimeout: end 202, onDeliveryReportFail: end 203}}
"""
    for event, ended in (("delivered", 201), ("failed", 203), (None, 202)):
        walk = Walk(flow)
        sprint = await walk.begin()
        assert isinstance(walk.session.wait, Wait) and walk.session.wait.delivery_id == sprint.deliveries[0].id
        assert sprint.deliveries[0].awaited
        submitted = Receipt("sms-demo", DeliveryState.SUBMITTED, delivery_id=sprint.deliveries[0].id)
        step = await walk.interpreter.resume(walk.session, submitted, now=NOW, customer=CUSTOMER)
        assert not step.ended, "submitted is not enough"
        step = await walk.go_on({"state": event} if event else None)
        assert step.ended == ended


# quick replies that are answered in words

OFFERS = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3:
    kind: send
    text: Sure?
    quick_replies: [{title: "Yes!", payload: GO}, {title: No Way, payload: STAY}, Perhaps]
    next: {onSuccess: 4}
  4: {kind: receive, events: [sms.mo, custom.paid], next: {sms.mo: 5, custom.paid: 4, onTimeout: end}}
  5:
    kind: set_variable
    set: {said: "$(message.payload) $(sms.payload) $(payload) $(n4.message.payload) $(n4.receive.payload)"}
    next: {onSuccess: 4}
"""


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("2", "STAY"), (" 2 ", "STAY"), ("no WAY", "STAY"), ("yes!", "GO"), ("3", "Perhaps"), ("PERHAPS", "Perhaps"),
        ("\uff12", "STAY"), ("4", ""), ("0", ""), ("no", ""), ("", ""), ("2 please", ""),
    ],
)  # fmt: skip
async def test_the_number_or_the_title_of_a_quick_reply_is_its_payload(text: str, payload: str) -> None:
    walk = Walk(OFFERS)
    stored = await walk.begin()
    walk.session = msgspec.msgpack.decode(stored.state, type=Session)
    await walk.go_on({"text": text})
    given = walk.session.parameters
    assert given["message"]["payload"] == given["sms"]["payload"] == given["payload"] == payload
    assert given["message"]["text"] == text
    assert walk.session.frames[-1].variables["said"] == " ".join([payload] * 5)


async def test_quick_replies_are_offered_for_one_message() -> None:
    walk = Walk(OFFERS)
    await walk.begin()
    await walk.go_on({"event": "custom.paid", "payload": {}})
    await walk.go_on({"text": "what?"})
    assert walk.session.parameters["message"]["payload"] == ""
    await walk.go_on({"text": "2"})
    assert walk.session.parameters["message"]["payload"] == ""


async def test_an_event_does_not_take_the_answer_away_and_a_tap_counts_before_the_words() -> None:
    walk = Walk(OFFERS)
    await walk.begin()
    await walk.go_on({"event": "custom.paid", "payload": {}})
    await walk.go_on({"text": "2", "payload": "TAPPED"})
    assert walk.session.parameters["message"]["payload"] == "TAPPED"
    walk = Walk(OFFERS)
    await walk.begin()
    await walk.go_on({"event": "custom.paid", "payload": {}})
    await walk.go_on({"text": "2"})
    assert walk.session.parameters["message"]["payload"] == "STAY"
