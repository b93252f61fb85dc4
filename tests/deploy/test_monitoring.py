"""Dashboards and alerts name metrics that exist, alerts are tested both ways and have a runbook section."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
RULES_FILE = ROOT / "deploy/prometheus/rules.yml"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(RULES_FILE.read_text())["groups"] for rule in group["rules"]
]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/dashboards/wismo.json").read_text())
METRICS: list[dict[str, Any]] = yaml.safe_load((ROOT / "deploy/metrics.yaml").read_text())["metrics"]
SUFFIXES = {"histogram": ("_bucket", "_count", "_sum")}
SERIES = {metric["name"] + suffix: metric for metric in METRICS for suffix in SUFFIXES.get(metric["type"], ("",))}
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
# Labels that Prometheus adds, or that a histogram's buckets have.
FREE_LABELS = {"job", "instance", "le"}


def _panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


EXPRESSIONS = [rule["expr"] for rule in RULES] + [t["expr"] for panel in _panels() for t in panel["targets"]]


def _strangers(expression: str) -> set[str]:
    """The series, labels and recorded names in an expression that nothing provides."""
    names = set(re.findall(r"\bwismo_\w+", expression))
    labels = {label for name in names & SERIES.keys() for label in SERIES[name]["labels"]} | FREE_LABELS
    grouped = {word for words in re.findall(r"\bby \(([^)]*)\)", expression) for word in re.split(r",\s*", words)}
    matched = set(re.findall(r"[{,]\s*(\w+)\s*(?:=~|!~|!=|=)", expression))
    recorded = set(re.findall(r"\bwismo:\w+(?::\w+)*", expression))
    return (names - SERIES.keys()) | ((grouped | matched) - labels) | (recorded - RECORDED)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_use_series_and_labels_that_exist(expression: str) -> None:
    assert _strangers(expression) == set()


@pytest.mark.parametrize(
    ("expression", "stranger"),
    [
        ("rate(wismo_events_total[5m])", "wismo_events_total"),
        ("sum by (carrier) (wismo_consumer_lag_records)", "carrier"),
        ('wismo_dead_letters_total{kind="x"}', "kind"),
        ("wismo:late_ratio:rate2m > 1", "wismo:late_ratio:rate2m"),
        ("wismo_end_to_end_seconds", "wismo_end_to_end_seconds"),
    ],
)
def test_a_stranger_is_found(expression: str, stranger: str) -> None:
    assert _strangers(expression) == {stranger}


def test_metric_names_follow_the_rules_of_prometheus() -> None:
    assert len({metric["name"] for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert re.fullmatch(r"wismo_[a-z_]+", metric["name"])
        assert (metric["type"] == "counter") == metric["name"].endswith("_total"), metric["name"]
        assert not {"shipment", "tracking_number", "order", "customer"} & set(metric["labels"]), metric["name"]


def test_the_dashboard_can_be_linked_to_and_moved() -> None:
    assert DASHBOARD["uid"] == "wismo-overview"
    assert [variable["type"] for variable in DASHBOARD["templating"]["list"]] == ["datasource"]
    sources = {target["datasource"]["uid"] for panel in _panels() for target in panel["targets"]}
    assert sources == {"${datasource}"}
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert all(panel["title"] and panel["description"] for panel in _panels())


def test_the_dashboard_finds_its_provisioned_data_source() -> None:
    provisioned = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text())
    uids = [source["uid"] for source in provisioned["datasources"]]
    assert DASHBOARD["templating"]["list"][0]["current"]["value"] in uids


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_it_means_and_where_to_read_on(name: str) -> None:
    alert = ALERTS[name]
    assert re.fullmatch(r"Wismo[A-Za-z]+", name)
    assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    assert alert["annotations"].keys() == {"summary", "description", "runbook"}
    assert alert["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"
    assert f"\n## {name}\n" in (ROOT / "docs/runbook.md").read_text()


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_is_tested_both_ways(name: str) -> None:
    cases = yaml.safe_load((ROOT / "deploy/prometheus/rules_test.yml").read_text())["tests"]
    tests = [test for case in cases for test in case["alert_rule_test"] if test["alertname"] == name]
    assert {bool(test["exp_alerts"]) for test in tests} == {True, False}


@pytest.mark.parametrize(
    "arguments",
    [["check", "rules", "rules.yml"], ["test", "rules", "rules_test.yml"], ["check", "config", "prometheus.yml"]],
    ids=["rules", "tests", "config"],
)
def test_promtool_agrees(arguments: list[str]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("needs promtool (Debian: apt-get install prometheus)")
    done = subprocess.run([promtool, *arguments], cwd=RULES_FILE.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
