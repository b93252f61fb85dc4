"""A carrier's feed is silent: it is not its parcels that stand still, it is us who hear nothing."""

from collections.abc import Iterator
from datetime import datetime

from rules.feeds import Feed
from rules.finding import Check, Evidence, Finding, held_against
from rules.policy import Policy
from rules.situation import Situation


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire while the feed is judged silent."""
    feed = _feed(shipment)
    if feed is None or feed.silence is None:
        return None
    start = feed.silence.start
    if feed.expected is not None:
        share = policy.limit("feed.share")
        told = held_against("share_of_the_usual", round((feed.observed or 0) / feed.expected, 3), share)
    else:
        told = held_against("silence", now - start, policy.limit("feed.silence"))
    flying = held_against("parcels_in_flight", feed.in_flight, policy.limit("feed.least_in_flight"))
    return Finding((told, Evidence("last_heard", feed.heard_at), flying), since=start)


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """Enough parcels under way, and too little heard of them while others are heard."""
    feed, least = _feed(shipment), policy.limit("feed.least_in_flight")
    flying = feed.in_flight if feed else 0
    yield Check("parcels_in_flight", flying, least.value, least.path, flying >= least.value)
    limit, silent = policy.limit("feed.silence"), feed is not None and feed.silence is not None
    quiet = now - feed.heard_at if feed else None
    yield Check("silence", quiet, limit.value, limit.path, silent)


def _feed(shipment: Situation) -> Feed | None:
    return shipment.feeds.carriers.get(shipment.shipment.carrier)
