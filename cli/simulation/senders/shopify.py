"""Source `shopify`: order and fulfillment webhooks; they know no promise date."""

from typing import Any, Final

from cli.simulation.things import Order, Parcel
from cli.simulation.timing import local_text

_COMPANIES: Final = {
    "ups": "UPS",
    "usps": "USPS",
    "fedex": "FedEx",
    "ontrac": "OnTrac",
    "dhl_express": "DHL Express",
    "dhl_ecommerce": "DHL eCommerce",
}
_ZONE: Final = "America/New_York"


def order_as_of(order: Order, at: int, currency: str) -> dict[str, Any]:
    """The whole order as it is at that time: placed, or cancelled."""
    cancelled = order.cancelled_at is not None and at >= order.cancelled_at
    target = order.target
    return {
        "id": int(order.order_id),
        "name": f"#{1000 + order.index}",
        "order_number": 1000 + order.index,
        "created_at": _time(order.at),
        "updated_at": _time(at),
        "cancelled_at": _time(at) if cancelled else None,
        "financial_status": "refunded" if cancelled else "paid",
        "fulfillment_status": None,
        "currency": currency,
        "total_price": f"{order.amount // 100}.{order.amount % 100:02d}",
        "source_name": "web",
        "customer": {"id": int(order.customer_id), "tags": "vip" if order.vip else ""},
        "shipping_address": {
            "city": target.city,
            "province_code": target.region,
            "zip": target.postal,
            "country_code": target.country,
        },
        "line_items": [{"id": order.index * 10 + 1, "sku": f"SKU-{order.amount % 97:03d}", "quantity": 1}],
        "fulfillments": [],
    }


def fulfillment(order: Order, parcel: Parcel) -> dict[str, Any]:
    """One parcel has left."""
    return {
        "id": 880000000000 + parcel.index,
        "order_id": int(order.order_id),
        "name": f"#{1000 + order.index}.1",
        "status": "success",
        "service": "manual",
        "created_at": _time(parcel.ready),
        "updated_at": _time(parcel.ready),
        "tracking_company": _COMPANIES[parcel.carrier.name],
        "tracking_number": parcel.number,
        "tracking_numbers": [parcel.number],
        "shipment_status": None,
        "line_items": [],
    }


def _time(at: int) -> str:
    return local_text(at, _ZONE)
