"""How often what happens: the rates of a realistic stream, and of a deliberately wild one.

Sources are the project's domain notes: "Test data" (sections 3.4 and 3.5) for everything with a share of
scans or parcels; the exception catalogue (2.1, row 6: most customers wait three days after a missed promise).
Where the notes give a range, the middle is taken. Rates without a published figure say so.
"""

from dataclasses import dataclass, replace
from typing import Final

DUPLICATE_SHARE: Final = 0.20
"""Of all scan messages: 12 scans become 15 messages, so a scan is repeated with 0.25."""
DISORDER_SHARE: Final = 0.05
LATE_SHARE: Final = 0.01
"""Scans heard more than 24 h after they happened."""
UNMAPPED_SHARE: Final = 0.0005
CONTRADICTORY_SHARE: Final = 0.001
ZONE_FAULT_SHARE: Final = 0.005
CARRIER_EXCEPTION_SHARE: Final = 0.02
FIRST_ATTEMPT_FAILS: Final = 0.065
LOST_SHARE: Final = 0.003
DAMAGED_SHARE: Final = 0.01
SPLIT_SHARE: Final = 0.125
TICKETS_PER_ORDER: Final = 0.067
WISMO_SHARE: Final = 0.18
VIP_SHARE: Final = 0.06
"""Assumed; no published figure."""


@dataclass(frozen=True, slots=True)
class Mix:
    """The rates of one run."""

    repeats: float = DUPLICATE_SHARE / (1 - DUPLICATE_SHARE)
    disorder: float = DISORDER_SHARE
    late: float = LATE_SHARE
    unmapped: float = UNMAPPED_SHARE
    contradictory: float = CONTRADICTORY_SHARE
    zone_faults: float = ZONE_FAULT_SHARE
    attempt_fails: float = FIRST_ATTEMPT_FAILS
    split: float = SPLIT_SHARE
    vip: float = VIP_SHARE
    tickets: float = TICKETS_PER_ORDER
    real_senders: float = 0.30
    """Parcels whose scans come in a real sender's own shape (assumed)."""
    shop_webhooks: float = 0.10
    """Orders that come as shop webhooks (assumed)."""
    helpdesk_webhooks: float = 0.10
    """Tickets that come as helpdesk events (assumed)."""
    late_orders: float = 0.004
    """Orders heard only after their parcel's first scans (assumed)."""
    cancelled_orders: float = 0.008
    needed_by: float = 0.03
    reused_numbers: float = 0.004
    customer_returns: float = 0.03
    replaced: float = 0.6
    """Lost or damaged parcels that are replaced (assumed)."""
    early_tickets: float = 0.0015
    """Orders whose customer asks before there is a label (assumed)."""
    asks_when_late: float = 0.13
    """Customers who ask days after a missed date. In a survey 76 % say that they do; 18 % of 6.7 tickets per
    100 orders leave room for far fewer, and the measured figure wins."""
    asks_when_stuck: float = 0.01
    """Customers who notice that nothing moves while the date is still ahead (assumed)."""
    asks_anyway: float = 0.0005
    troubles: float = 1.0
    """What every weight of the troubles below is multiplied with."""


REALISTIC: Final = Mix()
WILD: Final = replace(
    REALISTIC,
    repeats=0.4,
    disorder=0.25,
    late=0.05,
    unmapped=0.03,
    contradictory=0.03,
    zone_faults=0.05,
    attempt_fails=0.25,
    split=0.4,
    vip=0.3,
    tickets=0.6,
    late_orders=0.3,
    cancelled_orders=0.12,
    needed_by=0.3,
    reused_numbers=0.5,
    customer_returns=0.3,
    early_tickets=0.2,
    asks_when_late=0.7,
    asks_when_stuck=0.3,
    asks_anyway=0.05,
    real_senders=0.5,
    troubles=9.0,
)
"""For property tests: every oddity is likely within a few parcels."""

BUSY: Final = replace(
    REALISTIC, troubles=1.6, tickets=0.15, early_tickets=0.01, asks_when_late=0.6, asks_when_stuck=0.08, vip=0.1
)
"""For a demonstration: troubles and customers who ask are a little more frequent than usual."""

TROUBLE_WEIGHTS: Final = {
    # The dock: shop and warehouse (assumed shares).
    "forgotten": 0.006,
    "never_handed": 0.0015,
    "voided": 0.004,
    "wrong_number": 0.002,
    # On the way. The first five are the carriers' own exceptions and sum to their 2 %.
    "carrier_delay": 0.009,
    "address": 0.005,
    "weather": 0.002,
    "payment": 0.001,
    "missort": 0.003,
    "stalled": 0.012,
    "crawl": 0.006,
    "damaged": DAMAGED_SHARE,
    "lost": LOST_SHARE,
    # At the door (assumed shares).
    "refused": 0.003,
    "counter": 0.015,
    "undeliverable": 0.003,
    # After it: delivered, and the customer says no (claims are 0.15 % of parcels).
    "stolen": 0.0015,
    "broken": 0.002,
}
"""Share of parcels that each trouble befalls; a parcel has at most one."""
CUSTOMS_HOLD_SHARE: Final = 0.08
"""Of parcels that cross a border (assumed)."""
