"""The pages over a real Redis: what they show, how they escape, what they say when there is nothing."""

import asyncio
import html
import json
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
import redis

from schemas.codec import rfc3339
from sinks.board.keys import Keys
from sinks.board.store import BoardStore
from sinks.settings import Settings
from tests.dashboard.serving import Client, Site, new_site
from tests.sinks.samples import NOON, Log

SHIPMENT = "ups:1Z999AA10123456784"
PAGES = ("/", "/carriers", "/feeds", "/search", f"/shipments/{SHIPMENT}")


@pytest.fixture
def site(redis_url: str) -> Site:
    return new_site(redis_url)


def a_story(log: Log) -> list[object]:
    common = {"order_id": "A-1001", "customer_id": "C-77", "promise_date": "2026-03-04", "storefront": "main"}
    return [
        log.update(SHIPMENT, "in_transit", "label_created", **common, description="Departed", code="I/DP"),
        log.state(SHIPMENT, "in_transit", "label_created", **common, order={"tier": "vip"}),
        log.case("operations", SHIPMENT, "c1", **common),
        log.message(SHIPMENT, "m1", "held", reason="settling", **common),
        log.dead("unmapped_code", "fedex/ZZ", "no table knows FedEx code ZZ"),
    ]


@pytest.fixture
def told(site: Site) -> Site:
    site.tell(*a_story(Log()))  # type: ignore[arg-type]
    return site


def test_the_queue_shows_the_case_with_its_terms_action_and_due_date(told: Site) -> None:
    status, page, _ = told.get("/")
    assert status == 200
    for text in ("Open exceptions", "Stalled", "Urgent <b>65</b>", "Open a trace with the carrier", "in 4 h",
                 "1Z999AA10123456784", "severity.stalled", "As of", "Operations"):  # fmt: skip
        assert text in page, text


def test_a_tile_tells_of_what_is_in_shadow_only_where_something_is(site: Site) -> None:
    log = Log()
    site.tell(*a_story(log))  # type: ignore[arg-type]
    assert "In shadow" not in site.get("/")[1]
    shadow = {"topic": "shadow-exceptions", "shadow": "policy"}
    site.tell(log.case("operations", SHIPMENT, "s1", **shadow), log.case("support", "ups:1Z2", "s2", **shadow))

    _, page, _ = site.get("/")

    assert "Candidate policy: <b>2</b> open, <b>1</b> of them not live; <b>0</b> live ones" in page


def test_the_shipment_shows_timeline_evidence_messages_and_order(told: Site) -> None:
    status, page, _ = told.get(f"/shipments/{SHIPMENT}")
    assert status == 200
    for text in ("Label created → In transit", "Departed · UPS code I/DP", "Stalled: opened", "Hours without scan",
                 "51.5", "stalled.ground.hours", "Proactive apology to the customer: held, settling",
                 "Settling", "A-1001", "vip", "2026-03-01", f"wismo explain {SHIPMENT}"):  # fmt: skip
        assert text in page, text


def test_the_shipment_says_that_a_message_waits_for_its_orders_letter_and_that_it_went_in_it(site: Site) -> None:
    log, slot = Log(), {"digest_at": "2026-03-02T18:00:00Z"}
    waits = {"reason": "budget", "not_before": slot["digest_at"], **slot}
    site.tell(log.state(SHIPMENT, "in_transit"), log.message(SHIPMENT, "m1", "held", **waits))

    _, page, _ = site.get(f"/shipments/{SHIPMENT}")
    assert "waits for the one letter of its split order" in page
    assert "not before" not in page

    site.tell(log.message(SHIPMENT, "m1", "send", **slot))
    assert "in the one letter of its split order" in site.get(f"/shipments/{SHIPMENT}")[1]


def test_a_command_to_copy_is_safe_in_a_shell(site: Site) -> None:
    site.tell(Log().state("ups:1Z;reboot", "delivered"))
    _, page, _ = site.get("/shipments/ups:1Z;reboot")
    assert "wismo explain &#39;ups:1Z;reboot&#39;" in page


def test_carriers_and_feeds(told: Site) -> None:
    _, carriers, _ = told.get("/carriers")
    assert "UPS" in carriers
    assert "/?carrier=ups&amp;kind=stalled" in carriers
    _, feeds, _ = told.get("/feeds")
    for text in ("Unmapped code", "no table knows FedEx code ZZ", "dead-letters/0/0", "carrier-scans/2/41", "Fresh"):
        assert text in feeds, text


