"""Small messages in the shapes of more carriers, made up for the tests."""

from rules.normalize import parse_scans
from schemas.facts import Rejected, Scan
from tests.rules.normalize.payloads import Json, dump

Told = list[tuple[str | None, str | None, str | None]]


def read(source: str, raw: bytes) -> tuple[Scan, ...]:
    result = parse_scans(source, raw)
    assert not isinstance(result, Rejected), result
    return result


def told(source: str, raw: bytes) -> Told:
    """Code, state and reason of each scan."""
    return [(scan.code, scan.state, scan.reason) for scan in read(source, raw)]


def tag(name: str, inner: object = "") -> str:
    return f"<{name}>{inner}</{name}>"


def soap(inner: str) -> bytes:
    return f'<s:Envelope xmlns:s="http://x/soap"><s:Header/><s:Body>{inner}</s:Body></s:Envelope>'.encode()


def dhl_xml(*events: tuple[str, str, str, str]) -> bytes:
    listed = "".join(
        f"<ShipmentEvent><Date>{day}</Date><Time>{clock}</Time><ServiceEvent><EventCode>{code}</EventCode>"
        f"<Description>Scanned</Description></ServiceEvent><Signatory/><ServiceArea><Description>{area}</Description>"
        f"</ServiceArea></ShipmentEvent>"
        for code, day, clock, area in events
    )
    info = f"<AWBInfo><AWBNumber>1000000001</AWBNumber><ShipmentInfo>{listed}</ShipmentInfo></AWBInfo>"
    return f'<req:TrackingResponse xmlns:req="http://dhl.test">{info}</req:TrackingResponse>'.encode()


def mydhl_event(code: str, day: str, clock: str, area: str = "Vienna-AT", **more: object) -> Json:
    place = [{"code": "VIE", "description": area}]
    return {"date": day, "time": clock, "typeCode": code, "description": "Scanned", "serviceArea": place, **more}


def mydhl(*events: Json, **more: object) -> bytes:
    return dump({"shipments": [{"shipmentTrackingNumber": "1000000002", "events": list(events), **more}]})


def unified_event(coarse: str, status: str | None, when: str, said: str = "", country: str = "DE") -> Json:
    address = {"countryCode": country, "postalCode": "10115", "addressLocality": "Berlin"}
    event = {"timestamp": when, "location": {"address": address}, "statusCode": coarse, "description": said}
    return {**event, "status": status} if status else event


def unified(service: str, *events: Json, **more: object) -> bytes:
    return dump({"shipments": [{"id": 1000000003, "service": service, "events": list(events), **more}]})


def parcel_de(*events: tuple[str, str, str], back: str = "false") -> bytes:
    listed = "".join(
        f'<data name="piece-event" event-timestamp="{when}" event-status="Scanned" ice="{codes.split("/")[0]}" '
        f'ric="{codes.split("/")[1]}" standard-event-code="{codes.split("/")[2]}" event-location="Bonn" '
        f'event-country="Germany" ruecksendung="{home}"/>'
        for codes, when, home in events
    )
    piece = f'<data name="piece-shipment" piece-code="00340000000000000001" ruecksendung="{back}">'
    inner = f'{piece}<data name="piece-event-list">{listed}</data></data>'
    return f'<data name="piece-shipment-list" code="0">{inner}</data>'.encode()


def ecommerce(*events: tuple[int, str, str, str], said: str = "SCANNED") -> bytes:
    listed = [
        {
            "date": day,
            "time": clock,
            "timeZone": zone,
            "location": "Reno, NV, US",
            "primaryEventId": code,
            "primaryEventDescription": said,
        }
        for code, day, clock, zone in events
    ]
    return dump({"packages": [{"package": {"dhlPackageId": "420895019200000000000001"}, "events": listed}]})


def global_mail(*events: tuple[str, str, str]) -> bytes:
    listed = "".join(
        f"<event><code>{code}</code><date>{day}</date><time>{clock}</time><city>Reno</city><state>NV</state>"
        f"<description>SCANNED</description><postalcode/><country>US</country></event>"
        for code, day, clock in events
    )
    return f"<track><shipment><trackingnumber>1000000004</trackingnumber>{listed}</shipment></track>".encode()


