"""Routing: the channels of an outgoing message made definite: which asset, which address."""

import msgspec

from botkit.deployment import Deployment, LiveService
from models.customer import Customer
from models.delivery import Delivery, DeliveryState, FallbackStep, SendOutcome
from models.session import Session


def route(
    delivery: Delivery, session: Session, service: LiveService, deployment: Deployment, customer: Customer
) -> None:
    """Give every step its asset and address; steps that do not apply to this customer go.

    Where none is left, the message has failed before it was sent.
    """
    steps = tuple(
        definite
        for step in delivery.steps
        if (definite := _definite(step, session, service, deployment, customer)) is not None
    )
    if not steps:
        names = ", ".join(step.asset or step.channel for step in delivery.steps)
        delivery.state = DeliveryState.FAILED
        delivery.outcome = SendOutcome.UNREACHABLE.value
        delivery.code = "7106"
        delivery.description = f"none of these reaches the customer: {names}"
        return
    delivery.steps = steps
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
    address = step.address
    if address is None:
        address = session.address if asset == session.asset else customer.address_on(channel, asset)
    if address is None:
        return None
    return msgspec.structs.replace(step, channel=channel, asset=asset, address=address)
