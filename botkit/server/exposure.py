"""Exposure: a word at the start on assets that believe whoever calls them, where others than this machine can."""

import logging
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from botkit.deployment import LiveAsset

log = logging.getLogger("botkit.server")

SANDBOX = "it plays any customer: take it out, or have a proxy refuse that address and /sandbox"
GATEWAY = "give it a secret, or have nobody but its gateway reach that address"


def warn_of_exposure(assets: Mapping[str, LiveAsset], host: str, public_url: str) -> None:
    """Warn of every asset at whose webhook anybody can speak for any customer; `host` is where the server listens."""
    if is_loopback(host) and is_loopback(urlsplit(public_url).hostname or ""):
        return
    for id, live in assets.items():
        if live.channel.believes_anybody:
            what = SANDBOX if live.asset.provider == "sandbox" else GATEWAY
            log.warning(
                "asset %s believes whoever calls %s/channels/%s; %s", id, public_url, id, what, extra={"asset": id}
            )


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
