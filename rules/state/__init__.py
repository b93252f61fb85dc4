"""What is remembered of a shipment between two facts: compact, complete, and never changed in place."""

from rules.state.cases import Case, Suppressed, Ticket
from rules.state.life import Contradiction, Lifecycle, Seen
from rules.state.messages import Message, Sent
from rules.state.shipment import Aside, Hearsay, Shipment, Standstill, decode_shipment, encode_shipment

__all__ = [
    "Aside",
    "Case",
    "Contradiction",
    "Hearsay",
    "Lifecycle",
    "Message",
    "Seen",
    "Sent",
    "Shipment",
    "Standstill",
    "Suppressed",
    "Ticket",
    "decode_shipment",
    "encode_shipment",
]
