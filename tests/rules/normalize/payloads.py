"""Small messages in the senders' shapes, made up for the tests."""

from typing import Any

import orjson

Json = dict[str, Any]


def dump(message: object) -> bytes:
    return orjson.dumps(message)


def own_scan(**changes: object) -> bytes:
    message: Json = {
        "carrier": "ups",
        "tracking_number": "1Z0000000000000001",
        "status": "in_transit",
        "code": "A",
        "description": "Somewhere",
        "occurred_at": "2026-03-02T16:05:00-05:00",
        "location": {"city": "Louisville", "region": "KY", "postal_code": "40202", "country": "US"},
    }
    return dump({name: value for name, value in {**message, **changes}.items() if value is not ...})


def ups_activity(kind: str, code: str | None, status: str | None, *, day: str = "20260302", **more: object) -> Json:
    said: Json = {"type": kind, "code": code, "statusCode": status, "description": "Something happened"}
    where: Json = {"address": {"city": "Hodgkins", "stateProvince": "IL", "countryCode": "US"}, "slic": "0001"}
    given = {name: value for name, value in said.items() if value}
    return {"location": where, "status": given, "date": day, "time": "101500", **more}


def ups(*activities: Json, **package: object) -> bytes:
    own = {"trackingNumber": "1Z0000000000000002", "activity": list(activities), **package}
    return dump({"trackResponse": {"shipment": [{"inquiryNumber": "1Z0000000000000002", "package": [own]}]}})


def ups_alert(**changes: object) -> bytes:
    alert: Json = {
        "trackingNumber": "1Z0000000000000003",
        "localActivityDate": "20260302",
        "localActivityTime": "091500",
        "activityLocation": {"city": "Reno", "stateProvince": "NV", "country": "US"},
        "activityStatus": {"type": "D", "code": "FS", "description": "Delivered"},
        "gmtActivityDate": "20260302",
        "gmtActivityTime": "171500",
    }
    return dump({**alert, **changes})


def ups_xml(*activities: tuple[str, str, str, str], number: str = "1Z0000000000000004") -> bytes:
    listed = "".join(
        f"<Activity><ActivityLocation><Address><City>RENO</City><StateProvinceCode>NV</StateProvinceCode>"
        f"<CountryCode>US</CountryCode></Address></ActivityLocation><Status><StatusType><Code>{kind}</Code>"
        f"<Description>SCAN</Description></StatusType><StatusCode><Code>{code}</Code></StatusCode></Status>"
        f"<Date>{day}</Date><Time>{clock}</Time></Activity>"
        for kind, code, day, clock in activities
    )
    package = f"<Package><TrackingNumber>{number}</TrackingNumber>{listed}</Package>"
    return f"<TrackResponse><Shipment>{package}</Shipment></TrackResponse>".encode()


def usps_event(code: str, local: str | None, offset: str | None = None, gmt: str | None = None, **more: object) -> Json:
    event: Json = {
        "eventType": "Something happened",
        "eventTimestamp": local,
        "GMTTimestamp": gmt,
        "GMTOffset": offset,
        "eventCity": "RENO",
        "eventState": "NV",
        "eventZIP": "89501",
        "eventCountry": None,
        "eventCode": code,
    }
    return {**event, **more}


def usps(*events: Json, **more: object) -> bytes:
    return dump({"trackingNumber": "9400100000000000000001", "trackingEvents": list(events), **more})


def usps_xml(*events: tuple[str, str, str, str]) -> bytes:
    listed = "".join(
        f"<TrackDetail><EventTime>{clock}</EventTime><EventDate>{day}</EventDate><Event>{text}</Event>"
        f"<EventCity>RENO</EventCity><EventState>NV</EventState><EventCountry/><EventCode>{code}</EventCode></TrackDetail>"
        for code, day, clock, text in events
    )
    return f'<TrackResponse><TrackInfo ID="9400100000000000000002">{listed}</TrackInfo></TrackResponse>'.encode()


def fedex_event(kind: str, when: str, exception: str = "", said: str = "") -> Json:
    return {
        "date": when,
        "eventType": kind,
        "eventDescription": "Something happened",
        "exceptionCode": exception,
        "exceptionDescription": said,
        "scanLocation": {"city": "RENO", "stateOrProvinceCode": "NV", "postalCode": "89501", "countryCode": "US"},
    }


def fedex_result(*events: Json, unique_id: str | None = "26001~700000000001~FDEG", **more: object) -> Json:
    info = {"trackingNumber": "700000000001", "trackingNumberUniqueId": unique_id}
    return {"trackingNumberInfo": info, "scanEvents": list(events), **more}


