"""Project checks: what the parts of a project say of each other: rules, flows, assets and their channels."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import permutations
from typing import Any, Literal

from botkit.catalog import Catalog
from botkit.notify import NOTIFY
from botkit.project_file import ProjectFile
from botkit.toml_table import MISSING_SECRET
from channels import BUILT_IN
from flows.document import Document
from flows.events import EVENT_NAME
from flows.operators import as_reference, compile_conditions
from flows.parameters import PREDEFINED, known_parameters
from flows.references import leads_to
from flows.templates import Value
from models.errors import InvalidValue
from models.flow import START, Flow, Node
from models.keyword import fold
from models.plugin import InvalidSettings
from models.problem import Problem, did_you_mean
from models.service import Condition, InvokeFlow, NotifyUrl, Rule, Service

MESSAGE_EVENTS = ("message", "mo")
KNOWN_EVENTS = (*MESSAGE_EVENTS, "linkclick")
OTHER_EVENTS = ("webhook", "custom")
"""What comes by no channel."""
UNBROUGHT = (*OTHER_EVENTS, "schedule")
NO_SOURCE = "only messages come so far: name an event of a channel, such as sms.mo, or write a channel that brings this"

SHARED = "leave all other messages to one of the services, or give each a number or an app of its own"

NEEDED_PARTS = {
    "intent": ("intent", "intents"),
    "nlp_pipeline": ("intent", "intents"),
    "profanity_filter": ("profanity", "profanity"),
    "qna_bot": ("answers", "answers"),
    "sentiment": ("sentiment", "sentiment"),
}
"""The part of the understanding that a kind of node needs, and our component that gives it."""


def check_assets(found: ProjectFile, catalog: Catalog) -> Iterator[Problem]:
    """Every asset has a provider that takes its settings, and serves somebody."""
    used = {id for service in found.services for id in service.assets}
    for id, asset in found.assets.items():
        if id == NOTIFY:
            continue  # that it cannot be called so was said already
        try:
            catalog.channel_for(asset)
        except InvalidSettings as error:
            unknown = {name for name, value in asset.settings.items() if _lacks_secret(value)}
            for path, message in error.problems:
                if unknown and (not path or path[0] in unknown):
                    continue  # that the secret is not there was said already
                shown = f"asset {id!r}: {'.'.join(map(str, path))}: {message}" if path else f"asset {id!r}: {message}"
                yield _problem(found, "invalid_setting", shown, "assets", id, *path)
        if id not in used:
            yield _problem(found, "unused_asset", f"no service uses asset {id!r}", "assets", id, severity="warning",
                           hint="add it to the assets of a service")  # fmt: skip


def _lacks_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_lacks_secret, value.values()))
    if isinstance(value, list):
        return any(map(_lacks_secret, value))
    return bool(value == MISSING_SECRET)


def check_services(found: ProjectFile, flows: Mapping[str, Flow], *, known: bool) -> Iterator[Problem]:
    """Rules name assets and flows that are there, and do not take each other's messages.

    `known` is false where some flow could not be read: then a flow that is not there may be that one.
    """
    if not found.services:
        yield _problem(found, "no_service", "the project has no service", severity="warning",
                       hint="add `[services.name]` with `assets` and rules")  # fmt: skip
    yield from _shared_assets(found)
    taken: dict[tuple[str, str, str], tuple[str, Rule]] = {}
    for service in found.services:
        yield from _service_assets(found, service)
        yield from _same_names(found, service)
        for index, rule in zip(found.rows[service.id], service.rules, strict=True):
            where = ("services", service.id, "rules", index)
            yield from _rule(found, service, rule, where)
            yield from _rule_flows(found, rule, where, flows, known=known)
            yield from _rivals(found, service, rule, where, taken)


def _shared_assets(found: ProjectFile) -> Iterator[Problem]:
    """Of services that have an asset in common, none answers what another one takes."""
    live = [service for service in found.services if service.live]
    for service, other in permutations(live, 2):
        shared = next((id for id in service.assets if id in _answered(found, other)), "")
        if service.default_reply and shared:
            message = f"service {service.id!r} sends its default_reply also to what {other.id!r} takes on {shared!r}"
            yield _problem(found, "shared_asset", f"{message}: both would answer", "services", service.id,
                           "default_reply", severity="warning", hint=SHARED)  # fmt: skip
        for index, rule in zip(found.rows[service.id], service.rules, strict=True):
            if rule.specific or not _answers(rule):
                continue
            rivals = [one for one in other.rules if _answers(one) and _same_event(found, one, other, rule, service)]
            if rivals and all(rival.specific for rival in rivals):  # two that take everything are an error already
                message = f"rule {rule.name!r} also takes what rule {rivals[0].name!r} of service {other.id!r} takes"
                yield _problem(found, "shared_asset", f"{message}: both would answer", "services", service.id, "rules",
                               index, severity="warning", hint=SHARED)  # fmt: skip


def _same_event(found: ProjectFile, one: Rule, other: Service, rule: Rule, service: Service) -> bool:
    """Whether rules of two services take the same event by an asset that both have."""
    return one.event == rule.event and not {*_comes_by(found, other, one)}.isdisjoint(_comes_by(found, service, rule))


def _answered(found: ProjectFile, service: Service) -> Collection[str]:
    """The assets of a service on which it answers messages; by the others it only sends, or hears of other events."""
    if service.default_reply:
        return service.assets
    rules = [one for one in service.rules if _answers(one) and one.event.partition(".")[2] in MESSAGE_EVENTS]
    return {id for rule in rules for id in _comes_by(found, service, rule)}


def _comes_by(found: ProjectFile, service: Service, rule: Rule) -> list[str]:
    """The assets by which what a rule takes can come: those on the channel of its event."""
    channel = rule.event.partition(".")[0]
    return [
        id
        for id in ([rule.asset] if rule.asset else service.assets)
        if id in found.assets and channel in (found.assets[id].channel, *OTHER_EVENTS)
    ]


def _answers(rule: Rule) -> bool:
    """Whether the customer may hear of it: not where only another system is told."""
    return rule.active and not all(isinstance(action, NotifyUrl) for action in rule.actions)


def _same_names(found: ProjectFile, service: Service) -> Iterator[Problem]:
    """Rules can be told apart, here and in the log."""
    first: dict[str, int] = {}
    for index, rule in zip(found.rows[service.id], service.rules, strict=True):
        if first.setdefault(rule.name, index) != index:
            message = f"two rules of service {service.id!r} are called {rule.name!r}"
            yield _problem(found, "same_name", message, "services", service.id, "rules", index, "name",
                           severity="warning", hint="rename one of the two")  # fmt: skip


def _service_assets(found: ProjectFile, service: Service) -> Iterator[Problem]:
    where = ("services", service.id)
    for index, id in enumerate(service.assets):
        if id in service.assets[:index]:
            yield _problem(found, "asset_twice", f"service {service.id!r}: asset {id!r} stands twice in the list",
                           *where, "assets", severity="warning", hint="name it once")  # fmt: skip
            continue
        if id not in found.assets:
            message = f"service {service.id!r}: there is no asset {id!r}"
            yield _problem(found, "unknown_asset", message, *where, "assets", hint=did_you_mean(id, found.assets))
    if not service.assets:
        yield _problem(found, "no_asset", f"service {service.id!r} has no assets, so nothing reaches it", *where,
                       hint='add `assets = ["..."]`', severity="warning")  # fmt: skip


def _rule(found: ProjectFile, service: Service, rule: Rule, where: tuple[str | int, ...]) -> Iterator[Problem]:
    asset = found.assets.get(rule.asset)
    if rule.asset and asset is None:
        yield _problem(found, "unknown_asset", f"rule {rule.name!r}: there is no asset {rule.asset!r}", *where, "asset",
                       hint=did_you_mean(rule.asset, found.assets))  # fmt: skip
    elif rule.asset and rule.asset not in service.assets:
        yield _problem(found, "unknown_asset", f"rule {rule.name!r}: {rule.asset!r} is no asset of {service.id!r}",
                       *where, "asset", hint=f"add it to the assets of [services.{service.id}]")  # fmt: skip
    channel = rule.event.partition(".")[0]
    if asset and channel not in (asset.channel, *OTHER_EVENTS):
        yield _problem(found, "wrong_channel", f"rule {rule.name!r}: {rule.event} never comes by {rule.asset!r}, which "
                       f"is on {asset.channel}", *where, "event", hint=f"name an event of {asset.channel}")  # fmt: skip
    for index, condition in enumerate(rule.conditions):
        try:
            compile_conditions([condition])
        except InvalidValue as error:
            place = ("conditions", index, error.field or "variable")
            yield _problem(found, "invalid_condition", f"rule {rule.name!r}: {error.message}", *where, *place)
        else:
            yield from _condition_names(found, rule, condition, (*where, "conditions", index))
    consent = service.consent
    words = {fold(word) for word in (*consent.stop, *consent.start, *consent.help)}
    if channel in consent.channels and fold(rule.keyword) in words:
        yield _problem(found, "consent_keyword", f"rule {rule.name!r}: {rule.keyword} alone never comes here: it is a "
                       "word by which customers leave, return or get help", *where, "keyword", severity="warning",
                       hint=f"take another keyword, or change [services.{service.id}.consent]")  # fmt: skip


def _condition_names(
    found: ProjectFile, rule: Rule, condition: Condition, where: tuple[str | int, ...]
) -> Iterator[Problem]:
    """A condition looks at what the rule's event brings: there is no flow yet that could have variables."""
    known = known_parameters(rule.event)
    for side, reference in (("variable", as_reference(condition.variable)), ("value", Value(condition.value))):
        for path in reference.paths:
            if not leads_to(path, known):
                name = ".".join(path)
                yield _problem(
                    found, "unknown_variable", f"rule {rule.name!r}: {rule.event} brings no {name}", *where, side,
                    severity="warning",
                    hint=did_you_mean(name, {each.removesuffix(".*") for each in known - PREDEFINED}),
                )  # fmt: skip


