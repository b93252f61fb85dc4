"""Small messages in the shapes of smaller carriers, made up for the tests."""

from tests.rules.normalize.payloads import Json, dump

NUMBER = "92000000000000000000000001"


def sendle_event(kind: str, when: str, local: str | None = None, **more: object) -> Json:
    event: Json = {"event_type": kind, "scan_time": when, "description": "Something happened", "location": "RENO, NV"}
    return {**event, **({"local_scan_time": local} if local else {}), **more}


def sendle(*events: Json, **more: object) -> bytes:
    return dump({"state": "Transit", "origin": {"country": "US"}, "tracking_events": list(events), **more})


def landmark(*events: tuple[str, str], place: str = "London, UK") -> bytes:
    listed = "".join(
        f"<Event><Status>Scanned</Status><DateTime>{when}</DateTime><Location>{place}</Location>"
        f"<EventCode>{code}</EventCode></Event>"
        for code, when in events
    )
    package = f"<Package><TrackingNumber>LM000000001</TrackingNumber><Events>{listed}</Events></Package>"
    return f"<TrackResponse><Result><Packages>{package}</Packages></Result></TrackResponse>".encode()


def bpost(*states: tuple[str, str]) -> bytes:
    listed = "".join(
        f"<t:stateInfo><t:time>{when}</t:time><t:location>Brussels</t:location><t:stateCode>{code}</t:stateCode>"
        f"<t:stateDescription>Scanned</t:stateDescription></t:stateInfo>"
        for code, when in states
    )
    item = f"<t:itemCode>323212345600000001</t:itemCode>{listed}"
    return f'<t:itemTracking xmlns:t="http://schema.post.be/tracking/v1/">{item}</t:itemTracking>'.encode()


def seko(*events: tuple[str, str]) -> bytes:
    listed = [
        {
            "EventDT": when,
            "Code": None,
            "OmniCode": code,
            "Description": f"Scan {code}",
            "Location": "SYDNEY",
            "Part": 1,
        }
        for code, when in events
    ]
    return dump([{"ConsignmentNo": "SK000000001", "Status": "Any", "Events": listed}])


def spring(*events: tuple[int | str, int, str]) -> bytes:
    listed = [
        {"Timestamp": epoch, "DateTime": when, "Country": "CA", "City": "TORONTO", "Code": code, "Description": "Scan"}
        for code, epoch, when in events
    ]
    return dump({"ErrorLevel": 0, "Error": "", "Shipment": {"TrackingNumber": "LX000000001NL", "Events": listed}})


def smartkargo(code: str, when: str, zone: str | None = "America/Los_Angeles", **more: object) -> Json:
    place = {"city": "Reno", "state": "NV", "countryId": "US", "timezone": zone}
    event: Json = {"prefix": "ABC", "airWaybill": "00000001", "eventType": code, "eventDate": when, "location": place}
    return {**event, "description": "Something happened", **more}


def teleship(*events: tuple[str, str], when: str = "2026-03-02T10:00:00Z") -> bytes:
    listed = [
        {"timestamp": when, "code": code, "description": said, "location": "Reno, NV, US"} for code, said in events
    ]
    return dump({"trackingNumber": "TS000000001", "status": "in_transit", "events": listed})


def parcelone(*events: tuple[str, str], when: str = "2026-03-02T10:00:00") -> bytes:
    listed = [
        {"DateTime": when, "StatusCode": code, "Status": said, "Location": "DE Pohlheim"} for code, said in events
    ]
    return dump({"success": 1, "results": {"TrackingID": "4050000000001", "Events": listed}})


def newgistics(*events: tuple[str, str, str | None], **package: object) -> bytes:
    listed = [
        {"EventCode": code, "EventDescription": "Scan", "Date": day, "Time": clock, "City": "Reno", "State": "NV"}
        for code, day, clock in events
    ]
    own = {"Barcode": "7250000000001", "Service": "RETURN", "Status": "Delivered", "PackageTrackingEvents": listed}
    return dump({"Packages": [{**own, **package}]})


def pitney_event(code: str, kind: str = "FWD", status: str = "InTransit", clock: str = "12:20:26") -> Json:
    place = {"eventCity": "Reno", "eventStateOrProvince": "NV", "postalCode": "89501", "country": "US"}
    told = {"standardizedEventCode": code, "standardizedEventDescription": "Scan", "packageStatus": status}
    return {
        **told,
        **place,
        "eventType": kind,
        "eventDate": "2026-03-02",
        "eventTime": clock,
        "eventTimeOffset": "-08:00",
    }


def pitney_bowes(*events: Json, **more: object) -> bytes:
    answer = {
        "trackingNumber": "4208950192000000000000000000000001",
        "requestedIdentifier": NUMBER,
        "carrier": "PBCS",
        "serviceName": "Standard",
    }
    return dump({**answer, "scanDetailsList": list(events), **more})


SMALL_HISTORIES: dict[str, list[bytes]] = {
    "sendle": [sendle(sendle_event("In Transit", "2026-03-02T10:00:00Z", "2026-03-02T02:00:00"))],
    "landmark": [landmark(("50", "2026-03-01 06:20:00"), ("300", "2026-03-02 08:45:00"))],
    "bpost": [bpost(("T00", "2026-03-01T06:20:00"), ("L00", "2026-03-02T08:45:00"))],
    "seko": [seko(("OP-1", "2026-03-01T06:20:00.86"), ("OP-21", "2026-03-02T08:45:00"))],
    "spring": [spring(("9301", 1772441225, "2026-03-02 08:47:05"))],
    "smartkargo": [dump([smartkargo("DEP", "2026-03-02T10:00:00.1234567")])],
    "teleship": [teleship(("in_hub", "Arrived"))],
    "parcelone": [parcelone(("DEPARTED", "Departed"))],
    "newgistics": [newgistics(("PUU", "/Date(1772424000000-0600)/", "/Date(1772467200000-0600)/"))],
    "pitney_bowes": [pitney_bowes(pitney_event("TRD"))],
}
SMALL_SWAPS: dict[str, list[tuple[bytes, ...]]] = {
    "sendle": [(b'"In Transit"',)],
    "landmark": [(b">50<",), (b">300<",)],
    "bpost": [(b">T00<",), (b">L00<",)],
    "seko": [(b'"OP-1"',), (b'"OP-21"',)],
    "spring": [(b'"9301"',)],
    "smartkargo": [(b'"DEP"',)],
    "teleship": [(b'"in_hub"',)],
    "parcelone": [(b'"DEPARTED"',)],
    "newgistics": [(b'"PUU"',)],
    "pitney_bowes": [(b'"TRD"', b'"InTransit"')],
}
