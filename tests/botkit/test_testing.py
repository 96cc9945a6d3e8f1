"""What extension authors test their nodes with, and the names that they import."""

from types import UnionType

import pytest

import botkit
from botkit import HttpRequest, HttpResponse, Node, Template, Turn, Wait, green, orange
from botkit.testing import NOW, run_node


class Ask(Node):
    """Asks an address and says what it heard."""

    kind = "ask"
    outcomes = (green("onSuccess"),)

    text: Template = Template("$(message.text), $(name)")

    async def run(self, turn: Turn) -> str:
        answer = await turn.http.request(HttpRequest("GET", "https://example.com"))
        turn.send(botkit.Text(f"{turn.text(self.text)}: {answer.text}"))
        turn.set("asked_at", turn.now)
        turn.output({"ask.status": answer.status})
        return "onSuccess"


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse(200, "OK", {}, b"yes", request.url)


async def test_a_node_runs_without_a_server() -> None:
    run = await run_node(Ask(), "Hello", variables={"name": "Ann"}, http=answer)
    assert run.left == "onSuccess"
    assert run.sent == ["Hello, Ann: yes"]
    assert run.variables == {"name": "Ann", "asked_at": NOW}
    assert run.outputs == {"ask.status": 200}


class AskAgain(Node):
    """Asks until it is told, three times at most."""

    kind = "ask_again"
    outcomes = (green("onSuccess"), orange("onTimeout"))
    waits = True

    async def run(self, turn: Turn) -> str | Wait:
        tries = turn.memory["tries"] = turn.memory.get("tries", 0) + 1
        turn.send(botkit.Text(f"Which, {turn.text(Template('$(name)'))}?"))
        turn.offer((botkit.Choice("One", "first"),))
        return turn.wait(events=("sms.mo",), seconds=60) if tries <= 3 else "onTimeout"

    async def resume(self, turn: Turn) -> str | Wait:
        if turn.event is None:
            return "onTimeout"
        if payload := turn.text(Template("$(message.payload)")):
            turn.set("which", payload)
            return "onSuccess"
        return await self.run(turn)


async def test_a_node_that_waits_goes_on_without_a_server() -> None:
    first = await run_node(AskAgain(), "Hello", variables={"name": "Ann"})
    assert first.left == Wait(events=("sms.mo",), until=NOW + 60_000)
    second = await run_node(AskAgain(), "what?", resume=first)
    assert (second.left, second.sent, second.memory) == (first.left, ["Which, Ann?"], {"tries": 2})
    told = await run_node(AskAgain(), "1", resume=second)
    assert (told.left, told.variables) == ("onSuccess", {"name": "Ann", "which": "first"})
    assert (await run_node(AskAgain(), None, resume=second)).left == "onTimeout"


async def test_what_is_not_given_is_asked_for() -> None:
    with pytest.raises(AssertionError, match="give run_node"):
        await run_node(Ask())


def test_every_public_name_can_be_imported() -> None:
    for name in botkit._HOME_OF:
        assert name in dir(botkit)
        found = getattr(botkit, name)
        assert isinstance(found, UnionType) or getattr(found, "__name__", name) == name
    with pytest.raises(AttributeError, match="has no attribute 'Nope'"):
        botkit.Nope  # noqa: B018
