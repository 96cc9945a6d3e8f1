"""App: all the parts of a running botkit, put together in one place."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from botkit.catalog import Catalog
from botkit.config import ServerSettings
from botkit.consent import OptOuts
from botkit.deployment import Deployment, Library, flow_digest
from botkit.engine import Engine
from botkit.http import HttpClient
from botkit.identity import Identities
from botkit.inapp import Mailboxes
from botkit.nlp_pool import NlpPool
from botkit.nlp_watch import NlpWatch
from botkit.notify import NOTIFY, Notify
from botkit.outbox import Outbox
from botkit.project import Project
from botkit.scripts import ScriptPool
from botkit.stores.base import Change, Store
from botkit.stores.places import store_path
from botkit.stores.sqlite import SqliteStore
from channels.base import Channel
from channels.inapp import InApp
from flows.checker import missing_intents
from flows.interpreter import Interpreter
from flows.privacy import Privacy
from flows.turn import NlpFailed, Services
from models.flow import FlowVersion
from models.service import Asset
from nlp.errors import InvalidData
from nlp.pipeline import read_privacy
from nlp.privacy import PrivacySettings
from nlp.project import NONE_OF_THESE, read_project
from nlp.project import Project as Language

SECRET_BYTES = 32
AI = "ai"

log = logging.getLogger("botkit")


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _mask(privacy: Privacy, settings: PrivacySettings | None) -> None:
    privacy.set(settings.mask if settings else (), settings.style if settings else "label")


class App:
    """A botkit that runs one project. Use it as `async with App(project, settings) as app`."""

    def __init__(
        self,
        project: Project,
        settings: ServerSettings,
        *,
        store: Store | None = None,
        clock: Callable[[], int] = now,
    ) -> None:
        self.project = project
        self.settings = settings
        self.public_url = settings.public_url
        self.clock = clock
        self.store = store or SqliteStore(store_path(settings.store, project.directory))
        self.secret = settings.secret.get_secret_value().encode()
        self.ready = False

    async def __aenter__(self) -> Self:
        await self.store.open()
        try:
            await self._start()
        except BaseException:
            await self.store.close()
            raise
        return self

    async def _start(self) -> None:
        project, settings, catalog = self.project, self.settings, self.project.catalog
        if not self.secret:
            self.secret = await self._made_once("secret")
        self.http = HttpClient(allow=settings.allow_private_addresses)
        self.scripts = ScriptPool()
        self.nlp = NlpPool(
            project.nlp_dir or project.directory / "nlp",
            models=project.directory / ".botkit" / "models",
            environment={"BOTKIT_ALLOW_PRIVATE_ADDRESSES": str(settings.allow_private_addresses).lower()},
        )
        self.nlp_watch = NlpWatch(self.nlp, read=self._read_language, taken_up=self._mask_as_said)
        self.privacy = Privacy()
        _mask(self.privacy, project.privacy)
        self.mailboxes = Mailboxes(self.store, self.clock)
        self.library = Library(self.store, catalog.nodes)
        interpreter = Interpreter(self.library, Services(self.http, self.nlp, self.scripts, self.privacy))
        opt_outs = OptOuts(self.store)
        outbox = Outbox(self.store, self.http, opt_outs, self.clock)
        outbox.callback_url = self.callback_url
        self.engine = Engine(
            self.store, self.library, interpreter, outbox,
            identities=Identities(self.store), opt_outs=opt_outs, clock=self.clock,
        )  # fmt: skip
        self.versions = await self.deploy(project)
        try:
            await self._warm_up()
            await self.engine.start()
        except BaseException:
            await self._end()
            raise
        self.nlp_watch.start()
        self.ready = True

    async def _warm_up(self) -> None:
        """Start what understands text, where a flow needs it, before the first message waits for it."""
        kinds = self.project.catalog.nodes
        used = {node.kind for flow in self.project.flows.values() for node in flow.nodes.values()}
        if any(kinds[kind].category == AI for kind in used if kind in kinds):
            try:
                await self.nlp.start()
            except NlpFailed as error:
                log.error("NLP nodes will fail: %s", error.message)

    async def _read_language(self) -> Language:
        """The changed `nlp` folder; raises `InvalidData` where it lacks an intent that a live flow leaves by."""
        found = await asyncio.to_thread(read_project, self.nlp.folder)
        known = {*found.intents, NONE_OF_THESE}
        for name, flow in self.project.flows.items():
            for node, _, intent in missing_intents(flow, known):
                folder = str(self.nlp.folder / "intents")
                raise InvalidData(
                    folder, 0, f"there is no intent {intent!r}, but node {node} of flow {name!r} names it"
                )
        return found

    async def _mask_as_said(self, language: Language | None) -> None:
        """Mask what the changed `nlp` folder says is to be masked."""
        if language is not None:
            _mask(self.privacy, read_privacy(language))

    async def _made_once(self, name: str) -> bytes:
        value = await self.store.constant(name)
        if value is None:
            value = secrets.token_bytes(SECRET_BYTES)
            await self.store.commit(Change(constants=[(name, value)]))
        return value

    async def deploy(self, project: Project) -> list[FlowVersion]:
        """Make a project's flows, rules and assets live; returns the flows' versions.

        A changed flow becomes a new version; live sessions finish on theirs.
        """
        at = self.clock()
        versions = [
            await self.library.make_live(
                document.flow, digest=flow_digest(document.flow), source=document.source, at=at
            )
            for document in project.documents.values()
        ]
        assets = {**project.assets, NOTIFY: Asset(NOTIFY, NOTIFY)}
        self.engine.deploy(Deployment(assets, project.services, self._adapters(project.catalog)))
        self.project = project
        return versions

    def _adapters(self, catalog: Catalog) -> Callable[[Asset], Channel]:
        def adapter(asset: Asset) -> Channel:
            if asset.id == NOTIFY:
                return Notify(asset=NOTIFY, hub_secret=self.settings.hub_secret)
            channel = catalog.channel_for(asset)
            if isinstance(channel, InApp):
                channel.attach(self.mailboxes)
            return channel

        return adapter

    def callback_url(self, asset: str, delivery_id: str) -> str:
        """Where a provider brings its receipts; empty while no address of ours is known."""
        return f"{self.public_url}/channels/{asset}" if self.public_url else ""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish what is under way and let go of everything."""
        self.ready = False
        await self._end()
        await self.store.close()

    async def _end(self) -> None:
        await self.engine.stop()
        await self.nlp_watch.stop()
        await self.nlp.close()
        await self.scripts.close()
        await self.http.close()
