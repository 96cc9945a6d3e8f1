"""Addresses: sockets that are bound before anything is begun, so that a port in use is known at once."""

import asyncio
import errno
import socket
from typing import Any


async def bind(host: str, port: int) -> list[socket.socket]:
    """A socket for each address of a host, all with one port, 0 for any free one. They do not listen yet.

    Raises `OSError` where the host is not known, or one of its addresses cannot be had. An address that this
    machine does not have (the IPv6 one of `localhost`, where IPv6 is off) is left out if there is another.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    missing = OSError(errno.EADDRNOTAVAIL, "the host has no address")
    sockets: list[socket.socket] = []
    try:
        for family, _, protocol, _, address in dict.fromkeys(found):
            if sockets:
                port = sockets[0].getsockname()[1]
            try:
                sockets.append(_bound(family, protocol, (address[0], port, *address[2:])))
            except OSError as error:
                if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise
                missing = error
        if not sockets:
            raise missing
    except BaseException:
        for sock in sockets:
            sock.close()
        raise
    return sockets


def _bound(family: int, protocol: int, address: tuple[Any, ...]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock
