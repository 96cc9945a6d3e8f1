"""Deployment: what is live now: assets with their channels, services with their rules, flow versions."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

import msgspec

from botkit.arbitration import Arbiter
from botkit.consent import ConsentWords
from botkit.stores.base import Change, Store
from channels import BUILT_IN
from channels.base import Channel
from flows.base import Node
from flows.compiler import Program, compile_flow
from models.errors import BotkitError
from models.flow import Flow, FlowVersion
from models.service import Asset, Service
from models.session import Frame

MAX_PROGRAMS = 1_000


class UnknownAsset(BotkitError):
    """There is no such asset."""

    code = "unknown_asset"


class LiveAsset:
    """An asset with the adapter that serves it and the services that use it; `foreign`: the adapter is not our own."""

    __slots__ = ("asset", "channel", "foreign", "history", "services")

    def __init__(self, asset: Asset, channel: Channel, services: tuple["LiveService", ...]) -> None:
        self.asset = asset
        self.channel = channel
        self.services = services
        self.history = asset.provider == "sandbox"
        self.foreign = type(channel) not in BUILT_IN


class LiveService:
    """A service with its rules and consent words made ready, and the asset it uses for each channel."""

    __slots__ = ("arbiter", "asset_for", "conditions", "consent", "service")

    def __init__(self, service: Service, assets: Mapping[str, Asset]) -> None:
        self.service = service
        self.arbiter = Arbiter(service)
        self.consent = ConsentWords(service.consent)
        self.asset_for: dict[str, str] = {}
        for id in service.assets:
            self.asset_for.setdefault(assets[id].channel, id)


class Library:
    """Flow versions, compiled when first needed. New versions come by `make_live`."""

    def __init__(self, store: Store, kinds: Mapping[str, type[Node]]) -> None:
        self._store = store
        self._kinds = kinds
        self._programs: dict[tuple[str, int], Program] = {}
        self._live: dict[str, int] = {}
        self._faults: dict[tuple[str, int], str] = {}

    async def make_live(self, flow: Flow, *, digest: str, source: str, at: int, comment: str = "") -> FlowVersion:
        """Version n+1 of a flow if it changed, else the version it has; raises `CannotCompile`."""
        latest = await self._store.latest_version(flow.id)
        if latest is not None and latest.digest == digest:
            self._live[flow.id] = latest.version
            await self.load(flow.id, latest.version)
            return latest
        number = latest.version + 1 if latest is not None else 1
        program = compile_flow(flow, number, self._kinds)
        version = FlowVersion(flow, number, digest, source, comment, at)
        await self._store.commit(Change(versions=[version]))
        self._programs[flow.id, number] = program
        self._live[flow.id] = number
        return version

    async def load(self, flow: str, version: int) -> Program:
        """A version that some session began on; raises `BotkitError` if it is not known or cannot run."""
        program = self._programs.get((flow, version))
        if program is None:
            try:
                stored = await self._store.flow_version(flow, version)
                if stored is None:
                    raise BotkitError(f"version {version} of flow {flow!r} is not in the store")
                program = compile_flow(stored.flow, version, self._kinds)
            except BotkitError as error:
                self._faults[flow, version] = error.message
                raise
            self._programs[flow, version] = program
            self._trim()
        return program

    def _trim(self) -> None:
        if len(self._programs) > MAX_PROGRAMS:
            old = next((key for key in self._programs if self._live.get(key[0]) != key[1]), None)
            if old is not None:
                del self._programs[old]

    def get(self, flow: str, version: int) -> Program:
        """A loaded version (see `load`)."""
        try:
            return self._programs[flow, version]
        except KeyError:
            fault = self._faults.get((flow, version), "it is not loaded")
            raise BotkitError(f"version {version} of flow {flow!r} cannot be run: {fault}") from None

    def at_once(self, frames: Sequence[Frame]) -> bool:
        """Whether flows in progress are loaded and have no node that awaits anything."""
        for frame in frames:
            program = self._programs.get((frame.flow, frame.version))
            if program is None or not program.at_once:
                return False
        return True

    def live(self, flow: str) -> Program | None:
        version = self._live.get(flow)
        return None if version is None else self._programs.get((flow, version))


Adapters = Callable[[Asset], Channel]
"""What makes the adapter of an asset from its settings."""


def no_adapter(asset: Asset) -> Channel:
    """For a deployment without assets."""
    raise UnknownAsset(f"nothing serves asset {asset.id!r}")


class Deployment:
    """The live configuration: read on every message, replaced as a whole."""

    def __init__(self, assets: Mapping[str, Asset], services: Sequence[Service], adapters: Adapters) -> None:
        self.services = {service.id: LiveService(service, assets) for service in services if service.live}
        self.assets: dict[str, LiveAsset] = {}
        for id, asset in assets.items():
            using = tuple(live for live in self.services.values() if id in live.service.assets)
            self.assets[id] = LiveAsset(asset, adapters(asset), using)

    def asset(self, id: str) -> LiveAsset:
        """A live asset; raises `UnknownAsset`."""
        try:
            return self.assets[id]
        except KeyError:
            raise UnknownAsset(f"there is no asset {id!r}") from None


def flow_digest(flow: Flow) -> str:
    """A fingerprint of what a flow does: its looks (layout) do not count."""

    plain = msgspec.to_builtins(msgspec.structs.replace(flow, layout={}), str_keys=True)
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()