@pytest.mark.parametrize(
    "typed",
    [SHIPMENT, "UPS:1z999aa1 0123456784", "A-1001", "a1001", "C-77", "1Z999AA10123456784", "1z-999-aa1-0123456784"],
)
def test_one_hit_opens_at_once(told: Site, typed: str) -> None:
    status, _, headers = told.get("/search", params={"q": typed})
    assert (status, headers["Location"]) == (303, f"/shipments/{SHIPMENT}")


def test_several_hits_are_listed(told: Site) -> None:
    log = Log(start=100)
    told.tell(log.state("ups:1Z2", "delivered", order_id="B-2"), log.state("ups:1Z3", "delivered", order_id="B-2"))
    status, page, _ = told.get("/search", params={"q": "b-2"})
    assert status == 200
    assert "1Z2" in page
    assert "1Z3" in page


def test_filters_are_in_the_url(told: Site) -> None:
    assert "No open case matches" in told.get("/?kind=damaged")[1]
    page = told.get("/?owner=operations&carrier=ups&severity=urgent")[1]
    assert "Stalled</strong>" in page
    assert '<option value="operations" selected>' in page
    assert 'href="/?severity=urgent&amp;carrier=ups"' in page, "the chip that removes the owner"
    assert "Stalled</strong>" in told.get("/?kind=none-such&owner=evil")[1], "values that do not exist filter nothing"


def test_empty_pages_say_what_to_do(site: Site) -> None:
    assert "Nothing is open" in site.get("/")[1]
    assert "carrier-scans" in site.get("/carriers")[1]
    assert "No dead letters" in site.get("/feeds")[1]
    assert "Nothing found" in site.get("/search", params={"q": "nothing"})[1]
    status, page, _ = site.get("/shipments/ups:none")
    assert status == 404
    assert "knows no shipment" in page


def test_no_board_says_how_to_start_one(redis_url: str) -> None:
    site = new_site(redis_url)
    client = site.store._client
    for key in client.scan_iter(match=site.settings.redis_prefix + "*"):
        client.delete(key)
    assert "python -m sinks.board" in site.get("/")[1]


def test_a_board_under_construction_says_so(told: Site) -> None:
    told.store.begin("x")
    assert "being rebuilt" in told.get("/")[1]


@pytest.mark.parametrize("path", [*PAGES[:4], "/nope"])
def test_redis_away_is_a_page_that_explains(path: str) -> None:

    settings = Settings(redis_url="redis://127.0.0.1:9/0")
    site = Site(settings, BoardStore(redis.Redis(), Keys("x:")))
    status, page, headers = site.get(path)
    assert (status, "does not answer" in page) == ((404, False) if path == "/nope" else (503, True))
    assert "Content-Security-Policy" in headers


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"


