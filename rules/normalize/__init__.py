"""Senders' raw bytes to our words: pure functions that return facts or `Rejected`, and never raise.

A sender is one module with a function per kind of message, a table `rules/carriers/<name>.csv` with what its codes
mean, and a line below. Its functions raise `UnusableError` for bytes they cannot use; that becomes the `Rejected`.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from rules.normalize import (
    aftership,
    amazon,
    australia_post,
    bpost,
    canada_post,
    dhl_ecommerce,
    dhl_express,
    dhl_parcel_de,
    dhl_unified,
    dpd,
    easypost,
    evri,
    fedex,
    freshdesk,
    front,
    gls,
    gorgias,
    hermes_de,
    landmark,
    laposte,
    newgistics,
    ontrac,
    own,
    parcelone,
    pitney_bowes,
    prestige,
    purolator,
    royal_mail,
    seko,
    sendle,
    seventeentrack,
    shipengine,
    shippo,
    shopify,
    smartkargo,
    spring,
    teleship,
    trackingmore,
    ups,
    usps,
    woocommerce,
    zendesk,
)
from rules.normalize.decode import UnusableError
from schemas.facts import Action, OrderChange, Rejected, Scan, TicketChange
from schemas.words import SOURCES

Made = TypeVar("Made")

SCANS: Final[dict[str, Callable[[bytes], tuple[Scan, ...]]]] = {
    "wismo": own.scans,
    "ups": ups.scans,
    "usps": usps.scans,
    "fedex": fedex.scans,
    "dhl_express": dhl_express.scans,
    "dhl_unified": dhl_unified.scans,
    "dhl_parcel_de": dhl_parcel_de.scans,
    "dhl_ecommerce": dhl_ecommerce.scans,
    "canada_post": canada_post.scans,
    "purolator": purolator.scans,
    "australia_post": australia_post.scans,
    "royal_mail": royal_mail.scans,
    "laposte": laposte.scans,
    "colissimo": laposte.colissimo,
    "chronopost": laposte.chronopost,
    "dpd": dpd.scans,
    "gls": gls.scans,
    "evri": evri.scans,
    "hermes_de": hermes_de.scans,
    "ontrac": ontrac.scans,
    "lasership": ontrac.lasership,
    "easypost": easypost.scans,
    "shopify": shopify.scans,
    "aftership": aftership.scans,
    "shippo": shippo.scans,
    "shipengine": shipengine.scans,
    "17track": seventeentrack.scans,
    "trackingmore": trackingmore.scans,
    "amazon_logistics": amazon.sender("amazon_logistics"),
    "amazon_shipping": amazon.sender("amazon_shipping"),
    "amazon_sp_api": amazon.sender("amazon_sp_api"),
    "sendle": sendle.scans,
    "landmark": landmark.scans,
    "bpost": bpost.scans,
    "seko": seko.scans,
    "spring": spring.scans,
    "smartkargo": smartkargo.scans,
    "teleship": teleship.scans,
    "parcelone": parcelone.scans,
    "prestige": prestige.scans,
    "newgistics": newgistics.scans,
    "pitney_bowes": pitney_bowes.scans,
}
ORDERS: Final[dict[str, Callable[[bytes], tuple[OrderChange, ...]]]] = {
    "wismo": own.order,
    "shopify": shopify.orders,
    "woocommerce": woocommerce.orders,
}
TICKETS: Final[dict[str, Callable[[bytes], tuple[TicketChange, ...]]]] = {
    "wismo": own.ticket,
    "zendesk": zendesk.tickets,
    "gorgias": gorgias.tickets,
    "freshdesk": freshdesk.tickets,
    "front": front.tickets,
}
ACTIONS: Final[dict[str, Callable[[bytes], Action]]] = {"wismo": own.action}


def parse_scans(source: str, raw: bytes) -> tuple[Scan, ...] | Rejected:
    """The scans of one raw message in true order of occurrence, exact duplicates once; maybe several parcels."""
    return _parse(SCANS, "scans", source, raw)


def parse_order(source: str, raw: bytes) -> tuple[OrderChange, ...] | Rejected:
    """The order events of one raw message."""
    return _parse(ORDERS, "orders", source, raw)


def parse_ticket(source: str, raw: bytes) -> tuple[TicketChange, ...] | Rejected:
    """The ticket events of one raw message."""
    return _parse(TICKETS, "tickets", source, raw)


def parse_action(source: str, raw: bytes) -> Action | Rejected:
    """The operator's action of one raw message."""
    return _parse(ACTIONS, "actions", source, raw)


def _parse(senders: dict[str, Callable[[bytes], Made]], what: str, source: str | None, raw: bytes) -> Made | Rejected:
    sender = senders.get(source or "")
    if sender is None:
        said = (
            f"source {source!r} sends no {what} that we read"
            if source in SOURCES
            else "header source is missing or unknown"
        )
        return Rejected(reason="unknown_type", message=f"{said}; use one of: {' '.join(senders)}", stage="decode")
    try:
        return sender(raw)
    except UnusableError as error:
        return error.rejected
