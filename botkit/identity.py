"""Identity: which customer an address belongs to, and the keys that follow from it."""

from collections import OrderedDict
from collections.abc import Callable

from botkit.stores.base import Change, Store
from models.address import Address, AddressKind
from models.customer import Customer

CACHE_SIZE = 10_000


class Identities:
    """Customers by address, with a small cache: most addresses belong to nobody else."""

    def __init__(self, store: Store) -> None:
        self.talks: Callable[[str], bool] = lambda key: False
        """Whether a customer has a conversation going, by her key: the engine knows."""
        self._store = store
        self._cache: OrderedDict[str, Customer] = OrderedDict()

    def known(self, address: Address) -> Customer | None:
        """The customer behind an address, where the store need not be asked."""
        return self._cache.get(address.key)

    async def of(self, address: Address) -> Customer:
        """The customer behind an address; an address that nobody linked is a customer of its own."""
        key = address.key
        known = self._cache.get(key)
        if known is not None:
            return known
        customer = await self._store.customer(key)
        if customer is None:
            customerid = address.value if address.kind is AddressKind.CUSTOMERID else ""
            customer = Customer(key=key, customerid=customerid, addresses=(address,))
        self._keep(key, customer)
        return customer

    def _keep(self, key: str, customer: Customer) -> None:
        self._cache[key] = customer
        if len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)

    async def link(self, address: Address, *, msisdn: str = "", email: str = "", name: str = "") -> Customer:
        """Join what a signed identity says about a customer: her addresses lead to her from now on.

        The phone number, where known, is the key: so that what began by SMS goes on in the app. What has begun under
        another key goes on under that one, unless a conversation goes on by the number, too.
        """
        known = await self.of(address)
        fresh = [address]
        if msisdn:
            fresh.append(Address(channel="sms", value=msisdn, kind=AddressKind.MSISDN))
        if email:
            fresh.append(Address(channel="email", value=email, kind=AddressKind.EMAIL))
        others = (await self.of(fresh[1])).addresses if msisdn else ()
        # What was said last comes first, as the first address of a channel is the one that is used.
        addresses: dict[str, Address] = {}
        for item in (*fresh, *known.addresses, *others):
            addresses.setdefault(item.key, item)
        key = f"msisdn:{msisdn}" if msisdn else known.key
        if key != known.key and self.talks(known.key) and not self.talks(key):
            key = known.key
        customer = Customer(
            key=key,
            customerid=known.customerid,
            name=name or known.name,
            language=known.language,
            addresses=tuple(addresses.values()),
        )
        if customer != known:
            stored = self._store.commit(Change(customers=[customer]))
            for key in addresses:  # what she says meanwhile is stored after this, and belongs to who she is by then
                self._keep(key, customer)
            try:
                await stored
            except BaseException:
                for key in addresses:
                    self._cache.pop(key, None)
                raise
        return customer


def session_key(customer: Customer, address: Address, kind: str) -> str:
    """The key of a session: what the flow asked for, else the next best thing that is known."""
    match kind:
        case "msisdn":
            return customer.msisdn or customer.customerid or address.value
        case "customerid":
            return customer.customerid or customer.msisdn or address.value
        case "address":
            return address.value
        case _:
            return ""