class Tags(HTMLParser):
    """Everything a browser would make of a page that could run or load something."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str | None] = []
        self.dangers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "script":
            self.scripts.append(named.get("src"))
        if tag in ("img", "iframe", "object", "embed", "style", "base"):
            self.dangers.append(tag)
        self.dangers += [name for name in named if name.startswith("on") or name == "style"]
        self.dangers += [
            v for k, v in attrs if k in ("href", "src", "action") and v and v.lower().startswith("javascript:")
        ]


def hostile_story(log: Log) -> list[object]:
    subject = f"ups:{HOSTILE}"
    names = "order_id customer_id promise_date storefront service_level exception_reason previous_state carrier".split()
    common = dict.fromkeys([*names, "tracking_number"], HOSTILE)
    everything = [{"fact": HOSTILE, "observed": HOSTILE, "limit": HOSTILE, "policy": HOSTILE}, HOSTILE]
    terms = {HOSTILE: {"points": HOSTILE, "value": HOSTILE, "policy": HOSTILE}}
    return [
        log.update(subject, HOSTILE, **common, description=HOSTILE, code=HOSTILE, location={"city": HOSTILE},
                   linked_by=HOSTILE, time_quality=HOSTILE, flags=[HOSTILE], **{"class": HOSTILE}),
        log.state(subject, HOSTILE, **common, flags=[HOSTILE], direction="return", estimated_delivery_at=HOSTILE,
                  order={HOSTILE: HOSTILE}, open_tickets=[HOSTILE], contradictions=[HOSTILE],
                  suppressed_cases=[{"kind": HOSTILE, "hidden_by": HOSTILE}]),
        log.case("support", subject, "c" + HOSTILE, **common, kind=HOSTILE, severity=HOSTILE, assignee=HOSTILE,
                 next_action=HOSTILE, evidence=everything, terms=terms, watchers=[HOSTILE], posture=HOSTILE,
                 title=HOSTILE,
                 hidden_by=HOSTILE, note=HOSTILE,
                 open_tickets=[HOSTILE], decision=HOSTILE, decided_by=HOSTILE, policy_version=HOSTILE, change=HOSTILE),
        log.message(subject, "m" + HOSTILE, HOSTILE, reason=HOSTILE, text=HOSTILE, kind=HOSTILE, **{"class": HOSTILE}),
        log.event("notification-receipts", subject, channel=HOSTILE, result=HOSTILE, reason=HOSTILE,
                  message_id="m" + HOSTILE),
        log.dead(HOSTILE, HOSTILE, HOSTILE),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/carriers",
        "/feeds",
        "/search?q=A",
        "/search",
        "/shipments",
        "/none",
        "/?text=",
        "/?carrier=",
        "/shipments/none/",
    ],
)
def test_hostile_strings_in_every_field_stay_text(site: Site, path: str) -> None:
    site.tell(*hostile_story(Log()))  # type: ignore[arg-type]
    if path == "/shipments":
        path = f"/shipments/{quote('ups:' + HOSTILE, safe='')}"
    elif path.endswith(("=", "/none/")):
        path += quote(HOSTILE, safe="")
    elif path == "/search":
        path = f"/search?q={quote(HOSTILE)}x"
    _, page, headers = site.get(path)
    tags = Tags()
    tags.feed(page)
    assert tags.dangers == []
    assert [script and script.partition("?")[0] for script in tags.scripts] == ["/static/board.js"]
    assert "<script>alert" not in page
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_hostile_shipment_can_still_be_opened(site: Site) -> None:
    site.tell(*hostile_story(Log()))  # type: ignore[arg-type]
    status, page, _ = site.get(f"/shipments/{quote('ups:' + HOSTILE, safe='')}")
    assert status == 200
    assert html.escape(HOSTILE, quote=False)[:20] in page


def test_other_names_for_this_address_are_not_answered(told: Site) -> None:
    assert told.get("/", headers={"Host": "evil.example"})[0] == 421
    assert told.get("/", headers={"Host": "localhost:8080"})[0] == 200


def test_allowed_names_are_answered(redis_url: str) -> None:
    site = new_site(redis_url, web_allowed_hosts="board.internal")
    assert site.get("/", headers={"Host": "board.internal"})[0] == 200
    assert site.get("/", headers={"Host": "evil.example"})[0] == 421


def test_pages_are_not_kept_and_not_framed(told: Site) -> None:
    for path in PAGES:
        _, _, headers = told.get(path)
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_an_open_page_is_told_of_a_change(told: Site) -> None:
    async def question(client: Client) -> dict[str, object]:
        async with client.get("/live") as stream:
            assert stream.headers["Content-Type"] == "text/event-stream"
            record = Log(NOON).case("support", "ups:1Z7", "c7")
            await asyncio.sleep(0.5)
            await asyncio.to_thread(told.tell, record)
            async with asyncio.timeout(10):
                async for line in stream.content:
                    if line.startswith(b"data: ") and b"1Z7" in line:
                        found: dict[str, object] = json.loads(line[6:])
                        return found
        raise AssertionError

    assert told.ask(question)["topics"] == ["exceptions-support"]


def test_health_and_metrics(told: Site) -> None:
    assert told.get("/livez")[0] == 200
    assert json.loads(told.get("/readyz")[1])["checks"] == {"redis": {"ok": True}}
    assert 'wismo_build_info{role="web"' in told.get("/metrics")[1]


def test_a_recording_is_seen_at_its_own_time(told: Site) -> None:
    page = told.get("/")[1]
    assert "2026-03-02 12:00:00 UTC" in page
    assert "this is a recording" in page


def test_the_wall_clock_may_be_asked_for(redis_url: str) -> None:
    site = new_site(redis_url, web_clock="wall")
    site.tell(Log().case("support", "ups:1Z7", "c7", due_by=rfc3339(NOON)))
    page = site.get("/")[1]
    assert "overdue" in page
    assert "this is a recording" not in page
