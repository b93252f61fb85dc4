"""Small messages in the shapes of aggregators, shops, helpdesks and Amazon's senders, made up for the tests."""

from tests.rules.normalize.payloads import Json, dump

WHEN = "2026-03-02T10:00:00Z"


def aftership_point(tag: str, subtag: str | None, when: str | None = WHEN, **more: object) -> Json:
    place = {"city": "Reno", "state": "NV", "zip": "89501", "country_iso3": "USA"}
    point = {"tag": tag, "subtag": subtag, "checkpoint_time": when, "message": "Something happened", **place}
    return {**point, "created_at": "2026-03-05T00:00:00+00:00", **more}


def aftership(*points: Json, **more: object) -> bytes:
    tracking = {"slug": "usps", "tracking_number": "9400100000000000000011", "checkpoints": list(points), **more}
    return dump({"event": "tracking_update", "event_id": "e-1", "msg": tracking})


def shippo_event(status: str, substatus: object = None, said: str = "Something happened", when: str = WHEN) -> Json:
    narrow = {"code": substatus, "text": "...", "action_required": False} if isinstance(substatus, str) else substatus
    place = {"city": "Reno", "state": "NV", "zip": "89501", "country": "US"}
    event = {"status": status, "substatus": narrow, "status_details": said, "status_date": when, "location": place}
    return {"object_id": "o-1", **event}


def shippo(*events: Json, **more: object) -> bytes:
    track = {"carrier": "usps", "tracking_number": "9400100000000000000012", "tracking_history": list(events)}
    return dump(
        {"event": "track_updated", "data": {**track, "tracking_status": events[-1] if events else None, **more}}
    )


def shipengine_event(status: str | None, code: str | None = None, when: str = WHEN, **more: object) -> Json:
    place = {"city_locality": "Oakland", "state_province": "CA", "postal_code": "94602", "country_code": "US"}
    event = {"occurred_at": when, "event_code": code, "status_code": status, "description": "Something happened"}
    return {**event, **place, **more}


def shipengine(*events: Json, carrier: str = "fedex", **more: object) -> bytes:
    url = f"https://api.example.test/v1/tracking?carrier_code={carrier}&tracking_number=700000000013"
    data = {"tracking_number": "700000000013", "status_code": "IT", "events": list(events), **more}
    return dump({"resource_url": url, "resource_type": "API_TRACK", "data": data})


def seventeen_event(sub_status: str | None, when: str | None = "2026-03-02T10:00:00+08:00", **more: object) -> Json:
    event = {"time_iso": when, "description": "Something happened", "location": "SHENZHEN", "sub_status": sub_status}
    return {**event, "stage": None, "address": {"country": "CN", "city": "SHENZHEN"}, **more}


def seventeen(*events: Json, carrier: object = 21051, name: str = "USPS", **more: object) -> bytes:
    provider = {"provider": {"key": carrier, "name": name}, "events": list(events)}
    info = {"tracking": {"providers": [provider]}, **more}
    data = {"number": "9400100000000000000014", "carrier": carrier, "tag": None, "track_info": info}
    return dump({"event": "TRACKING_UPDATED", "data": data})


def trackingmore_event(status: str, substatus: str | None = None, when: str = "2026-03-02 10:00:00") -> Json:
    event = {"checkpoint_date": when, "tracking_detail": "Something happened", "location": "Reno"}
    return {**event, "checkpoint_delivery_status": status, "checkpoint_delivery_substatus": substatus}


def trackingmore(*events: Json, **more: object) -> bytes:
    track = {"tracking_number": "9400100000000000000015", "courier_code": "usps", "delivery_status": "transit"}
    legs = {"origin_info": {"trackinfo": list(events)}, "destination_info": {"trackinfo": []}}
    return dump({"meta": {"code": 200}, "data": {**track, **legs, **more}})


def a1_feed(*events: tuple[str, str, str]) -> bytes:
    listed = "".join(
        f"<TrackingEventDetail><EventCode>{code}</EventCode><EventCodeDesc>{said}</EventCodeDesc>"
        f"<EventDateTime>{when}</EventDateTime><EventLocation><City>RENO</City></EventLocation></TrackingEventDetail>"
        for code, said, when in events
    )
    history = f"<TrackingEventHistory>{listed}</TrackingEventHistory>"
    info = f"<PackageTrackingInfo><TrackingNumber>AZI1</TrackingNumber>{history}</PackageTrackingInfo>"
    return f"<AmazonTrackingResponse>{info}</AmazonTrackingResponse>".encode()


def amazon_event(code: str, when: str = WHEN, way: str = "FORWARD") -> Json:
    place = {"city": "Reno", "stateOrRegion": "NV", "postalCode": "89501", "countryCode": "US"}
    return {"eventCode": code, "eventTime": when, "shipmentType": way, "location": place}


def amazon_shipping(*events: Json, **details: list[str]) -> bytes:
    summary = {"status": "InTransit", "trackingDetailCodes": {"forward": [], "returns": [], **details}}
    return dump({"payload": {"trackingId": "TBA000000000001", "eventHistory": list(events), "summary": summary}})


def milestone(code: str, sub_code: str | None = None, when: str = WHEN) -> Json:
    status = {"code": code, "description": "Something happened"}
    return {"status": {**status, "subCode": sub_code} if sub_code else status, "occurredAt": when}


def milestones(*told: Json, identifier: Json | None = None) -> bytes:
    detail = {"identifier": identifier or {"aftn": "AFTN1"}, "latestMilestone": told[0], "milestoneHistory": list(told)}
    notice = {"shipmentTrackingMilestoneChangedNotification": {"trackingDetail": detail}}
    return dump({"notificationType": "SHIPMENT_TRACKING_MILESTONE_CHANGED", "payload": notice})


