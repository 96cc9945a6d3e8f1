"""What extension authors test their nodes with, and the names that they import."""

import pytest

import botkit
from botkit import HttpRequest, HttpResponse, Node, Template, Turn, green
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


async def test_what_is_not_given_is_asked_for() -> None:
    with pytest.raises(AssertionError, match="give run_node"):
        await run_node(Ask())


def test_every_public_name_can_be_imported() -> None:
    for name in botkit._HOME_OF:
        assert name in dir(botkit)
        assert getattr(getattr(botkit, name), "__name__", name) == name
    with pytest.raises(AttributeError, match="has no attribute 'Nope'"):
        botkit.Nope  # noqa: B018
