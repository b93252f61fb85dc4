"""The closed vocabularies every other module speaks."""

from typing import Final

STATES: Final = (
    "label_created",
    "picked_up",
    "in_transit",
    "delayed",
    "attempted",
    "out_for_delivery",
    "delivered",
    "damaged",
    "returned",
    "unknown",
)
"""Where a shipment is. `unknown` means: no usable scan yet."""

FLAGS: Final = (
    "returning",
    "back_at_sender",
    "pickup_ready",
    "held",
    "lost",
    "cancelled",
    "refused",
    "return_shipment",
)
"""What the ten states cannot say, beside the state."""

DIRECTIONS: Final = ("outbound", "return")

REASONS: Final = tuple(
    """access_restricted action_required address_issue awaiting_customer_pickup business_closed cancelled
    carrier_capacity carrier_delay customs_cleared customs_hold customs_processing damaged delivered_damaged
    damaged_after_delivery destroyed_or_seized documentation payment_due final_attempt force_majeure handoff
    handover_failed held identity_check_failed invalid_number label_problem late lost lost_suspected missing_data
    missort no_info not_attempted not_collected partial_delivery pickup_failed prohibited_or_oversize
    recipient_unavailable redirected refused refused_damaged requested rescheduled retraction
    return_attempt_failed return_blocked return_label second_attempt service_unavailable tracking_expired
    tracking_number_changed undeliverable unspecified weather""".split()
)
"""Why, beside where."""

CLASSES: Final = ("informational", "customer_facing", "exception")
OWNERS: Final = ("fulfillment", "support", "finance", "operations")
SEVERITIES: Final = ("watch", "routine", "urgent", "critical")
POSTURES: Final = ("silent", "update", "apology", "human_review")
SUBJECTS: Final = ("shipment", "order", "carrier", "incident")

KINDS: Final = tuple(
    """not_shipped label_not_scanned stalled long_transit promise_at_risk promise_missed promise_moved
    carrier_delay attempt_failed attempts_exhausting pickup_expiring address_problem customs_hold damaged
    lost_declared lost_presumed returning returned refused not_received delivered_elsewhere contradictory_scans
    misrouted partial_delivery invalid_tracking feed_silent incident delivered_late replacement_at_risk
    proof_missing payment_due label_cancelled status_unmapped""".split()
)
"""Kinds of exception, in the order of the catalogue."""

CHANGES: Final = (
    "opened",
    "escalated",
    "updated",
    "acknowledged",
    "assigned",
    "snoozed",
    "decided",
    "resolved",
    "reopened",
)
MESSAGE_KINDS: Final = ("normal_update", "proactive_apology", "human_reviewed")
MILESTONES: Final = ("shipped", "out_for_delivery", "delivered")
"""What a message of class `milestone` is about; all others are about a kind."""
MESSAGE_CLASSES: Final = ("critical", "promise", "milestone", "info")
FATES: Final = ("send", "held", "dropped", "suppressed")
FATE_REASONS: Final = tuple(
    """ticket_open recently_answered quiet_hours settling budget stale imported incident review_needed
    contradicted state_moved_on duplicate holdout no_consent shadow""".split()
)
TIME_QUALITIES: Final = (
    "offset",
    "gmt_field",
    "zone_inferred",
    "naive",
    "date_only",
    "placeholder",
    "missing",
)
SERVICE_LEVELS: Final = ("express", "two_day", "ground", "economy", "international")
TIERS: Final = ("standard", "vip")
CHANNELS: Final = ("dtc", "marketplace")
ORDER_EVENTS: Final = ("created", "updated", "fulfilled", "cancelled")
TICKET_EVENTS: Final = ("opened", "customer_replied", "agent_replied", "closed")
INTENTS: Final = ("wismo", "damaged", "not_received", "refund", "other")
ACTIONS: Final = (
    "acknowledge",
    "assign",
    "snooze",
    "resolve",
    "reopen",
    "decide",
    "approve",
    "reject",
    "note",
)
RESOLUTIONS: Final = ("refund", "replacement", "reship", "wait", "none")
DEAD_LETTER_REASONS: Final = (
    "undecodable",
    "schema_invalid",
    "unknown_type",
    "semantic_invalid",
    "too_large",
    "handler_error",
    "retries_exhausted",
    "sink_rejected",
    "unmapped_code",
)
STAGES: Final = ("decode", "validate", "process", "route", "notify")

SOURCES: Final = tuple(
    """wismo ups usps fedex dhl_express dhl_unified dhl_parcel_de dhl_ecommerce canada_post royal_mail dpd gls
    purolator australia_post laposte colissimo chronopost evri hermes_de ontrac lasership amazon_logistics
    amazon_shipping amazon_sp_api sendle landmark bpost seko spring smartkargo teleship parcelone prestige
    newgistics pitney_bowes easypost aftership shippo shipengine 17track trackingmore shopify woocommerce zendesk
    gorgias freshdesk front""".split()
)
"""Who may name themselves in the Kafka header `source`."""

_NOT_CARRIERS: Final = frozenset(
    """wismo easypost aftership shippo shipengine 17track trackingmore shopify woocommerce zendesk gorgias
    freshdesk front""".split()
)
CARRIERS: Final = tuple(source for source in SOURCES if source not in _NOT_CARRIERS)
"""The closed list of carriers; anybody else is known by a slug."""

RAW_TOPICS: Final = ("carrier-scans", "order-events", "ticket-events", "operator-actions")
LINK_EVENTS: Final = "link-events"
SHIPMENT_EVENTS: Final = "shipment-events"
SHIPMENTS: Final = "shipments"
SHIPMENT_UPDATES: Final = "shipment-updates"
SHADOW_EXCEPTIONS: Final = "shadow-exceptions"
CUSTOMER_MESSAGES: Final = "customer-messages"
NOTIFICATION_RECEIPTS: Final = "notification-receipts"
DEAD_LETTERS: Final = "dead-letters"
REPLAYS: Final = "replays"
MARK_HEADER: Final = "wismo-mark"
"""Kafka header whose value is the time of a mark of the clock (RFC 3339, UTC)."""
SHADOWS: Final = ("kind", "policy")
"""Why a case is only on `shadow-exceptions`: its kind is in shadow, or a candidate policy would have opened it."""


def exceptions_topic(owner: str) -> str:
    """The routing topic of an owner."""
    return f"exceptions-{owner}"