def _rule_flows(
    found: ProjectFile, rule: Rule, where: tuple[str | int, ...], flows: Mapping[str, Flow], *, known: bool
) -> Iterator[Problem]:
    for action in rule.actions:
        if not isinstance(action, InvokeFlow):
            continue
        flow = flows.get(action.flow)
        if flow is None and known:
            message = f"rule {rule.name!r}: there is no flow {action.flow!r}"
            yield _problem(found, "unknown_flow", message, *where, "flow", hint=did_you_mean(action.flow, flows))
        start = flow.nodes.get(START) if flow else None
        accepts = start.settings.get("accepts") if start else None
        if isinstance(accepts, list) and not _accepted(rule.event, accepts):
            message = f"rule {rule.name!r}: flow {action.flow!r} does not accept {rule.event}"
            hint = f"its Start accepts {', '.join(map(str, accepts))}: add {rule.event} there"
            yield _problem(found, "not_accepted", message, *where, "event", hint=hint)


def _accepted(event: str, accepts: list[object]) -> bool:
    """Whether an event, or all events of its sort (`webhook` for `webhook.paid`), is among those accepted."""
    return event in accepts or event.partition(".")[0] in accepts


def _rivals(
    found: ProjectFile, service: Service, rule: Rule, where: tuple[str | int, ...],
    taken: dict[tuple[str, str, str], tuple[str, Rule]],
) -> Iterator[Problem]:  # fmt: skip
    """Rules without conditions that take the same word of the same asset."""
    if rule.conditions or not (rule.active and service.live):
        return
    keyword = fold(rule.keyword) or "*"
    shown = "every message" if keyword == "*" else repr(rule.keyword)
    for asset in _comes_by(found, service, rule):
        first_service, first = taken.setdefault((rule.event, asset, keyword), (service.id, rule))
        if first_service != service.id:
            message = f"{shown} on {asset!r} is taken by rule {first.name!r} of service {first_service!r}"
            yield _problem(found, "same_keyword", f"rule {rule.name!r}: {message}: both would answer", *where,
                           hint="take another keyword")  # fmt: skip
            return
        if first is not rule:
            message = f"rule {rule.name!r} fires together with rule {first.name!r}: both take {shown} on {asset!r}"
            yield _problem(found, "same_keyword", message, *where, severity="warning",
                           hint="give one of them another keyword, or conditions")  # fmt: skip
            return


