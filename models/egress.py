"""Egress: which addresses requests may go to when a flow or a customer had a say in them.

The check is made on the addresses that a name leads to, not on the name, and the connection goes to the
very address that was checked: a name that leads elsewhere a moment later gains nothing.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

# IANA's special-purpose registry; the standard library's own lists differ between Python versions.
_CLOSED_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_OPEN_V6 = IPv6Network("2000::/3")  # all that is handed out; private, local and multicast lie outside
_CLOSED_V6 = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
_NAT64 = IPv6Network("64:ff9b::/96")

Network = IPv4Network | IPv6Network


class Egress:
    """The operator's policy: `allow` has networks (`10.1.0.0/16`) and host names that are open all the same."""

    def __init__(self, allow: bool | Iterable[str] = False) -> None:
        self._all = allow is True
        self._hosts: set[str] = set()
        self._networks: list[Network] = []
        for entry in () if isinstance(allow, bool) else allow:
            try:
                self._networks.append(ip_network(entry, strict=False))
            except ValueError:
                self._hosts.add(entry.lower().rstrip("."))

    def allows(self, host: str, address: str) -> bool:
        """Whether a request to `host`, which leads to `address`, may go there."""
        if self._all or host in self._hosts:
            return True
        try:
            ip = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return is_public(ip) or any(ip in network for network in self._networks)


def is_public(ip: IPv4Address | IPv6Address) -> bool:
    """Whether an address lies in the open Internet, also when it wraps another one."""
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped:
            return is_public(ip.ipv4_mapped)
        if ip in _NAT64:
            return is_public(IPv4Address(int(ip) & 0xFFFFFFFF))
        return ip in _OPEN_V6 and not any(ip in network for network in _CLOSED_V6)
    return not any(ip in network for network in _CLOSED_V4)
