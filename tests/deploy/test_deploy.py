"""The manifests for Kubernetes, the alerts and the dashboard; `deploy/check.sh` runs the programs that read them"""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from service import __version__
from service.config import Settings
from service.telemetry.metrics import Backlog, render_metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
MANIFESTS = {
    f"{one['kind']} {one['metadata']['name']}": one
    for one in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())
}
ALERTS = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
DASHBOARD = json.loads((DEPLOY / "grafana" / "borneout.json").read_text())


def test_pods(caplog):
    """
    Every pod runs the image of this version with known settings, without root, and without variables of the Service,
    one of which would look like a setting.
    """
    pods = [one["spec"]["template"]["spec"] for one in MANIFESTS.values() if "template" in one.get("spec", {})]
    assert 3 == len(pods)
    for pod in pods:
        [container] = pod["containers"]
        security = pod.get("securityContext", {}) | container["securityContext"]
        assert (f"borneout:{__version__}", True) == (container["image"], security["runAsNonRoot"])
        assert pod["enableServiceLinks"] is False
    Settings.from_env(MANIFESTS["ConfigMap borneout"]["data"])
    assert not caplog.records


def test_a_pod_stops_after_its_readers_left():
    """
    A pod of the API reports that it is stopping before it stops, and has time for the requests in flight.
    """
    pod = MANIFESTS["Deployment borneout-api"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert "$BORNEOUT_DATA_DIR/stopping; sleep 5" in container["lifecycle"]["preStop"]["exec"]["command"][-1]
    assert pod["terminationGracePeriodSeconds"] >= 5 + 20 + 10
    assert MANIFESTS["Service borneout"]["spec"]["selector"] == {"app": "borneout-api"}


def test_metrics_exist():
    """
    The alerts and the dashboard use only metrics that the service has.
    """
    page = render_metrics(Backlog(0, 0.0), is_cache_used=True).decode()
    known = {
        f"{name}_total" if kind == "counter" else name
        for name, kind in re.findall(r"# TYPE (\w+?)(?:_total)? (\w+)", page)
    }
    known |= {f"{name}_bucket" for name in known}
    expressions = [rule["expr"] for group in ALERTS["groups"] for rule in group["rules"]]
    expressions += [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    used = {name for expression in expressions for name in re.findall(r"borneout_\w+", expression)}
    assert 6 == len(used)
    assert set() == used - known
