"""How a backtest is worded, in tables and on the page."""

from collections.abc import Iterator
from typing import Any, Final

MEASURES: Final = {
    "opened": "opened",
    "reopened": "reopened",
    "cleared_itself": "cleared itself",
    "ended_by_people": "ended by people",
    "ended_by_policy": "ended by the policy",
    "still_open": "still open",
    "noise": "noise",
    "before_ticket": "before the ticket",
    "after_ticket": "after the ticket",
}
TITLES: Final = {
    "only_new": "Cases only under the new policy",
    "only_old": "Cases only under the old policy",
    "earlier": "Cases opened earlier",
    "later": "Cases opened later",
    "other_owner": "Cases of another owner",
    "other_severity": "Cases of another severity",
    "other_posture": "Cases of another posture",
    "other_score": "Cases of another score, same severity",
    "other_due_by": "Cases due at another time",
    "ended_earlier": "Cases that ended earlier",
    "ended_later": "Cases that ended later",
    "message_sent": "Messages sent instead of silence",
    "message_silent": "Silence instead of messages",
    "message_earlier": "Messages sent earlier",
    "message_later": "Messages sent later",
    "message_other_fate": "Messages not sent for another reason",
}


def number(value: Any) -> str:
    """A number for people; a dash where there is none."""
    return "-" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def case_line(case: dict[str, Any]) -> str:
    """A case in one line."""
    end = f"ended {case['resolved_at']} by {case['resolved_by']}: {case['resolution']}"
    end = end if case["resolved_at"] else "still open"
    owners = " then ".join(case["owners"])
    return f"opened {case['opened_at']} for {owners}, {case['severity']} ({case['score']}), {case['posture']}; {end}"


def message_line(message: dict[str, Any]) -> str:
    """A message in one line."""
    why = f" ({message['reason']})" if message["reason"] else ""
    return f"{message['class']}/{message['kind']}: {message['fate']}{why} {message['at']}"


def limits_line(fact: str, item: dict[str, Any]) -> str:
    """A fact with the limit it was held against, and who set that."""
    limit = "" if item["limit"] is None else f", limit {_plain(item['limit'])}"
    policy = "" if item["policy"] is None else f" ({item['policy']})"
    return f"{fact}: {_plain(item['observed'])}{limit}{policy}"


def why_lines(example: dict[str, Any]) -> Iterator[str]:
    """Why the other policy opened nothing then; else what the two say differently of such a subject."""
    for one in example["settings"]:
        sides = "; ".join(f"{side} {_plain(one[side])} ({one[side + '_policy']})" for side in ("old", "new"))
        yield f"{one['value']}: {sides}"
    why = example["why"]
    if why is None:
        return
    yield f"the other policy at {example['at']}: {why['text']}"
    for check in why["checks"]:
        if not check["holds"]:
            yield f"  {limits_line(check['fact'], check)}"
    failed = {check["policy"] for check in why["checks"] if not check["holds"]}
    for limit in why["limits"]:
        if limit["policy"] not in failed:
            yield f"  its {limit['value']} is {_plain(limit['limit'])} ({limit['policy']})"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(_plain(one) for one in value)
    if value is None or isinstance(value, bool):
        return "-" if value is None else "yes" if value else "no"
    return str(value)
