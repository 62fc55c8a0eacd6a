"""What is deployed beside the product for those who operate it: alerts and a dashboard, held to what is counted."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from prometheus_client import REGISTRY

from seamline.operations.gauges import WorkGauges
from tests.brokers import Process
from tests.processes import REPOSITORY, Deployable, Yard, free_port
from tests.system.office import Office
from tests.tools import require_tool
from tests.waiting import eventually

DEPLOY = REPOSITORY / "deploy"
ALERTS = DEPLOY / "prometheus" / "alerts.yaml"
CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}"]
scrape_configs:
  - job_name: seam
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""
SENT = 7
_NAME = re.compile(r"\b((?:http|events?|contract|breaker|bulkhead|gateway|sagas?|job|leases|registry|service)_[a-z_]+)")
_BY = re.compile(r"by \([^)]*\)|\{\{[^}]*\}\}|\"[^\"]*\"|event_id")


def told() -> set[str]:
    """The names of all that is counted, as Prometheus keeps them."""
    names = {"breaker_open"}
    for family in [*REGISTRY.collect(), *WorkGauges().describe()]:
        names |= {family.name + end for end in ("", "_total", "_count", "_bucket", "_sum")}
    return names


def asked(expressions: list[str]) -> set[str]:
    return {name for expression in expressions for name in _NAME.findall(_BY.sub("", expression))}


def test_each_alert_goes_off_when_it_should_and_not_before() -> None:
    tests = ALERTS.with_name("alerts_test.yaml")
    done = subprocess.run(
        [require_tool("promtool"), "test", "rules", tests.name], cwd=tests.parent, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    names = re.findall(r"- alert: (\w+)", ALERTS.read_text())
    assert [name for name in names if f"alertname: {name}\n" not in tests.read_text()] == []


def test_alerts_and_dashboard_ask_for_what_is_counted() -> None:
    dashboard = json.loads((DEPLOY / "grafana" / "seam.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    rules = re.findall(r"expr: (?:\|\n)?((?:.|\n)*?)\n        (?:for|labels):|expr: (.*)", ALERTS.read_text())
    wanted = asked(expressions) | asked([first or second for first, second in rules])
    assert len(wanted) > 15
    assert wanted - told() == set()


def test_panels_do_not_lie_over_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads((DEPLOY / "grafana" / "seam.json").read_text())["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24, panel["title"]
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.fixture
def system(the_yard: Yard, the_system: Path, tmp_path: Path) -> Iterator[Deployable]:
    """The small system in two processes, which tell what both count."""
    counted = tmp_path / "counted"
    counted.mkdir()
    settings = {"WEB_WORKERS": "2", "PROMETHEUS_MULTIPROC_DIR": str(counted)}
    with the_yard.deployable("scraped", the_system, **settings) as deployable:
        yield deployable.start()
        deployable.stop()


def test_prometheus_finds_everything_and_can_follow_the_rules(system: Deployable, tmp_path: Path) -> None:
    office = Office(system.client)
    for _ in range(SENT):
        office.send()
    port, config = free_port(), tmp_path / "prometheus.yaml"
    config.write_text(CONFIG.format(rules=ALERTS, port=system.port))
    command = [require_tool("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'stored'}"]
    prometheus = Process([*command, f"--web.listen-address=127.0.0.1:{port}"], tmp_path / "prometheus.log")
    with ExitStack() as stack:
        stack.callback(prometheus.start().end, signal.SIGTERM)
        sent = 'sum(http_request_seconds_count{method="POST",route="/api/v1/parcels",status="201"})'
        eventually(lambda: value(port, sent), lambda number: number == SENT)
        eventually(lambda: value(port, "max(events_waiting)"), lambda number: number == 0)
        booked = 'sum(contract_call_seconds_count{caller="parcels",operation="depots/v1/book",outcome="ok"})'
        assert value(port, booked) == SENT
        [group] = eventually(lambda: ask(port, "rules")["groups"], lambda groups: groups and evaluated(groups[0]))
        assert {rule["health"] for rule in group["rules"]} == {"ok"}, group
        assert {rule["state"] for rule in group["rules"]} == {"inactive"}, group


def evaluated(group: dict[str, Any]) -> bool:
    return all(rule["health"] != "unknown" for rule in group["rules"])


def value(port: int, query: str) -> float | None:
    answer = ask(port, f"query?{urlencode({'query': query})}")
    return float(answer["result"][0]["value"][1]) if answer and answer["result"] else None


def ask(port: int, path: str) -> dict[str, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", f"/api/v1/{path}")
        answer: dict[str, Any] = json.load(connection.getresponse())
    except (OSError, ValueError):  # it is not there, or not ready
        return {}
    finally:
        connection.close()
    return answer["data"] if answer["status"] == "success" else {}
