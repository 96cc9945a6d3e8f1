"""Values: hypothesis strategies for every noun, small enough to be quick and odd enough to be useful."""

from typing import Any

from hypothesis import strategies as st

from models.address import ASSET_SCOPED, Address, AddressKind
from models.content import MAX_CHOICES, Buttons, Choice, ListPicker, Location, Media, Template, Text
from models.customer import Customer
from models.delivery import (
    MAX_FALLBACK_STEPS,
    MAX_WITHIN_SECONDS,
    Delivery,
    DeliveryState,
    FallbackStep,
    Receipt,
    SendOutcome,
)
from models.event import Event
from models.flow import FLOW_ID, Action, Edge, Flow, FlowVersion, Node, Outcome, Variable
from models.http import HttpRequest, HttpResponse
from models.message import Message
from models.problem import Problem
from models.service import Asset, Condition, Consent, InvokeFlow, NotifyUrl, Rule, SendReply, Service
from models.session import Frame, Session, Wait
from models.transaction import LogEntry, NodeVisit, Step, Transaction
from models.utterance import Entity, IntentScore, KnownAnswer, Profanity, Sentiment, Token, Understanding, Why

text = st.text(max_size=8)
words = st.text(min_size=1, max_size=8)
numbers = st.integers(0, 2**53)
flags = st.booleans()
floats = st.floats(allow_nan=False, allow_infinity=False)
chances = st.floats(0, 1)
json_values = st.recursive(
    st.none() | flags | st.integers(-(2**53), 2**53) | floats | text,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(text, inner, max_size=2),
    max_leaves=4,
)
objects = st.dictionaries(text, json_values, max_size=2)
strings = st.dictionaries(text, text, max_size=2)


def tuples(items: st.SearchStrategy[Any], *, least: int = 0, most: int = 2) -> st.SearchStrategy[Any]:
    return st.lists(items, min_size=least, max_size=most).map(tuple)