def canada_post(*events: tuple[str, str, str, str]) -> bytes:
    listed = "".join(
        f"<occurrence><event-identifier>{code}</event-identifier><event-date>{day}</event-date><event-time>{clock}"
        f"</event-time><event-time-zone>{zone}</event-time-zone><event-description>Scanned</event-description>"
        f"<event-site>{'LEVIS' if zone else ''}</event-site><event-province>{'QC' if zone else ''}</event-province>"
        f"</occurrence>"
        for code, day, clock, zone in events
    )
    inner = f"<pin>1000000000000001</pin><significant-events>{listed}</significant-events>"
    return f'<tracking-detail xmlns="http://cp.test/track">{inner}</tracking-detail>'.encode()


def canada_page(*events: tuple[str, str, str, str], **more: object) -> bytes:
    listed = [
        {"cd": code, "descEn": "Scanned", "datetime": {"date": day, "time": clock, "zoneOffset": zone}}
        for code, day, clock, zone in events
    ]
    return dump({"pin": "1000000000000002", "events": listed, **more})


def purolator_soap(*events: tuple[str, str, str, str]) -> bytes:
    listed = "".join(
        f"<Scan><ScanType>{kind}</ScanType><PIN><Value>T100</Value></PIN><Depot><Name>DEPOT, PQ</Name></Depot>"
        f"<ScanDate>{day}</ScanDate><ScanTime>{clock}</ScanTime><Description>{said}</Description></Scan>"
        for kind, day, clock, said in events
    )
    inner = f"<TrackingInformation><PIN><Value>T100</Value></PIN><Scans>{listed}</Scans></TrackingInformation>"
    return soap(tag("TrackPackagesByPinResponse", tag("TrackingInformationList", inner)))


def purolator(*events: tuple[str, str, str | None]) -> bytes:
    where = {"city": "CALGARY", "provinceState": "AB", "countryCode": "CA"}
    listed = [
        {"code": code, "dateTime": when, "description": "Scanned", "location": where, "reasonCode": why}
        for code, when, why in events
    ]
    return dump({"searchResult": [{"status": "FOUND"}], "shipment": [{"package": [{"pin": "T101", "events": listed}]}]})


def australia_post(*events: tuple[str, str]) -> bytes:
    listed = [{"description": said, "date": when, "location": "KEW VIC"} for said, when in events]
    item = {"article_id": "AP000000001AU", "product_type": "International", "events": listed}
    gone = {"tracking_id": "AP000000009AU", "errors": [{"code": "ESB-10001", "name": "Invalid tracking ID"}]}
    whole = {"tracking_id": "AP000000001AU", "status": "Delivered", "trackable_items": [item]}
    return dump({"tracking_results": [gone, whole]})


def australia_page(*events: tuple[str, int, str]) -> bytes:
    listed = [
        {"eventCode": code, "dateTime": at, "description": "Scanned", "location": "KEW VIC", "milestone": milestone}
        for code, at, milestone in events
    ]
    milestones = [{"name": name, "progressDate": "2026-03-02T10:00:00Z"} for _, _, name in events]
    details = [{"articleId": "AP000000002AU", "events": listed, "milestones": milestones}]
    return dump([{"trackingIds": ["AP000000002AU"], "shipment": {"articles": [{"details": details}]}}])


def royal_mail(*events: tuple[str | None, str, str], **more: object) -> bytes:
    listed = [
        {"eventCode": code, "eventName": said, "eventDateTime": at, "locationName": "DO"} for code, at, said in events
    ]
    summary = {"oneDBarcode": "RM000000001GB", "productName": "Special Delivery", "statusCategory": "IN TRANSIT"}
    piece = {"mailPieceId": "0900000000000000001", "summary": summary, "events": listed, **more}
    return dump({"mailPieces": piece})


def suivi(product: str, *events: tuple[str, str]) -> bytes:
    listed = [{"code": code, "label": "Scan", "date": when} for code, when in events]
    timeline = [{"shortLabel": "Step", "id": 1, "date": when, "status": True} for _, when in events]
    shipment = {"idShip": "LP000000001FR", "product": product, "timeline": timeline, "event": listed}
    return dump([{"lang": "fr_FR", "returnCode": 200, "shipment": shipment}])


def colissimo(code: str, when: str) -> bytes:
    told = tag("eventCode", code) + tag("eventDate", when) + tag("eventLibelle", "Scan") + tag("eventSite", "Lyon")
    answer = tag("return", tag("errorCode", "0") + told + tag("skybillNumber", "6A00000000001"))
    return soap(f'<ns2:trackResponse xmlns:ns2="http://track.test/">{answer}</ns2:trackResponse>')


def colissimo_timeline(*events: tuple[str, str]) -> bytes:
    listed = [{"code": code, "date": when, "labelLong": "Scan", "siteName": "Lyon"} for code, when in events]
    return dump({"status": [{"code": "0"}], "parcel": {"parcelNumber": "6A00000000002", "event": listed, "step": []}})


