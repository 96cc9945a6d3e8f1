"""The egress policy: what counts as the open Internet, and what the operator adds to it."""

import pytest

from models.egress import Egress

CLOSED = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1",
    "fe80::1%eth0", "fec0::1", "ff02::1", "not an address",
]  # fmt: skip
OPEN = [
    "8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.169.0.1",
    "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
]  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_closed(address: str) -> None:
    assert not Egress().allows("x.test", address)
    assert Egress(allow=True).allows("x.test", address)


@pytest.mark.parametrize("address", OPEN)
def test_open(address: str) -> None:
    assert Egress().allows("x.test", address)


def test_the_operator_opens_networks_and_names() -> None:
    egress = Egress(allow=("10.1.0.0/16", "fd00::/8", "127.0.0.1", "CRM.internal."))
    assert egress.allows("x.test", "10.1.200.3")
    assert egress.allows("x.test", "fd00::5")
    assert egress.allows("x.test", "127.0.0.1")
    assert egress.allows("crm.internal", "192.168.3.4")
    assert not egress.allows("x.test", "10.2.0.1")
    assert not egress.allows("x.test", "127.0.0.2")
    assert not egress.allows("evilcrm.internal", "192.168.3.4")
