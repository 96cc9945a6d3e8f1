"""Routing: the channels of an outgoing message made definite: which asset, which address."""

import msgspec

from botkit.deployment import Deployment, LiveService
from channels.errors import BadRequest
from channels.numbers import phone_address
from models.address import Address, AddressKind
from models.customer import Customer
from models.delivery import Delivery, DeliveryState, FallbackStep, SendOutcome
from models.session import Session


def route(
    delivery: Delivery, session: Session, service: LiveService, deployment: Deployment, customer: Customer
) -> None:
    """Give every step its asset and address; steps that do not apply to this customer go.

    Where none is left, the message has failed before it was sent.
    """
    steps: list[FallbackStep] = []
    wrong = ""
    for step in delivery.steps:
        try:
            definite = _definite(step, session, service, deployment, customer)
        except BadRequest as error:
            wrong = error.message
        else:
            if definite is not None:
                steps.append(definite)
    if not steps:
        names = ", ".join(step.asset or step.channel for step in delivery.steps)
        delivery.state = DeliveryState.FAILED
        delivery.outcome = SendOutcome.UNREACHABLE.value
        delivery.code = "7106"
        delivery.description = wrong or f"none of these reaches the customer: {names}"
        return
    delivery.steps = tuple(steps)
    delivery.asset = steps[0].asset
    delivery.channel = steps[0].channel
    delivery.due_at = delivery.created_at


def _definite(
    step: FallbackStep, session: Session, service: LiveService, deployment: Deployment, customer: Customer
) -> FallbackStep | None:
    here = step.channel in ("", session.channel)
    asset = step.asset or (session.asset if here else service.asset_for.get(step.channel, ""))
    live = deployment.assets.get(asset)
    if live is None:
        return None
    channel = live.asset.channel
    address = None if step.address is None else _as_known(step.address)
    if address is None:
        address = session.address if asset == session.asset else customer.address_on(channel, asset)
    if address is None:
        return None
    return msgspec.structs.replace(step, channel=channel, asset=asset, address=address)


def _as_known(address: Address) -> Address:
    """A phone number in the one form by which its owner is known, or has opted out; raises `BadRequest`."""
    if address.kind is not AddressKind.MSISDN:
        return address
    known = phone_address(address.value, channel=address.channel, field="to")
    if known.kind is AddressKind.SENDER_ID:
        raise BadRequest(f"{address.value!r} is not a phone number: write it like +447911123456", field="to")
    return known
