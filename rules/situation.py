"""What the kinds read of a shipment: its state joined with its order, its carrier's calendar and its tickets."""

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from msgspec import UNSET, UnsetType

from rules.calendar import Calendar, calendar_of
from rules.feeds import NO_FEEDS, Feeds, elapsed, reached
from rules.places import end_of_day, zone_of
from rules.policy import Limit, Policy, PolicyBook
from rules.state import Lifecycle, Shipment
from schemas.facts import Order


class Situation:
    """A read-only view; what costs time is worked out when it is first asked for."""

    __slots__ = (
        "_promise_end",
        "_silences",
        "_tickets",
        "_zone",
        "calendar",
        "feeds",
        "is_replacement",
        "is_return",
        "life",
        "order",
        "policy",
        "shipment",
        "subject",
    )

    def __init__(self, shipment: Shipment, policy: Policy, feeds: Feeds = NO_FEEDS) -> None:
        self.shipment = shipment
        self.life: Lifecycle = shipment.life
        self.order: Order | None = shipment.order
        self.policy = policy
        self.feeds = feeds
        self.subject = shipment.subject
        """What it is: a word of `schemas.words.SUBJECTS`."""
        self.calendar: Calendar = calendar_of(shipment.carrier)
        """The carrier's business days."""
        self.is_return = self.life.direction == "return"
        """A return that is a shipment of its own."""
        self.is_replacement = self.order is not None and self.order.replacement_for is not None
        """Sent in place of an order that went wrong."""
        self._silences = feeds.silences(shipment.carrier)
        self._zone: tuple[ZoneInfo, str] | None = None
        self._promise_end: datetime | None | UnsetType = UNSET
        self._tickets: tuple[str, ...] | None = None

    @property
    def is_cancelled(self) -> bool:
        """The order or the label was cancelled."""
        return (self.order is not None and self.order.cancelled_at is not None) or "cancelled" in self.life.flags

    @property
    def is_vip(self) -> bool:
        """A customer of the highest tier."""
        customer = self.order.customer if self.order else None
        return customer is not None and customer.tier == "vip"

    @property
    def earlier_failures(self) -> int:
        """Failed deliveries of this customer in 90 days, this one not counted."""
        customer = self.order.customer if self.order else None
        return (customer.failed_deliveries_90d or 0) if customer else 0

    @property
    def value(self) -> Decimal | None:
        """The order's value in its own currency."""
        if self.order is None or self.order.value is None:
            return None
        try:
            amount = Decimal(self.order.value.amount)
        except InvalidOperation:
            return None
        return amount if amount.is_finite() else None

    @property
    def service_level(self) -> str | None:
        """What was paid for: as the order says, else as the carrier says."""
        return service_level_of(self.shipment)

    @property
    def is_international(self) -> bool:
        """It goes to another country than the one it was first scanned in, else than its carrier's own.

        Without a known destination: it was seen in two countries. A service level that says so is believed.
        """
        life, order = self.life, self.order
        if self.service_level == "international":
            return True
        destination = order.destination.country if order is not None and order.destination is not None else None
        if destination is None:
            return life.country != life.origin
        return destination != (life.origin or self.calendar.country or destination)

    @property
    def feed_is_silent(self) -> bool:
        """Whether the carrier's feed is silent now."""
        feed = self.feeds.carriers.get(self.shipment.carrier)
        return feed is not None and feed.silence is not None

    def elapsed(self, start: datetime, now: datetime) -> timedelta:
        """Business time from `start` to `now`, less that in which the carrier's feed was silent."""
        return elapsed(self.calendar, self._silences, start, now)

    def reached(self, start: datetime, span: timedelta) -> datetime | None:
        """When so much of that time will have passed; None while the feed is silent, as its clocks stand still.

        Business time is never more than plain time: who asks only whether it has passed need not ask before `span`.
        """
        if not self._silences:
            return self.calendar.after(start, span)
        return reached(self.calendar, self._silences, start, span)

    def next_working_day_over(self, start: datetime) -> datetime | None:
        """24:00 of the carrier's first working day after that of `start`; its clock stands still like any other."""
        calendar = self.calendar
        return self.reached(start, calendar.between(start, calendar.end_of_next_day(start)))

    @property
    def zone(self) -> tuple[ZoneInfo, str]:
        """The destination's zone and what it is known from."""
        if self._zone is None:
            self._zone = zone_of(self.order.destination if self.order else None)
        return self._zone

    @property
    def promise_end(self) -> datetime | None:
        """24:00 of the promised date at the destination."""
        if self._promise_end is UNSET:
            order = self.order
            if order is None or order.promise_date is None or self.is_return:
                self._promise_end = None
            else:
                self._promise_end = end_of_day(order.promise_date, self.zone[0])
        return self._promise_end

    @property
    def needed_until(self) -> datetime | None:
        """24:00 of the day of the customer's event, at the destination."""
        if self.order is None or self.order.needed_by is None or self.is_return:
            return None
        return end_of_day(self.order.needed_by, self.zone[0])

    @property
    def estimate_told_at(self) -> datetime | None:
        """When the scan happened that told the estimate."""
        return next((scan.happened for scan in reversed(self.shipment.scans) if scan.estimate is not None), None)

    @property
    def attempts(self) -> int:
        """Days on which delivery failed, by the day at the destination, else where the parcel is, else UTC."""
        times = self.life.attempts
        if len(times) < 2:
            return len(times)
        destination = self.order.destination if self.order else None
        zone, _ = zone_of(destination, self.life.country)
        return len({at.astimezone(zone).date() for at in times})

    @property
    def open_tickets(self) -> tuple[str, ...]:
        """Ids of the tickets that wait for an answer or an end."""
        if self._tickets is None:
            tickets = self.shipment.tickets
            self._tickets = tuple(sorted(name for name in tickets if tickets[name].is_open)) if tickets else ()
        return self._tickets

    def tickets_about(self, intent: str) -> tuple[str, ...]:
        """Ids of the open tickets that are about that, and name this order or number."""
        tickets = self.shipment.tickets
        return tuple(name for name in self.open_tickets if tickets[name].names_it and intent in tickets[name].intents)

    def answered_at(self) -> datetime | None:
        """When an agent last wrote to the customer."""
        times = [ticket.agent_at for ticket in self.shipment.tickets.values() if ticket.agent_at]
        return max(times, default=None)

    def threshold(self, limit: Limit) -> Limit:
        """The limit for this shipment: a replacement gets a part of the usual time."""
        if not self.is_replacement:
            return limit
        factor = self.policy.limit("replacement.threshold_factor")
        value: timedelta = limit.value * factor.value
        return Limit(value, f"{limit.path} x {factor.path}")

    def patience(self, limit: Limit) -> Limit:
        """The limit for a silence or a journey: longer where somebody keeps the parcel on purpose, but not for ever."""
        limit = self.threshold(limit)
        if "held" not in self.life.flags:
            return limit
        factor = self.policy.limit("stalled.held_factor")
        return Limit(limit.value * factor.value, f"{limit.path} x {factor.path}")

    def by_lane(self, path: str) -> Limit:
        """The limit under `path` for a domestic or an international parcel."""
        return self.patience(self.policy.limit(f"{path}.{'international' if self.is_international else 'domestic'}"))


def service_level_of(shipment: Shipment) -> str | None:
    """What was paid for: as the order says, else as the carrier says."""
    parcel = shipment.parcel
    return (parcel.service_level if parcel else None) or shipment.life.service_level


def policy_of(shipment: Shipment, now: datetime, book: PolicyBook) -> Policy:
    """What the book says of a shipment at a moment."""
    storefront = shipment.order.storefront if shipment.order else None
    return book.at(now, shipment.carrier, storefront, service_level_of(shipment))
