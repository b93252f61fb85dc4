"""Australia Post: the tracking API and its forerunner, whose events are texts alone, and its website, which has codes.

Milestones repeat the events with a local time labelled UTC, and file some under the wrong heading: they are not
read.
"""

from collections.abc import Iterator
from typing import Final

from rules.normalize import clocks, stamps, times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, is_error, meaning, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.services import service_level
from rules.normalize.tables import load_table
from schemas.facts import Scan

_RESULT: Final = "$.tracking_results[]"
_ITEM: Final = f"{_RESULT}.trackable_items[]"
_ARTICLE: Final = "$[].shipment.articles[]"
_OLD: Final = "QueryTrackEventsResponse"
_EVENT: Final = "events[]"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Australia Post message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> Iterator[Scan]:
    if "tracking_results" in document:
        for result in items(document, "tracking_results"):
            yield from _result(result)
    elif "shipment" in document:
        for article in items(fields(document, "shipment"), "articles", "$.shipment"):
            yield from _article(article)
    elif _OLD in document:
        for result in items(fields(document, _OLD), "TrackingResult", _OLD):
            yield from _old_result(result)
    elif not is_error(document, ("errors", "error", "trackingIds")):
        raise unknown_shape("Australia Post", "a tracking answer")


def _result(result: Fields) -> Iterator[Scan]:
    tracked = text(result, "tracking_id", _RESULT)
    for outer in items(result, "trackable_items", _RESULT):
        # A consignment holds its articles; an article alone stands in its place.
        for item in items(outer, "items", _ITEM) or [outer]:
            written = text(item, "article_id", _ITEM) or text(outer, "consignment_id", _ITEM) or tracked
            yield from _scans(item, written, f"{_ITEM}.article_id", text(item, "product_type", _ITEM))


def _article(article: Fields) -> Iterator[Scan]:
    for details in items(article, "details", _ARTICLE) or [article]:
        written = text(details, "articleId", _ARTICLE) or text(article, "articleId", _ARTICLE)
        yield from _scans(details, written, f"{_ARTICLE}.articleId", text(article, "productType", _ARTICLE))


def _old_result(result: Fields) -> Iterator[Scan]:
    for article in items(result, "ArticleDetails", _OLD):
        yield from _old_article(article, text(result, "TrackingID", _OLD))


def _old_article(article: Fields, tracked: str | None) -> tuple[Scan, ...]:
    listed = items(fields(article, "Events", _OLD), "Event", _OLD)
    names = {"date": "EventDateTime", "location": "Location", "description": "EventDescription"}
    events = [{name: event.get(old) for name, old in names.items()} for event in listed]
    written = text(article, "ArticleID", _OLD) or tracked
    return _scans({"events": events}, written, f"{_OLD}.ArticleID", text(article, "ProductName", _OLD))


def _scans(item: Fields, written: str | None, path: str, product: str | None) -> tuple[Scan, ...]:
    events = items(item, "events", path)
    if not events:
        return ()
    bare = number("australia_post", written, path)
    level = service_level(product)
    parcel = Parcel("australia_post", bare, load_table("australia_post").version, service_level=level)
    return parcel_scans(parcel, events, _event, newest_first=True)


def _event(event: Fields) -> Reading:
    where = place(text(event, "location", _EVENT), None, None, None)
    code = text(event, "eventCode", _EVENT) or text(event, "event_code", _EVENT)
    said = text(event, "description", _EVENT) or text(event, "milestone", _EVENT)
    told = Told(code, said, _moment(event), where)
    return told, meaning(load_table("australia_post"), told)


def _moment(event: Fields) -> times.Moment:
    written = text(event, "date", _EVENT) or text(event, "localeDateTime", _EVENT)
    if written:
        return stamps.read(written, order="dmy")
    return clocks.epoch(event.get("dateTime"))
