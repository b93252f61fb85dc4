"""Events on `customer-messages`: every decision to tell a customer something, or not to."""

from rules.emission import Draft
from rules.fates import Fate
from rules.state import Message
from schemas.words import CUSTOMER_MESSAGES


def emit_message(draft: Draft, message: Message, fate: Fate) -> str:
    """Publish what was decided about a message, with its reason."""
    fields = {
        "message_id": message.message_id,
        "kind": message.kind,
        "class": message.class_,
        "about": message.topic,
        "episode": message.episode,
        "fate": fate.fate,
        "reason": fate.reason,
        "not_before": fate.not_before,
        "text": message.text,
        "case_id": message.case_id,
        # What the customer receives is the digest, and all its parts are sent under its key.
        "idempotency_key": fate.letter or message.key,
        "decided_by": fate.decided_by,
        "policy_version": draft.policy.version,
    }
    if fate.slot is not None:
        fields["digest_at"] = fate.slot
    marker = f"{message.message_id}/{fate.fate}/{fate.reason}"
    return draft.emit(CUSTOMER_MESSAGES, f"wismo.customer_message.{fate.fate}", message.occurred_at, marker, fields)