def some(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(items, max_size=2)


def _address(kind: AddressKind, channel: str, value: str, asset: str) -> Address:
    return Address(channel, value, kind, asset or ("a" if kind in ASSET_SCOPED else ""))


addresses = st.builds(_address, st.sampled_from(AddressKind), text, words, text)

choices = st.builds(Choice, title=words, payload=text, description=text)
offers = tuples(choices, least=1, most=MAX_CHOICES)
texts = st.builds(Text, text=text, payload=text)
media = st.builds(
    Media, url=text.map("https://".__add__), media=st.sampled_from(["image", "video", "audio", "file"]),
    caption=text, mime_type=text, name=text,
)  # fmt: skip
buttons = st.builds(Buttons, text=text, choices=offers, style=st.sampled_from(["quick_replies", "buttons"]))
lists = st.builds(ListPicker, text=text, button=text, choices=offers)
locations = st.builds(Location, st.floats(-90, 90), st.floats(-180, 180), name=text, address=text)
templates = st.builds(Template, name=words, language=text, parameters=strings, fallback_text=text)
contents = st.one_of(texts, media, buttons, lists, locations, templates)

messages = st.builds(
    Message, asset=text, channel=text, event=words, provider_id=words, sender=addresses, recipient=text,
    content=contents, received_at=numbers, sent_at=numbers, name=text, extra=strings,
)  # fmt: skip
events = st.builds(
    Event, asset=text, event=words, provider_id=words, channel=text, sender=st.none() | addresses, payload=objects,
    received_at=numbers, sent_at=numbers,
)  # fmt: skip
receipts = st.builds(
    Receipt, asset=text, state=st.sampled_from(DeliveryState), message_id=words, delivery_id=text,
    outcome=st.sampled_from(SendOutcome), code=text, description=text, received_at=numbers, sent_at=numbers,
)  # fmt: skip

customers = st.builds(
    Customer, key=words, customerid=text, name=text, language=text, addresses=tuples(addresses),
    opted_out=st.frozensets(text, max_size=2),
)  # fmt: skip

fallback_steps = st.builds(
    FallbackStep, channel=text, asset=text, address=st.none() | addresses,
    success=st.sampled_from(["submitted", "delivered", "read"]), within_seconds=st.floats(0, MAX_WITHIN_SECONDS),
)  # fmt: skip
deliveries = st.builds(
    Delivery, id=text, service=text, lane=text, content=contents,
    steps=tuples(fallback_steps, least=1, most=MAX_FALLBACK_STEPS), transaction_id=text, node=numbers,
    session_id=text, awaited=flags, exempt=flags, step=numbers, state=st.sampled_from(DeliveryState),
    attempts=numbers, due_at=numbers, created_at=numbers, expires_at=numbers, provider_id=text, asset=text,
    channel=text, outcome=text, code=text, description=text,
)  # fmt: skip

outcomes = st.builds(Outcome, name=text, colour=st.sampled_from(["green", "orange", "red"]), about=text)
variables = st.builds(Variable, default=json_values, about=text)
edges = st.builds(Edge, node=st.integers(1, 9)) | st.builds(Edge, end=st.integers(101, 250))
actions = st.builds(Action, kind=st.sampled_from(["set", "log", "logbook"]), values=objects)
nodes = st.builds(
    Node, id=st.integers(1, 99), kind=text, label=text, notes=text, settings=objects, on_enter=tuples(actions),
    on_leave=tuples(actions), next=st.dictionaries(text, edges, max_size=2),
)  # fmt: skip
flows = st.builds(
    Flow, id=st.from_regex(FLOW_ID, fullmatch=True), nodes=some(nodes).map(lambda drawn: {n.id: n for n in drawn}),
    name=text, type=st.sampled_from(["flow", "voiceflow"]), about=text,
    session_key=st.sampled_from(["", "msisdn", "customerid", "address"]), correlation_id=text,
    variables=st.dictionaries(text, variables, max_size=2), outcomes=st.dictionaries(numbers, text, max_size=2),
    on_error=numbers, layout=st.dictionaries(numbers, st.tuples(floats, floats), max_size=2),
)  # fmt: skip
versions = st.builds(
    FlowVersion, flow=flows, version=numbers, digest=text, source=text, comment=text, made_live_at=numbers
)

assets = st.builds(Asset, id=words, channel=words, provider=text, number=text, settings=objects)
conditions = st.builds(Condition, variable=text, operator=text, value=json_values)
rule_actions = st.one_of(
    st.builds(InvokeFlow, flow=text), st.builds(SendReply, text=text), st.builds(NotifyUrl, url=text)
)
rules = st.builds(
    Rule, name=text, event=text, actions=tuples(rule_actions), asset=text,
    keyword=text.map(lambda word: "".join(word.split())), conditions=tuples(conditions),
    join=st.sampled_from(["and", "or"]), only_without_session=flags, active=flags,
)  # fmt: skip
consents = st.builds(
    Consent, channels=st.frozensets(text, max_size=2), stop=tuples(text), start=tuples(text), help=tuples(text),
    stop_reply=text, start_reply=text, help_reply=text,
)  # fmt: skip
services = st.builds(
    Service, id=words, name=text, assets=tuples(text), rules=tuples(rules), default_reply=text, consent=consents,
    live=flags,
)  # fmt: skip

waits = st.builds(
    Wait, events=tuples(text), address=text, keywords=tuples(text), delivery_id=text, until=numbers, match=objects
)
frames = st.builds(Frame, flow=text, version=numbers, node=numbers, variables=objects, outputs=objects)
sessions = st.builds(
    Session, id=text, service=text, lane=text, key=text, frames=st.lists(frames, min_size=1, max_size=3),
    address=st.none() | addresses, asset=text, channel=text, wait=st.none() | waits, parameters=objects,
    memory=objects, visits=numbers, steps=numbers, held=numbers, started_at=numbers,
    offered=tuples(choices),
)  # fmt: skip

entries = st.builds(
    LogEntry, text=text, level=st.sampled_from(["info", "warning", "error"]), value=json_values, id=numbers,
    logbook=text,
)  # fmt: skip
visits = st.builds(
    NodeVisit, node=numbers, kind=text, flow=text, label=text, outcome=text, microseconds=numbers, outputs=objects,
    log=some(entries),
)  # fmt: skip
steps = st.builds(
    Step, at=numbers, event=text, text=text, visits=some(visits), sent=some(text), state=text, outcome=numbers
)
transactions = st.builds(
    Transaction, id=text, service=text, flow=text, version=numbers, key=text, started_at=numbers, channel=text,
    asset=text, ended_at=numbers, outcome=numbers, steps=some(steps),
)  # fmt: skip

tokens = st.builds(Token, text=text, start=numbers, end=numbers, lemma=text, part_of_speech=text)
entities = st.builds(
    Entity, kind=text, value=json_values, text=text, start=st.integers(0, 9), end=st.integers(10, 20), source=text,
    confidence=chances,
)  # fmt: skip
intent_scores = st.builds(IntentScore, intent=text, confidence=chances, title=text)
known_answers = st.builds(KnownAnswer, question=text, text=text, score=chances, category=text, handover=st.booleans())
sentiments = st.builds(Sentiment, label=text, score=st.floats(-1, 1))
profanities = st.builds(
    Profanity, masked=text, words=tuples(text), spans=tuples(st.tuples(numbers, numbers)), severity=numbers
)
whys = st.builds(Why, component=text, because=text, microseconds=numbers, overran=flags)
understandings = st.builds(
    Understanding, text=text, language=text, language_confidence=chances, tokens=some(tokens),
    entities=some(entities), intent=text, confidence=chances, intents=some(intent_scores),
    sentiment=st.none() | sentiments, profanity=st.none() | profanities, why=some(whys), truncated=flags,
    extra=objects, answers=st.none() | some(known_answers),
)  # fmt: skip

requests = st.builds(
    HttpRequest, method=text, url=text, headers=strings, body=st.binary(max_size=8), connect_timeout_seconds=chances,
    timeout_seconds=chances, max_response_bytes=numbers, max_redirects=numbers, trusted=flags,
)  # fmt: skip
responses = st.builds(HttpResponse, status=numbers, reason=text, headers=strings, body=st.binary(max_size=8), url=text)
problems = st.builds(
    Problem, severity=st.sampled_from(["error", "warning"]), code=text, message=text, path=text, line=numbers,
    column=numbers, flow=text, node=numbers, field=text, hint=text,
)  # fmt: skip

EVERY: dict[type, st.SearchStrategy[Any]] = {
    Action: actions, Address: addresses, Asset: assets, Buttons: buttons, Choice: choices, Condition: conditions,
    Consent: consents, Customer: customers, Delivery: deliveries, Edge: edges, Entity: entities, Event: events,
    FallbackStep: fallback_steps, Flow: flows, FlowVersion: versions, Frame: frames, HttpRequest: requests,
    HttpResponse: responses, IntentScore: intent_scores, InvokeFlow: st.builds(InvokeFlow, flow=text),
    KnownAnswer: known_answers,
    ListPicker: lists, Location: locations, LogEntry: entries, Media: media, Message: messages, Node: nodes,
    NodeVisit: visits, NotifyUrl: st.builds(NotifyUrl, url=text), Outcome: outcomes, Problem: problems,
    Profanity: profanities, Receipt: receipts, Rule: rules, SendReply: st.builds(SendReply, text=text),
    Sentiment: sentiments, Service: services, Session: sessions, Step: steps, Template: templates, Text: texts,
    Token: tokens, Transaction: transactions, Understanding: understandings, Variable: variables, Wait: waits,
    Why: whys,
}  # fmt: skip
"""A strategy for every struct of the floor."""
