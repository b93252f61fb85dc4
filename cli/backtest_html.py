"""A backtest as one page: no request leaves it, its plots are inline SVG."""

from importlib import resources
from typing import Any, Final

from jinja2 import Environment, StrictUndefined

from cli.backtest_plots import bars, lines
from cli.backtest_table import change, message_rows, ticket_rows, told_example
from cli.backtest_words import MEASURES, TITLES, number

_GROUPS: Final = ("kind", "owner", "severity", "posture")


def page(told: dict[str, Any]) -> str:
    """The page of a report; same report, same page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals.update(number=number, change=change, told_example=told_example)
    text = resources.files("cli").joinpath("backtest.html.j2").read_text(encoding="utf-8")
    return environment.from_string(text).render(
        told=told,
        measures=MEASURES,
        titles=TITLES,
        groups=_GROUPS,
        message_rows=list(message_rows(told["messages"])),
        ticket_rows=list(ticket_rows(told["tickets"])),
        plots=_plots(told),
    )


def _plots(told: dict[str, Any]) -> list[dict[str, Any]]:
    cases, messages, tickets = told["cases"], told["messages"], told["tickets"]
    kinds = dict.fromkeys((*cases["old"]["by_kind"], *cases["new"]["by_kind"]))
    fates = ("send", "held", "dropped", "suppressed")
    leads = tickets["old"]["lead_days"]
    return [
        {
            "title": "Cases opened, by kind",
            "bars": bars([(kind, *(_count(cases[side], kind) for side in ("old", "new"))) for kind in kinds]),
        },
        {"title": "Cases opened each day", "lines": lines([(d["day"], d["old"], d["new"]) for d in told["days"]])},
        {"title": "Messages, by fate", "bars": bars([(f, messages["old"][f], messages["new"][f]) for f in fates])},
        {
            "title": "Days by which cases came before the ticket",
            "bars": bars([(_days(day), leads[day], tickets["new"]["lead_days"][day]) for day in leads]),
        },
    ]


def _count(side: dict[str, Any], kind: str) -> int:
    count: int = side["by_kind"].get(kind, {}).get("opened", 0)
    return count


def _days(day: str) -> str:
    return "7 days or more" if day == "7" else f"{day} to {int(day) + 1} days"
