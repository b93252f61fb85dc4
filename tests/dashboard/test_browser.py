"""The pages in a real browser: each view, a new exception without a reload, and no error in its console."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dashboard.serving import Site, new_site, served
from tests.sinks.samples import Log

pytestmark = pytest.mark.browser
SHIPMENT = "ups:1Z999AA10123456784"
_FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --window-size=1400,1000""".split()


def _program(*names: str) -> str | None:
    return next((found for found in map(shutil.which, names) if found), None)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    chromium, driver = _program("chromium", "chromium-browser", "google-chrome"), _program("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("no chromium and chromedriver on PATH (Debian: chromium chromium-driver)")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*_FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver, env=dict(os.environ)))
    try:
        yield started
    finally:
        started.quit()


@pytest.fixture
def site(redis_url: str) -> Site:
    made = new_site(redis_url)
    log = Log()
    common = {"order_id": "A-1001", "customer_id": "C-77", "promise_date": "2026-03-04"}
    made.tell(
        log.update(SHIPMENT, "in_transit", "label_created", **common, description="Departed", code="I/DP"),
        log.state(SHIPMENT, "in_transit", "label_created", **common),
        log.case("operations", SHIPMENT, "c1", **common),
        log.message(SHIPMENT, "m1", "held", reason="settling", **common),
        log.dead("unmapped_code", "fedex/ZZ", "no table knows FedEx code ZZ"),
    )
    return made


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    with served(site) as found:
        yield found


def wait_for(browser: Any, condition: str, seconds: float = 15.0) -> Any:
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, seconds).until(lambda b: b.execute_script(f"return {condition}"))


def text(browser: Any, selector: str = "main") -> str:
    return str(browser.find_element("css selector", selector).text)


def errors(browser: Any) -> list[str]:
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


@pytest.mark.parametrize(
    ("path", "shows"),
    [
        ("/", ["Open exceptions", "Stalled", "Open a trace with the carrier", "As of"]),
        (f"/shipments/{SHIPMENT}", ["Timeline", "Label created → In transit", "Hours without scan", "Settling"]),
        ("/carriers", ["UPS", "Stalled"]),
        ("/feeds", ["Unmapped code", "no table knows FedEx code ZZ", "shipment-updates"]),
    ],
)
def test_each_view_opens_and_shows_its_content(browser: Any, address: str, path: str, shows: list[str]) -> None:
    browser.get(address + path)
    wait_for(browser, "document.querySelector('#dot.on') !== null")
    shown = text(browser)
    for expected in shows:
        assert expected in shown, expected
    assert errors(browser) == []


def test_a_new_exception_appears_without_a_reload(browser: Any, site: Site, address: str) -> None:
    browser.get(address + "/")
    wait_for(browser, "document.querySelector('#dot.on') !== null")
    browser.execute_script("window.notReloaded = true; document.querySelector('details').open = true;")
    site.tell(Log(start=50).case("support", "fedex:7777", "c2", kind="damaged", severity="critical", score=90))
    wait_for(browser, "document.querySelector('tr[data-key=c2]') !== null")
    first = text(browser, "#queue tbody tr:first-child")
    assert "Damaged" in first
    assert "7777" in first
    assert browser.execute_script("return window.notReloaded") is True
    assert browser.execute_script("return document.querySelector('tr[data-key=c1] details').open") is True
    assert text(browser, "#news") or browser.execute_script("return document.getElementById('news').textContent")
    assert errors(browser) == []


def test_a_page_of_another_shipment_is_left_alone(browser: Any, site: Site, address: str) -> None:
    browser.get(f"{address}/shipments/{SHIPMENT}")
    wait_for(browser, "document.querySelector('#dot.on') !== null")
    browser.execute_script("document.getElementById('live').dataset.same = 'yes'")
    with contextlib.suppress(Exception):
        wait_for(browser, "document.getElementById('live').dataset.same !== 'yes'", 2.0)
    browser.execute_script("document.getElementById('live').dataset.same = 'yes'")
    site.tell(Log(start=50).update("ups:other", "in_transit"))
    with contextlib.suppress(Exception):
        wait_for(browser, "document.getElementById('live').dataset.same !== 'yes'", 2.5)
    assert browser.execute_script("return document.getElementById('live').dataset.same") == "yes"
    site.tell(Log(start=60).update(SHIPMENT, "delivered", "in_transit", sequence=9, event_id="e9"))
    wait_for(browser, "document.querySelector('main').innerText.includes('Delivered')")