def page_event(code: str | None, when: str, label: str = "swa_rex_detail_x") -> Json:
    place = {"city": "Lyon", "countryCode": "FR", "postalCode": "69001"}
    return {"eventCode": code, "eventTime": when, "statusSummary": {"localisedStringId": label}, "location": place}


def amazon_page(*events: Json, errors: list[Json] | None = None, **more: object) -> bytes:
    progress = dump({"trackerSource": "SWA", "summary": {"status": "IN_TRANSIT"}, "errors": errors or []}).decode()
    return dump({"progressTracker": progress, "eventHistory": dump({"eventHistory": list(events)}).decode(), **more})


def prestige(*events: tuple[str, str], **more: object) -> bytes:
    listed = [
        {"EventCode": code, "EventCodeDesc": "Something", "EventDateTime": when, "ELCity": "RENO", "ELState": "NV"}
        for code, when in events
    ]
    return dump([{"TrackingEventHistory": listed, "TrackingNumber": "P100000001", **more}])


def woo_order(**changes: object) -> Json:
    order: Json = {
        "id": 727,
        "number": "727",
        "status": "processing",
        "currency": "EUR",
        "date_created": "2026-03-01T12:00:00",
        "date_created_gmt": "2026-03-01T11:00:00",
        "date_modified": "2026-03-01T12:00:00",
        "date_modified_gmt": "2026-03-01T11:00:00",
        "total": "29.35",
        "customer_id": 77,
        "created_via": "checkout",
        "billing": {"country": "DE", "state": "DE-BE", "postcode": "10115"},
        "shipping": {"country": "", "state": "", "postcode": ""},
        "meta_data": [],
    }
    return {**order, **changes}


def gorgias_ticket(**changes: object) -> Json:
    ticket: Json = {"id": 35, "status": "open", "created_datetime": "2026-03-03T09:00:00+00:00", "channel": "email"}
    return {**ticket, "customer": {"id": 900}, "tags": [{"id": 1, "name": "order_A-1001"}], **changes}


def freshdesk_ticket(**changes: object) -> Json:
    ticket: Json = {"id": 35, "status": 2, "source": 1, "requester_id": 900, "tags": ["wismo"]}
    times = {"created_at": "2026-03-03T09:00:00Z", "updated_at": "2026-03-04T09:00:00Z"}
    return {**ticket, **times, "custom_fields": {"cf_order_number": "A-1001"}, **changes}


def front_event(kind: str, **changes: object) -> Json:
    conversation: Json = {
        "id": "cnv_55c8",
        "status": "open",
        "tags": [{"name": "order_A-1001"}],
        "created_at": 1772528400,
    }
    conversation["recipient"] = {"handle": "someone@example.test"}
    return {"id": "evt_1", "type": kind, "emitted_at": 1772532000.25, "conversation": {**conversation, **changes}}


AGGREGATOR_HISTORIES: dict[str, list[bytes]] = {
    "aftership": [aftership(aftership_point("InTransit", "InTransit_007"), aftership_point("Pending", None, None))],
    "shippo": [shippo(shippo_event("TRANSIT", "package_departed"), shippo_event("TRANSIT"))],
    "shipengine": [shipengine(shipengine_event("IT", "DP"), shipengine_event("EX", "DE", "2026-03-01T10:00:00Z"))],
    "17track": [seventeen(seventeen_event("InTransit_Departure"))],
    "trackingmore": [trackingmore(trackingmore_event("pickup", "pickup001"))],
    "amazon_logistics": [a1_feed(("EVENT_302", "Out for delivery", "2026-03-02T10:00:00-08:00"))],
    "amazon_shipping": [
        amazon_shipping(amazon_event("Departed")),
        amazon_page(page_event("OutForDelivery", "Mar 2, 2026, 4:31:56 PM")),
    ],
    "amazon_sp_api": [milestones(milestone("DELIVERED", "PORCH"))],
    "prestige": [prestige(("EVENT_302", "/Date(1772532000000)/"))],
}
AGGREGATOR_SWAPS: dict[str, list[tuple[bytes, ...]]] = {
    "aftership": [(b'"InTransit"', b'"InTransit_007"'), (b'"Pending"',)],
    "shippo": [(b'"TRANSIT"',)],
    "shipengine": [(b'"IT"', b'"DP"'), (b'"EX"', b'"DE"')],
    "17track": [(b'"InTransit_Departure"',)],
    "trackingmore": [(b'"pickup"', b'"pickup001"')],
    "amazon_logistics": [(b">EVENT_302<",)],
    "amazon_shipping": [(b'"Departed"',), (b'"OutForDelivery"',)],
    "amazon_sp_api": [(b'"DELIVERED"',)],
    "prestige": [(b'"EVENT_302"',)],
}
OTHER_MESSAGES: list[tuple[str, bytes]] = [
    ("woocommerce", dump(woo_order(meta_data=[{"key": "_tracking_number", "value": "77"}]))),
    ("gorgias", dump({"ticket": gorgias_ticket(messages=[{"id": 1, "from_agent": False}])})),
    ("freshdesk", dump({"freshdesk_webhook": {"ticket_id": 1, "ticket_status": "Open", "triggered_at": WHEN}})),
    ("freshdesk", dump(freshdesk_ticket(status=5, stats={"closed_at": WHEN}))),
    ("front", dump({"type": "inbound_received", "payload": front_event("inbound")})),
]