def chronopost(*events: tuple[str, str]) -> bytes:
    listed = "".join(
        tag("events", tag("code", code) + tag("eventDate", when) + tag("officeLabel", "LYON") + tag("zipCode"))
        for code, when in events
    )
    held = tag("listEventInfoComp", listed + tag("skybillNumber", "XX000000001FR"))
    answer = tag("return", tag("errorCode", "0") + held)
    return soap(f'<n:trackSkybillV2Response xmlns:n="http://x/">{answer}</n:trackSkybillV2Response>')


def mydpd(*history: tuple[str, str, str], events: tuple[tuple[str, str, str], ...] = ()) -> bytes:
    listed = [
        {"description": code, "eventDateAndTime": when, "eventDateAndTimeZoneId": zone, "countryCode": "CH"}
        for code, when, zone in history
    ]
    twins = [
        {"eventType": code, "date": day, "time": clock, "country": "UNDEFINED", "depotCountry": "CH"}
        for code, day, clock in events
    ]
    return dump({"parcelNumber": "06000000000001", "parcelHistory": listed, "parcelEvents": twins})


def dpd_soap(*stages: tuple[str, str, str, str], number: str = "") -> bytes:
    listed = "".join(
        tag(
            "statusInfo",
            tag("status", status)
            + tag("label", tag("content", "Scanned"))
            + tag("statusHasBeenReached", reached)
            + tag("location", tag("content", place))
            + (tag("date", tag("content", when)) if when else ""),
        )
        for status, when, place, reached in stages
    )
    ahead = tag("shipmentInfo", tag("status", "SHIPMENT") + tag("statusHasBeenReached", "false"))
    named = tag("parcelLabelNumber", number) if number else ""
    return soap(tag("getTrackingDataResponse", tag("trackingresult", named + ahead + listed)))


def gls(*events: tuple[str, str], **more: object) -> bytes:
    listed = [
        {"code": code, "city": "Berlin", "postalCode": "10115", "country": "DE", "eventDateTime": when}
        for code, when in events
    ]
    return dump({"parcels": [{"unitno": "30000000001", "status": "INTRANSIT", "events": listed, **more}]})


def evri(*events: tuple[str | None, str, str]) -> bytes:
    listed = [
        {
            "dateTime": when,
            "trackingPoint": {"description": said},
            "trackingStage": {"trackingStageCode": stage} if stage else None,
        }
        for stage, when, said in events
    ]
    return dump({"results": [{"barcode": "T00AAA0000000001", "trackingEvents": listed}]})


def hermes(*events: tuple[object, str]) -> bytes:
    unit = {"name": "Hermes", "city": "Hamburg", "countryCode": "DEU"}
    listed = [
        {"code": code, "timestamp": when, "description": "Scanned", "scanningUnit": unit} for code, when in events
    ]
    forecast = {"fixed": False, "date": "2026-03-05", "timeSlot": {"from": "10:00", "to": "18:00"}}
    return dump(
        {"shipmentinfo": [{"shipmentID": "H100000000000000001", "status": listed, "deliveryForecast": forecast}]}
    )


def ontrac(*events: tuple[str | None, str, str]) -> bytes:
    listed = [
        {
            "EventCode": code,
            "Status": "Departed",
            "EventShortDescription": said,
            "ZonedEventDateTime": when,
            "State": "CA",
        }
        for code, when, said in events
    ]
    package = {"Tracking": "1LS000000000001", "UtcExpectedDeliveryDateTime": "2026-03-05T20:00:00-08:00"}
    return dump({"Packages": [{**package, "Events": listed}]})


def lasership(*events: tuple[str, str, str], pieces: tuple[str, ...] = ("LX10000001",)) -> bytes:
    listed = [
        {"EventType": kind, "EventShortText": "Scanned", "DateTime": local, "UTCDateTime": utc, "State": "FL"}
        for kind, local, utc in events
    ]
    return dump({"Pieces": [{"TrackingNumber": one} for one in pieces], "Events": listed})