def check_names(found: ProjectFile, documents: Iterable[Document]) -> Iterator[Problem]:
    """Flows send by assets that are there, and the names of their events are no slips of the pen."""
    for document in documents:
        for node in document.flow.nodes.values():
            for name, channel, path in _named_assets(node):
                asset = found.assets.get(name)
                if asset is None:
                    hint = did_you_mean(name, found.assets) or "name an asset of botkit.toml"
                    yield _in_flow(document, node, "unknown_asset", f"there is no asset {name!r}", path, hint)
                elif channel not in ("", asset.channel):
                    message = f"asset {name!r} is on {asset.channel}, not on {channel}"
                    hint = f"name {asset.channel} as the channel, or an asset on {channel}"
                    yield _in_flow(document, node, "wrong_channel", message, path, hint)
            for event, path in _events(node):
                sort, _, what = event.partition(".")
                if sort in OTHER_EVENTS or what in KNOWN_EVENTS or not EVENT_NAME.fullmatch(event):
                    continue  # what is no name of an event is an error of its own
                close = did_you_mean(what, KNOWN_EVENTS)
                close = close if close.startswith("did you mean") else ""
                if close or not what:
                    message = f"nothing gives an event {event!r}"
                    hint = close or f"say what of {sort}: {sort}.mo or {sort}.message"
                    yield _in_flow(document, node, "unknown_event", message, path, hint)


def check_parts(given: Collection[str] | None, documents: Iterable[Document]) -> Iterator[Problem]:
    """Nodes that need a part of the understanding have a component that gives it; None: nothing is known of that."""
    if given is None:
        return
    for document in documents:
        for node in document.flow.nodes.values():
            part, component = NEEDED_PARTS.get(node.kind, ("", ""))
            if part and part not in given:
                message = f"no component of nlp/pipeline.yaml gives the part {part}, which {node.kind} needs"
                hint = f"add {component} to the components of nlp/pipeline.yaml"
                yield _in_flow(document, node, "missing_component", message, (), hint)


