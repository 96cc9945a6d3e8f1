"""Arbitration: who gets an incoming message within a service.

In this order: a rule that matches specifically; else the sessions that wait for it; else the catch-all
rule; else nobody. A flow with a session key never gets a second live session for the same key.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from flows.operators import compile_conditions
from models.event import Event
from models.keyword import bare, fold, split_first
from models.message import Message
from models.service import InvokeFlow, Rule, RuleAction, Service
from models.session import Session


class Fire(msgspec.Struct, frozen=True, gc=False):
    """A rule fires: its actions are done. `keyword` is the first word of the message if the rule named it."""

    rule: str
    action: RuleAction
    keyword: str = ""


class Resume(msgspec.Struct, frozen=True, gc=False):
    """A waiting session goes on."""

    session_id: str
    keyword: str = ""


class Hold(msgspec.Struct, frozen=True, gc=False):
    """The message waits behind the live session of the same key."""

    session_id: str
    keyword: str = ""


Decision = Fire | Resume | Hold
Keyed = Callable[[str], str]
"""The session key that a flow would have for this customer: empty when the flow has none."""


class _Tested:
    """A rule, ready to be compared with events."""

    __slots__ = ("asset", "condition", "keyword", "rule")

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.asset = rule.asset
        self.keyword = "" if rule.keyword == "*" else fold(rule.keyword)
        self.condition = compile_conditions(rule.conditions, rule.join) if rule.conditions else None

    def matches(self, words: Sequence[str], parameters: Mapping[str, Any]) -> bool:
        if self.keyword and self.keyword not in words:
            return False
        return self.condition is None or self.condition(parameters)


def first_word(incoming: Message | Event) -> Sequence[str]:
    """What keywords are compared with: the first word in lower case, as it is and without punctuation around it."""
    if isinstance(incoming, Event):
        return ()
    word = fold(split_first(incoming.text)[0])
    return word, bare(word)


class Arbiter:
    """The rules of one service, indexed by the event they name."""

    def __init__(self, service: Service) -> None:
        self._specific: dict[str, list[_Tested]] = {}
        self._catch_all: dict[str, list[_Tested]] = {}
        self.has_conditions = any(rule.conditions for rule in service.rules)
        for rule in service.rules:
            if rule.active:
                table = self._specific if rule.specific else self._catch_all
                table.setdefault(rule.event, []).append(_Tested(rule))

    def listens(self, event: str) -> bool:
        """Whether a rule names this event."""
        return event in self._specific or event in self._catch_all

    def decide(
        self,
        incoming: Message | Event,
        parameters: Mapping[str, Any],
        sessions: Sequence[Session],
        keyed: Keyed,
    ) -> list[Decision]:
        """What follows from an event, given the customer's live sessions (oldest first); empty: unmatched."""
        words = first_word(incoming)
        waiting = [session for session in sessions if waits_for(session, incoming, words)]
        rules = self._specific.get(incoming.event)
        if rules:
            fired = _matching(rules, incoming.asset, words, parameters)
            if waiting:
                fired = [tested for tested in fired if not tested.rule.only_without_session]
            if fired:
                return _fire(fired, incoming, sessions, waiting, keyed)
        if waiting:
            return [Resume(session.id, _kept_keyword(session, words)) for session in waiting]
        rules = self._catch_all.get(incoming.event)
        if rules:
            fired = _matching(rules, incoming.asset, words, parameters)
            return _fire(fired, incoming, sessions, waiting, keyed)
        return []


def waits_for(session: Session, incoming: Message | Event, words: Sequence[str]) -> bool:
    """Whether a session waits for this very event."""
    wait = session.wait
    if wait is None or incoming.event not in wait.events:
        return False
    if wait.address and (incoming.sender is None or incoming.sender.value != wait.address):
        return False
    if wait.keywords and not any(word in wait.keywords for word in words):
        return False
    own, sender = session.address, incoming.sender
    return own is None or sender is None or own.channel != sender.channel or own.value == sender.value


def _kept_keyword(session: Session, words: Sequence[str]) -> str:
    wait = session.wait
    return next((word for word in words if word in wait.keywords), "") if wait is not None and wait.keywords else ""


def _matching(rules: list[_Tested], asset: str, words: Sequence[str], parameters: Mapping[str, Any]) -> list[_Tested]:
    return [tested for tested in rules if tested.asset in ("", asset) and tested.matches(words, parameters)]


def _fire(
    fired: list[_Tested],
    incoming: Message | Event,
    sessions: Sequence[Session],
    waiting: list[Session],
    keyed: Keyed,
) -> list[Decision]:
    decisions: list[Decision] = []
    for tested in fired:
        keyword = tested.keyword
        for action in tested.rule.actions:
            live = _live_session(action, sessions, keyed)
            if live is None:
                decisions.append(Fire(tested.rule.name, action, keyword))
            elif live in waiting:
                decisions.append(Resume(live.id, keyword))
            else:
                decisions.append(Hold(live.id, keyword))
    return list(dict.fromkeys(decisions))


def _live_session(action: RuleAction, sessions: Sequence[Session], keyed: Keyed) -> Session | None:
    """The session that already has the key which the flow would take, if the flow has keys."""
    if not isinstance(action, InvokeFlow):
        return None
    key = keyed(action.flow)
    if not key:
        return None
    return next((s for s in sessions if s.flow == action.flow and s.key == key), None)