def test_a_filter_goes_into_the_url_and_can_be_taken_off(browser: Any, address: str) -> None:
    from selenium.webdriver.support.ui import Select

    browser.get(address + "/")
    Select(browser.find_element("name", "kind")).select_by_value("damaged")
    wait_for(browser, "location.search === '?kind=damaged'")
    assert "No open case matches" in text(browser)
    browser.find_element("css selector", "a.chip").click()
    wait_for(browser, "location.search === '' && document.querySelector('tr[data-key=c1]') !== null")


def test_search_is_a_key_away(browser: Any, address: str) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.get(address + "/")
    browser.find_element("tag name", "body").send_keys("/")
    browser.switch_to.active_element.send_keys("a-1001" + Keys.ENTER)
    wait_for(browser, "location.pathname.startsWith('/shipments/')")
    assert "1Z999AA10123456784" in text(browser, "h1")


def test_terms_open_with_the_keyboard(browser: Any, address: str) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.get(address + "/")
    summary = browser.find_element("css selector", "#queue summary")
    assert "Stalled 40" in summary.get_attribute("title")
    summary.send_keys(Keys.ENTER)
    assert "severity.stalled" in text(browser, "#queue")


def test_every_field_has_a_label(browser: Any, address: str) -> None:
    browser.get(address + "/")
    unnamed = browser.execute_script(
        "return [...document.querySelectorAll('input,select')].filter(e => !e.labels.length).map(e => e.name)"
    )
    assert unnamed == []


_CONTRAST = """
const lum = c => { const [r,g,b] = c.map(v => { v /= 255; return v <= .03928 ? v/12.92 : ((v+.055)/1.055)**2.4; });
  return .2126*r + .7152*g + .0722*b; };
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgb = text => { canvas.clearRect(0,0,1,1); canvas.fillStyle = text; canvas.fillRect(0,0,1,1);
  return [...canvas.getImageData(0,0,1,1).data]; };
const back = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
  if (c[3] > 250) return c; } return rgb('white'); };
const poor = [];
for (const e of document.querySelectorAll('main *, header *')) {
  const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  if (!own || !e.getClientRects().length || e.closest('.hidden') || e.matches('.zero, title')) continue;
  const [a, b] = [lum(rgb(getComputedStyle(e).color)), lum(back(e))].sort((x, y) => y - x);
  const ratio = (a + .05) / (b + .05);
  if (ratio < 4.5) poor.push(e.textContent.trim().slice(0, 30) + ' ' + ratio.toFixed(2));
}
return poor;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", f"/shipments/{SHIPMENT}", "/carriers", "/feeds"])
def test_text_can_be_read_in_light_and_dark(browser: Any, address: str, path: str, scheme: str) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    try:
        browser.get(address + path)
        assert browser.execute_script(_CONTRAST) == []
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_nothing_is_wider_than_a_phone(browser: Any, address: str) -> None:
    metrics = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        for path in ("/", f"/shipments/{SHIPMENT}", "/carriers", "/feeds"):
            browser.get(address + path)
            assert browser.execute_script("return document.documentElement.scrollWidth") <= 390, path
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_style_sheet_asks_for_nothing_from_elsewhere() -> None:
    folder = Path(__file__).parents[2] / "dashboard"
    files = [*folder.rglob("*.css"), *folder.rglob("*.js"), *folder.rglob("*.html")]
    assert files
    for file in files:
        content = file.read_text(encoding="utf-8")
        assert "://" not in content.replace("http://www.w3.org/2000/svg", ""), file.name