def _named_assets(node: Node) -> Iterator[tuple[str, str, tuple[str | int, ...]]]:
    """The assets that a Send names, the channels that it means them to be on, and where."""
    for way, path in _ways(node) if node.kind == "send" else ():
        asset = way.get("asset")
        if isinstance(asset, str) and asset and "$(" not in asset:
            channel = way.get("channel")
            yield asset, channel if isinstance(channel, str) else "", (*path, "asset")


def _events(node: Node) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """The events that a node accepts or waits for, and where it says so."""
    name = {"start": "accepts", "receive": "events"}.get(node.kind, "")
    events = node.settings.get(name)
    for at, event in enumerate(events if isinstance(events, list) else ()):
        if isinstance(event, str):
            yield event, (name, at)


def _ways(node: Node) -> Iterator[tuple[dict[str, Any], tuple[str | int, ...]]]:
    """What a Send says of the way it takes first, and of those after it, and where."""
    steps = node.settings.get("fallback")
    yield node.settings, ()
    for at, step in enumerate(steps if isinstance(steps, list) else ()):
        if isinstance(step, dict):
            yield step, ("fallback", at)


def _in_flow(
    document: Document, node: Node, code: str, message: str, path: tuple[str | int, ...], hint: str
) -> Problem:
    """A warning about a setting of a node."""
    line, column = document.locate(node.id, *path)
    field = ".".join(map(str, path))
    return Problem(
        "warning", code, f"node {node.id}: {message}", document.path, line, column, document.flow.id, node.id, field,
        hint,
    )  # fmt: skip


def check_channels(found: ProjectFile, documents: Iterable[Document]) -> Iterator[Problem]:
    """Flows send on channels, and wait for messages of channels, that the services have an asset on."""
    used = {id for service in found.services for id in service.assets}
    channels = {asset.channel for id, asset in found.assets.items() if id in used}
    if not channels:
        return  # that the project has no service, or the service no asset, was said already
    for document in documents:
        for node in document.flow.nodes.values():
            for channel, does, path in _channels(node):
                if channel not in channels:
                    hint = did_you_mean(channel, channels) or "add such an asset to a service, or name another channel"
                    message = f"no service has an asset on {channel!r}, so it never {does}"
                    yield _in_flow(document, node, "unused_channel", message, path, hint)


def check_sources(found: ProjectFile, catalog: Catalog, documents: Iterable[Document]) -> Iterator[Problem]:
    """Rules fire on events, and flows wait for events, that something brings: a channel of somebody's own may, too."""
    providers = (catalog.channels.get(asset.provider or asset.channel) for asset in found.assets.values())
    if any(provider not in (None, *BUILT_IN) for provider in providers):
        return
    for service in found.services:
        channels = {found.assets[id].channel for id in service.assets if id in found.assets}
        for index, rule in zip(found.rows[service.id], service.rules, strict=True):
            sort = rule.event.partition(".")[0]
            where = ("services", service.id, "rules", index, "event")
            if sort in UNBROUGHT:
                message = f"rule {rule.name!r}: nothing brings {rule.event} yet, so it never fires"
                yield _problem(found, "no_source", message, *where, hint=NO_SOURCE, severity="warning")
            elif channels and not rule.asset and sort not in channels:
                message = f"rule {rule.name!r}: no asset of {service.id!r} is on {sort!r}, so it never fires"
                yield _problem(found, "no_source", message, *where, hint=did_you_mean(sort, channels),
                               severity="warning")  # fmt: skip
    for document in documents:
        for node in document.flow.nodes.values():
            for event, path in _events(node) if node.kind == "receive" else ():
                if event.partition(".")[0] in UNBROUGHT:
                    message = f"nothing brings {event} yet, so it never comes"
                    yield _in_flow(document, node, "no_source", message, path, NO_SOURCE)


def _channels(node: Node) -> Iterator[tuple[str, str, tuple[str | int, ...]]]:
    """The channels that a node names, what it does with them, and where it says so."""
    for way, path in _ways(node) if node.kind == "send" else ():
        channel = way.get("channel")
        if isinstance(channel, str) and channel:
            yield channel, "sends there", (*path, "channel")
    for event, path in _events(node):
        channel, _, what = event.partition(".")
        if what in MESSAGE_EVENTS and channel not in OTHER_EVENTS:
            yield channel, f"gets {event}", path


def _problem(
    found: ProjectFile, code: str, message: str, *where: str | int, hint: str = "",
    severity: Literal["error", "warning"] = "error",
) -> Problem:  # fmt: skip
    line = found.file.lines.find(*where)
    field = ".".join(map(str, where))
    return Problem(severity, code, message, found.file.path, line, field=field, hint=hint)