CARRIER_HISTORIES: dict[str, list[bytes]] = {
    "dhl_express": [
        dhl_xml(
            ("PU", "2026-03-02", "21:10:34", "LONDON - UNITED KINGDOM"), ("WC", "2026-03-03", "10:25:07", "RENO,NV-USA")
        ),
        mydhl(
            mydhl_event("OK", "2026-03-03", "13:06:00", GMTOffset="+01:00"), mydhl_event("PU", "2026-03-02", "9:00:00")
        ),
    ],
    "dhl_unified": [unified("svb", unified_event("transit", "POSTED", "2026-03-02T10:00:00", "Posted"))],
    "dhl_parcel_de": [parcel_de(("SHRCU/PCKST/ES", "02.03.2026 11:44", "false"))],
    "dhl_ecommerce": [
        ecommerce((598, "2026-03-02", "08:53:00", "ET"), (130, "2026-03-01", "10:00:00", "PT")),
        global_mail(("600", "1/17/2017", "12:26 PM ET"), ("99", "1/10/2017", "7:34 PM EST")),
    ],
    "canada_post": [
        canada_post(("1496", "2026-03-03", "11:59:59", "EST"), ("3000", "2026-03-02", "14:34:57", "EST")),
        canada_page(("1496", "2026-03-03", "10:00:00", "-05:00")),
    ],
    "purolator": [
        purolator_soap(("Undeliverable", "2026-03-02", "172300", "Nobody")),
        purolator(("4200", "2026-03-02 09:00:00", None)),
    ],
    "australia_post": [
        australia_post(
            ("Delivered", "2026-03-03T11:04:27+11:00"), ("Item processed at facility", "2026-03-02T11:04:27+11:00")
        ),
        australia_page(("DD-ER13", 1772500000000, "Delivered")),
    ],
    "royal_mail": [royal_mail(("EVNMI", "2026-03-02T10:04:00+00:00", "Forwarded"))],
    "laposte": [suivi("courrier", ("DI1", "2026-03-03T09:38:00+01:00"), ("PC1", "2026-03-02T09:38:00+01:00"))],
    "colissimo": [
        colissimo("LIVCFM", "2026-03-03T10:00:00.000+01:00"),
        colissimo_timeline(("PCHCFM", "2026-03-02T10:00:00")),
    ],
    "chronopost": [chronopost(("DC", "2026-03-02T13:47:53+01:00"), ("TA", "2026-03-03T07:12:05+01:00"))],
    "dpd": [
        mydpd(("PARCEL_HANDED", "2026-03-02T18:05:12", "+01:00"), events=(("ORI", "2026-03-02", "18:05:12"),)),
        dpd_soap(("Courier", "3/2/2026 7:34:34 AM", "Mechelen (BE)", "true")),
    ],
    "gls": [gls(("INTIAL.NORMAL", "2026-03-02T10:46:14+0100"), ("INTIAL.PREADVICE", "2026-03-02T09:30:00+0100"))],
    "evri": [
        evri(("4_COURIER", "2026-03-02T10:00:00Z", "With the courier"), (None, "2026-03-01T10:00:00Z", "Accepted"))
    ],
    "hermes_de": [hermes(("0000", "2026-03-01T08:30:00+01:00"), ("3000", "2026-03-02T07:00:00+01:00"))],
    "ontrac": [
        ontrac(("DLVD", "2026-03-03T14:00:00-08:00", "Delivered"), ("EXRL", "2026-03-01T12:00:00-08:00", "On its way"))
    ],
    "lasership": [lasership(("Released", "2026-03-02T14:22:25", "2026-03-02T19:22:25"))],
}
CARRIER_SWAPS: dict[str, list[tuple[bytes, ...]]] = {
    "dhl_express": [(b">PU<",), (b">WC<",), (b'"OK"',), (b'"PU"',)],
    "dhl_unified": [(b'"transit"', b'"POSTED"')],
    "dhl_parcel_de": [(b'"SHRCU"',), (b'"PCKST"',), (b'"ES"',)],
    "dhl_ecommerce": [(b">600<",), (b">99<",)],
    "canada_post": [(b">1496<",), (b">3000<",), (b'"1496"',)],
    "purolator": [(b">Undeliverable<",), (b'"4200"',)],
    "australia_post": [(b'"DD-ER13"',)],
    "royal_mail": [(b'"EVNMI"',)],
    "laposte": [(b'"DI1"',), (b'"PC1"',)],
    "colissimo": [(b">LIVCFM<",), (b'"PCHCFM"',)],
    "chronopost": [(b">DC<",), (b">TA<",)],
    "dpd": [(b'"PARCEL_HANDED"',), (b">Courier<",)],
    "gls": [(b'"INTIAL.NORMAL"',), (b'"INTIAL.PREADVICE"',)],
    "evri": [(b'"4_COURIER"',)],
    "hermes_de": [(b'"0000"',), (b'"3000"',)],
    "ontrac": [(b'"DLVD"',), (b'"EXRL"',)],
    "lasership": [(b'"Released"',)],
}
