"""Addresses: one port for all addresses of a host, and a port in use is known before anything is begun."""

import asyncio
import errno
import socket
from typing import Any

import pytest

from botkit.server.addresses import bind


def resolve(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every host have these addresses."""

    async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0)) if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]  # fmt: skip

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)


async def test_all_addresses_have_one_port(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, "127.0.0.1", "127.0.0.2", "127.0.0.1")
    sockets = await bind("here", 0)
    names = [sock.getsockname() for sock in sockets]
    for sock in sockets:
        sock.close()
    assert [name[0] for name in names] == ["127.0.0.1", "127.0.0.2"]
    assert names[0][1] == names[1][1] != 0


async def test_an_address_that_the_machine_lacks_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, "2001:db8::1", "203.0.113.1", "127.0.0.1")
    (sock,) = await bind("here", 0)
    assert sock.getsockname()[0] == "127.0.0.1"
    sock.close()
    resolve(monkeypatch, "203.0.113.1")
    with pytest.raises(OSError, match="assign requested address"):
        await bind("elsewhere", 0)


async def test_a_port_in_use_is_told_and_nothing_stays_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.2", 0))
        other.listen()
        port = other.getsockname()[1]
        resolve(monkeypatch, "127.0.0.1", "127.0.0.2")
        with pytest.raises(OSError) as refused:
            await bind("here", port)
        assert refused.value.errno == errno.EADDRINUSE
        with socket.socket() as free:
            free.bind(("127.0.0.1", port))
