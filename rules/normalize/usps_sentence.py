"""USPS events written as one sentence: the plain variant of Web Tools, and the summaries of the tracking API.

The sentence's date often lacks its year in the oldest form; then the time stays unknown and the sentence is kept.
"""

import re
from typing import Final

from rules.normalize.decode import Fields

_CLOCK: Final = r"(?P<EventTime>[0-9]{1,2}:[0-9]{2} [ap]m)"
_DATE: Final = r"(?P<EventDate>[A-Z][a-z]{2,8} [0-9]{1,2}(?:, [0-9]{4})?)"
_PLACE: Final = (
    r"(?P<EventCity>[^,0-9]{2,60}?),? (?P<EventState>[A-Z]{2})(?: (?P<EventZIPCode>[0-9]{5})(?:-[0-9]{4})?)?"
)
_LISTED: Final = re.compile(rf"(?P<Event>.{{2,200}}?), {_DATE}(?:, {_CLOCK})?(?:, (?:{_PLACE}|[A-Z ]{{2,60}}))?\.?")
"""`Out for Delivery, January 6, 2016, 9:25 am, LEHI, UT 84043`."""
_DATED: Final = re.compile(rf"{_DATE},? {_CLOCK},? (?P<Event>.{{2,200}})")
"""`May 30 11:07 am NOTICE LEFT WILMINGTON DE 19801.`: the oldest form; event and city run together."""
_WHEN: Final = re.compile(rf"(?:at {_CLOCK} )?on {_DATE}(?: at (?P<Later>[0-9]{{1,2}}:[0-9]{{2}} [ap]m))?")
_WHERE: Final = re.compile(rf" in {_PLACE}(?:[. ]|$)")


def read(sentence: str) -> Fields:
    """What a sentence tells, under the names that the XML gives to fields; at least the sentence itself."""
    sentence = " ".join(sentence.split())
    listed = _LISTED.fullmatch(sentence)
    if listed:
        return _told(listed)
    dated = _DATED.fullmatch(sentence)
    if dated:
        return _told(dated)
    when, where = _WHEN.search(sentence), _WHERE.search(sentence)
    told = {"Event": sentence, **(_told(when) if when else {}), **(_told(where) if where else {})}
    return {"EventTime": told.pop("Later"), **told} if "Later" in told else told


def _told(found: re.Match[str]) -> Fields:
    return {name: value for name, value in found.groupdict().items() if value}
