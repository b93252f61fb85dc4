"""Source `zendesk`: ticket event webhooks; the order is the ticket's external id, or a tag names the parcel."""

from typing import Any, Final

from cli.simulation.timing import utc_text

_KINDS: Final = {
    "opened": "created",
    "agent_replied": "comment_added",
    "customer_replied": "comment_added",
    "closed": "status_changed",
}
_TOLD: Final[dict[str, dict[str, Any]]] = {
    "opened": {"current": {"status": "NEW"}},
    "agent_replied": {"comment": {"is_public": True, "author": {"is_staff": True}}},
    "customer_replied": {"comment": {"is_public": True, "author": {"is_staff": False}}},
    "closed": {"previous": "OPEN", "current": "SOLVED"},
}


def write(event: dict[str, Any], opened: dict[str, Any], at: int) -> dict[str, Any]:
    """One event of ours as a webhook; every event repeats what the ticket has known since it was opened."""
    tags = [opened["intent"]]
    if opened.get("tracking_number"):
        tags.append(f"tracking_{opened['tracking_number'].lower()}")
    ticket, kind = event["ticket_id"].removeprefix("T-"), event["event"]
    return {
        "type": f"zen:event-type:ticket.{_KINDS[kind]}",
        "account_id": 20814427,
        "id": f"evt-{ticket}-{at}",
        "time": utc_text(at),
        "zendesk_event_version": "2022-11-06",
        "subject": f"zen:ticket:{ticket}",
        "detail": {
            "id": ticket,
            "status": "SOLVED" if kind == "closed" else "OPEN",
            "external_id": opened.get("order_id"),
            "requester_id": opened.get("customer_id"),
            "tags": tags,
            "via": {"channel": "web" if opened["channel"] == "chat" else opened["channel"]},
            "created_at": utc_text(at) if kind == "opened" else None,
            "updated_at": utc_text(at),
        },
        "event": _TOLD[kind],
    }
