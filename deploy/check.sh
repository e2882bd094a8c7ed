#!/bin/sh
# Check the files in this folder with the programs that read them: nginx, promtool (Debian: `apt-get install nginx
# prometheus`), and from PyPI a validator of Kubernetes manifests and Grafana's own classes.
set -eu
cd "$(dirname "$0")"
tools="$(mktemp -d)"
trap 'rm -rf "$tools"' EXIT

nginx -t -p "$PWD" -c nginx.conf
(cd prometheus && promtool check rules alerts.yml && promtool test rules alerts_test.yml)
python3 -m venv "$tools"
"$tools/bin/pip" install --quiet "kubernetes-validate==1.37.0" "grafana-foundation-sdk==1769699998!10.1.0"
"$tools/bin/kubernetes-validate" --strict --kubernetes-version 1.33 kubernetes.yaml
"$tools/bin/python" -c 'import json, sys
from grafana_foundation_sdk.models.dashboard import Dashboard
print("dashboard with", len(Dashboard.from_json(json.load(sys.stdin)).panels), "panels")' < grafana/borneout.json
