"""What two runs must agree on: per shipment the final state, the cases and the messages."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

Verdict = dict[str, dict[str, Any]]

_VOLATILE = frozenset({"event_id", "sequence", "received_at", "occurred_at", "timestamp", "cause_event_id"})


def verdict(outputs: Iterable[dict[str, Any]]) -> Verdict:
    """Per shipment: final state; cases with kind, owner and end; messages with their last fate."""
    shipments: Verdict = defaultdict(lambda: {"state": None, "cases": {}, "messages": {}})
    for out in outputs:
        value = out["value"]
        if value is None:
            continue
        if out["topic"] == "shipments":
            _state(shipments[out["key"]], value)
        elif out["topic"].startswith("exceptions-"):
            _case(shipments[out["key"]], value)
        elif out["topic"] == "customer-messages":
            _message(shipments[out["key"]], value)
    return {key: _plain(one) for key, one in shipments.items()}


def _state(shipment: dict[str, Any], value: dict[str, Any]) -> None:
    if shipment["state"] is None or value["sequence"] > shipment["state"]["sequence"]:
        shipment["state"] = value


def _case(shipment: dict[str, Any], value: dict[str, Any]) -> None:
    case = shipment["cases"].setdefault(value["case_id"], {})
    case["kind"] = value["kind"]
    # A case moves between topics, each with a sequence of its own: the owner is who it was last opened for.
    if value["change"] in ("opened", "reopened"):
        case["owner"] = value["owner"]
    case["resolved_by"] = value["resolved_by"]
    case["resolved_at"] = value["resolved_at"]


def _message(shipment: dict[str, Any], value: dict[str, Any]) -> None:
    fates = shipment["messages"].setdefault(value["message_id"], {})
    fates.update(fate=value["fate"], reason=value["reason"], kind=value["kind"], key=value["idempotency_key"])


def _plain(shipment: dict[str, Any]) -> dict[str, Any]:
    state = {name: value for name, value in (shipment["state"] or {}).items() if name not in _VOLATILE}
    return {"state": state, "cases": shipment["cases"], "messages": shipment["messages"]}