def fedex(*results: Json) -> bytes:
    complete = {"trackingNumber": "700000000001", "trackResults": list(results)}
    return dump({"transactionId": "t", "output": {"completeTrackResults": [complete]}})


def fedex_xml(*events: tuple[str, str, str], prefix: str = "") -> bytes:
    p = f"{prefix}:" if prefix else ""
    listed = "".join(
        f"<{p}Events><{p}Timestamp>{when}</{p}Timestamp><{p}EventType>{kind}</{p}EventType>"
        f"<{p}StatusExceptionCode>{exception}</{p}StatusExceptionCode></{p}Events>"
        for kind, exception, when in events
    )
    name = f":{prefix}" if prefix else ""
    details = f"<{p}TrackDetails><{p}TrackingNumber>700000000002</{p}TrackingNumber>{listed}</{p}TrackDetails>"
    reply = f'<{p}TrackReply xmlns{name}="http://fedex.com/ws/track/v9">{details}</{p}TrackReply>'
    return f'<s:Envelope xmlns:s="http://x/soap"><s:Body>{reply}</s:Body></s:Envelope>'.encode()


def easypost_detail(status: str, when: str, message: str, **more: object) -> Json:
    return {
        "object": "TrackingDetail",
        "message": message,
        "status": status,
        "status_detail": "status_update",
        "datetime": when,
        "carrier_code": None,
        "tracking_location": {"city": "Reno", "state": "NV", "country": "US", "zip": "89501"},
        **more,
    }


def easypost(*details: Json, **more: object) -> bytes:
    tracker = {"object": "Tracker", "tracking_code": "700000000003", "carrier": "FedEx"}
    return dump({**tracker, "tracking_details": list(details), **more})


def shopify_order(**changes: object) -> Json:
    order: Json = {
        "id": 1001001,
        "name": "#1001",
        "created_at": "2026-03-01T10:00:00-05:00",
        "updated_at": "2026-03-01T10:00:00-05:00",
        "cancelled_at": None,
        "financial_status": "paid",
        "fulfillment_status": None,
        "source_name": "web",
        "total_price": "129.90",
        "currency": "USD",
        "customer": {"id": 77, "tags": "Newsletter, VIP"},
        "shipping_address": {"country_code": "US", "province_code": "KY", "zip": "40202"},
        "line_items": [],
        "fulfillments": [],
    }
    return {**order, **changes}


def shopify_fulfillment(**changes: object) -> Json:
    done: Json = {
        "id": 5005,
        "order_id": 1001001,
        "status": "success",
        "created_at": "2026-03-02T12:00:00-05:00",
        "updated_at": "2026-03-02T12:00:00-05:00",
        "tracking_company": "UPS®",
        "tracking_number": "1Z 0000 0000 0000 0005",
        "tracking_numbers": ["1Z 0000 0000 0000 0005"],
    }
    return {**done, **changes}


def zendesk_event(kind: str, event: Json | None = None, **detail: object) -> bytes:
    told = {"id": "35", "status": "OPEN", "requester_id": "900", "via": {"channel": "email"}, **detail}
    when = "2026-03-03T09:00:00Z"
    return dump({"type": f"zen:event-type:ticket.{kind}", "time": when, "detail": told, "event": event or {}})


HISTORIES: dict[str, list[bytes]] = {
    "wismo": [own_scan()],
    "ups": [
        ups(ups_activity("I", "DP", "005"), ups_activity("M", "MP", "003", day="20260301")),
        ups_alert(),
        ups_xml(("D", "KM", "20260303", "120000"), ("I", "AR", "20260302", "101500")),
    ],
    "usps": [
        usps(usps_event("10", "2026-03-02T19:30:00", "-08:00", "2026-03-02T03:30:10Z"), usps_event("MA", None)),
        usps_xml(("01", "March 2, 2026", "12:24 pm", "Delivered"), ("MA", "March 1, 2026", "", "Label")),
    ],
    "fedex": [
        fedex(fedex_result(fedex_event("DE", "2026-03-02T11:00:00-08:00", "A47"), fedex_event("OC", "2026-03-01"))),
        fedex_xml(("DL", "", "2026-03-02T11:00:00-08:00"), ("PU", "", "2026-03-01T00:00:00")),
    ],
    "easypost": [easypost(easypost_detail("in_transit", "2026-03-02T10:00:00Z", "Picked up"))],
    "shopify": [
        dump({"fulfillment_event": {"id": 1, "fulfillment_id": 5, "status": "delivered", "happened_at": "2026-03-02"}}),
        dump(shopify_fulfillment(shipment_status="in_transit")),
    ],
}
