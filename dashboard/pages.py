"""The pages: what each reads of the board and hands to its template."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, sqrt
from typing import Any, Final

from aiohttp import web

from dashboard.filters import AGES, DUE, SORTS, Filter, carriers_of, in_order, matches, read_filter, shadow_of, tally
from dashboard.rendering import Renderer
from dashboard.timeline import days_of
from dashboard.wording import path_part
from schemas.words import KINDS, OWNERS, SEVERITIES, STATES
from sinks.board.read import BoardReader, Standing
from sinks.board.views import Feed, Receipt
from sinks.settings import WebClock

_SHOWN: Final = 200
_BEHIND: Final = timedelta(days=1)
_STALE: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class CarrierLine:
    """One carrier on the carriers' page."""

    slug: str
    states: Counter[str]
    kinds: Counter[str]
    feed: Feed | None
    bars: list[tuple[int, int, str]]
    """Position, height and title of each hour's bar."""

    @property
    def volume(self) -> int:
        """Shipments on the board."""
        return self.states.total()


class Pages:
    """The handlers of the pages."""

    def __init__(self, board: BoardReader, renderer: Renderer, clock: WebClock) -> None:
        self._board = board
        self._renderer = renderer
        self._clock = clock

    async def queue(self, request: web.Request) -> web.Response:
        """Open exceptions by owner and age."""
        chosen = read_filter(request.query)
        shared = await self._shared("queue")
        counts = await self._board.counts()
        order = "opened" if chosen.sort == "age" else "score"
        rows, total = await self._board.queue([chosen.owner] if chosen.owner else OWNERS, order)
        now = shared["now"]
        found = in_order([row for row in rows if matches(row, chosen, now)], chosen.sort)
        values = {
            "chosen": chosen, "rows": found[:_SHOWN], "found": len(found), "searched": len(rows), "total": total,
            "tally": tally(counts), "shadow": shadow_of(counts),
            "choices": _choices(chosen, carriers_of(counts)), "severities": SEVERITIES[::-1],
        }  # fmt: skip
        return self._renderer.page("queue.html", shared | values)

    async def subject(self, request: web.Request) -> web.Response:
        """One shipment, or another subject of cases: its whole history."""
        shared = await self._shared("")
        view = await self._board.view(request.match_info["id"])
        if view is None:
            missing = {"what": "The board knows no shipment of this id.", "query_text": request.match_info["id"]}
            return self._renderer.page("missing.html", shared | missing, status=404)
        cases = sorted(view.cases.values(), key=lambda case: (not case.is_open, -case.score))
        messages = sorted(view.messages.values(), key=lambda message: message.heard, reverse=True)
        values = {
            "view": view, "cases": cases, "messages": messages, "days": days_of(view),
            "receipts": _receipts(view.receipts), "siblings": await self._board.siblings(view),
        }  # fmt: skip
        return self._renderer.page("subject.html", shared | values)

    async def carriers(self, _: web.Request) -> web.Response:
        """Carriers: volumes, states, exceptions, freshness."""
        shared = await self._shared("carriers")
        counts = await self._board.counts()
        feeds = {feed.carrier: feed for feed in await self._board.feeds()}
        slugs = sorted({*feeds, *carriers_of(counts)})
        lines = [_carrier_line(slug, counts, feeds.get(slug), shared["now"]) for slug in slugs]
        lines.sort(key=lambda line: (-line.volume, line.slug))
        states = [state for state in STATES if any(line.states[state] for line in lines)]
        values = {"lines": lines, "states": states, "stale": _STALE}
        return self._renderer.page("carriers.html", shared | values)

    async def feeds(self, _: web.Request) -> web.Response:
        """How fresh everything is, and what could not be used."""
        shared = await self._shared("feeds")
        topics = sorted((await self._board.topics()).items())
        groups = await self._board.dead_groups()
        values = {
            "feeds": await self._board.feeds(), "topics": topics, "groups": groups,
            "dead_total": sum(group.count for group in groups), "stale": _STALE,
        }  # fmt: skip
        return self._renderer.page("feeds.html", shared | values)

    async def search(self, request: web.Request) -> web.Response:
        """By shipment id, order, customer or tracking number; one hit opens at once."""
        text = request.query.get("q", "").strip()[:200]
        shared = await self._shared("") | {"query_text": text}
        found = await self._board.search(text) if text else []
        if len(found) == 1:
            raise web.HTTPSeeOther(f"/shipments/{path_part(found[0].id)}")
        return self._renderer.page("search.html", shared | {"found": found})

    async def _shared(self, here: str) -> dict[str, Any]:
        standing = await self._board.standing()
        now, recorded = self._now(standing)
        return {"standing": standing, "now": now, "recorded": recorded, "here": here}

    def _now(self, standing: Standing) -> tuple[datetime, bool]:
        """What the page calls now, and whether that is the time of the newest event instead of the wall clock."""
        wall = datetime.now(UTC)
        if standing.clock is None or self._clock is WebClock.WALL:
            return wall, False
        if self._clock is WebClock.EVENTS or wall - standing.clock > _BEHIND:
            return standing.clock, True
        return wall, False


def _choices(chosen: Filter, carriers: list[str]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Each select of the filter bar: field, label, and its values with their words; "" where the word is the value."""
    slugs = carriers if not chosen.carrier or chosen.carrier in carriers else [chosen.carrier, *carriers]
    return [
        ("owner", "Owner", [(value, "") for value in OWNERS]),
        ("severity", "Severity", [(value, "") for value in reversed(SEVERITIES)]),
        ("kind", "Kind", [(value, "") for value in KINDS]),
        ("carrier", "Carrier", [(value, "") for value in slugs]),
        ("state", "State", [(value, "") for value in STATES]),
        ("age", "Age", [(name, label) for name, (label, _) in AGES.items()]),
        ("due", "Due", list(DUE.items())),
        ("sort", "Order", list(SORTS.items())),
    ]


def _carrier_line(slug: str, counts: Mapping[tuple[str, ...], int], feed: Feed | None, now: datetime) -> CarrierLine:
    states, kinds = Counter[str](), Counter[str]()
    for name, count in counts.items():
        if name[:2] == ("carrier", slug):
            (states if name[2] == "state" else kinds)[name[3]] += count
    return CarrierLine(slug, states, kinds, feed, _bars(feed, now) if feed else [])


def _bars(feed: Feed, now: datetime) -> list[tuple[int, int, str]]:
    """The last 24 hours by square root, so that a history loaded in one hour does not flatten the others."""
    hours = [(now - timedelta(hours=back)).strftime("%Y-%m-%dT%H") for back in range(23, -1, -1)]
    most = max((feed.hours.get(hour, 0) for hour in hours), default=0) or 1
    heights = ((hour, feed.hours.get(hour, 0)) for hour in hours)
    return [
        (at * 5, ceil(24 * sqrt(count / most)), f"{hour[11:]}:00 UTC: {count}")
        for at, (hour, count) in enumerate(heights)
    ]


def _receipts(receipts: Mapping[str, Receipt]) -> dict[str, list[tuple[Receipt, int]]]:
    """By the case or message they are about: the newest receipt of each channel and result, and how many there are."""
    found: dict[str, dict[tuple[str, str], tuple[Receipt, int]]] = {}
    for receipt in sorted(receipts.values(), key=lambda one: one.at):
        kinds = found.setdefault(receipt.message_id or receipt.case_id or "", {})
        kind = (receipt.channel, receipt.result)
        kinds[kind] = (receipt, kinds[kind][1] + 1 if kind in kinds else 1)
    return {about: list(kinds.values()) for about, kinds in found.items()}
