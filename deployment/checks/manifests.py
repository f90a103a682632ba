"""What Kubernetes would be told: each document valid against its schema, and fit for this house.

``kubernetes-validate`` carries the schemas, so that nothing is asked of a network. The rules beyond them come from the
project itself: queues, variables, shutdown times and addresses are asked of the settings, not written down again.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import kubernetes_validate

from deployment.checks.kustomize import Document, Unknown, containers, pod_of, render
from deployment.checks.project import UNSET
from deployment.checks.report import Report
from deployment.tree import files

FOLDERS: Final = ("k8s/base", "k8s/example")
VERSIONS: Final = ("1.32", "1.36")
"""The oldest and the newest Kubernetes that the manifests are held against."""
PAGES: Final = ("README.md", "docs/operation.md")
ELSEWHERE: Final = frozenset({"REMAP_SIGTERM", "PROMETHEUS_MULTIPROC_DIR"})
"""Variables that a package of ours reads."""
INSIDE: Final = frozenset({"healthz", "readyz", "metrics"})
"""Addresses that are not for the outside."""
AIR: Final = 5
"""Seconds between the end that a program promises and the end that is forced."""

FACTS: Final = """
import json, django
django.setup()
from django.conf import settings
from django.urls import get_resolver
from luckygas import queues
from luckygas.celery import app
from deployment import gunicorn
tops = {str(p.pattern).strip("^").split("/")[0].split("<")[0] for p in get_resolver().url_patterns}
# What is mounted without a prefix of its own (the floors' pages) names its addresses itself.
for pattern in get_resolver().url_patterns:
    if str(pattern.pattern) in ("", "^"):
        tops |= {str(p.pattern).split("/")[0] for p in getattr(pattern, "url_patterns", [])}
app.loader.import_default_modules()
print(json.dumps({
    "queues": queues.QUEUES,
    "lanes": sorted({getattr(task, "lane", "critical") for name, task in app.tasks.items() if "celery." not in name}),
    "soft": settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT,
    "graceful": gunicorn.graceful_timeout,
    "tops": sorted(tops - {""}) + ["static", "ws"],
}))
"""


def check(root: Path) -> Report:
    """Every kustomization is rendered, validated and held against the house."""
    report = Report()
    facts = _facts(root, report)
    if facts is None:
        return report
    known, told = variables(root), documented(root)
    for folder in FOLDERS:
        try:
            documents, who = render(root / folder)
        except Unknown as error:
            report.problems.append(f"{folder}: {error}")
            continue
        report.told.append(f"{folder}: {len(documents)} documents, rendered by {who}")
        report.problems += [f"{folder}: {line}" for line in problems(documents, facts, known, told)]
    return report


def _facts(root: Path, report: Report) -> dict[str, Any] | None:
    run = subprocess.run(
        [sys.executable, "-c", FACTS],
        cwd=root,
        env={**UNSET, **os.environ, "DJANGO_SETTINGS_MODULE": "luckygas.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        report.problems += ["the settings cannot be asked:", *run.stderr.splitlines()[-20:]]
        return None
    facts: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return facts


def documented(root: Path) -> set[str]:
    """Names that the README or the page on operation explain."""
    text = "".join((root / path).read_text(encoding="utf-8") for path in PAGES)
    return set(re.findall(r"\b[A-Z][A-Z0-9_]{2,}\b", text))


def variables(root: Path) -> set[str]:
    """Every variable that the house reads: capital names in quotes in what becomes the image."""
    found = set(ELSEWHERE)
    for path in files(root):
        ours = path.startswith("luckygas/") or path == "deployment/gunicorn.py"
        if ours and path.endswith(".py") and "/tests/" not in path:
            found |= set(re.findall(r'"([A-Z][A-Z0-9_]{2,})"', (root / path).read_text(encoding="utf-8")))
    return found


def problems(
    documents: list[Document], facts: dict[str, Any], known: set[str], told: set[str]
) -> Iterator[str]:
    """A line for each thing that is wrong; ``known`` variables are read by the house, ``told`` ones explained."""
    for document in documents:
        name = f"{document.get('kind')}/{document.get('metadata', {}).get('name')}"
        invalid = [f"{name}: {line}" for line in _schema(document)]
        yield from invalid
        if not invalid and pod_of(document):
            yield from (f"{name}: {line}" for line in _pod(document, facts))
    deployments = [document for document in documents if document.get("kind") == "Deployment"]
    yield from _queues(deployments, facts)
    yield from _selectors(documents)
    yield from _variables(documents, known, told)
    yield from _references(documents)
    yield from _outside(documents, facts)


def _schema(document: Document) -> list[str]:
    text = json.dumps(document, sort_keys=True)
    return [line for version in VERSIONS for line in _invalid(text, version)]


@lru_cache(maxsize=500)
def _invalid(text: str, version: str) -> list[str]:
    """What the schema of a version says to a document; most are the same in each overlay."""
    try:
        kubernetes_validate.validate(json.loads(text), version, strict=True)
    except kubernetes_validate.ValidationError as error:
        where = ".".join(map(str, error.path))
        return [f"{where}: {error.message[:200]} (Kubernetes {version})"]
    except (kubernetes_validate.SchemaNotFoundError, kubernetes_validate.InvalidSchemaError) as error:
        return [f"no such kind: {error} (Kubernetes {version})"]
    return []


def _pod(document: Document, facts: dict[str, Any]) -> Iterator[str]:
    pod = pod_of(document)
    safe = pod.get("securityContext", {})
    if safe.get("runAsNonRoot") is not True or not safe.get("runAsUser"):
        yield "may run as root (securityContext.runAsNonRoot, runAsUser)"
    if safe.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "has no seccompProfile RuntimeDefault"
    if pod.get("automountServiceAccountToken") is not False:
        yield "gets a token of the cluster (automountServiceAccountToken)"
    volumes = {entry["name"] for entry in pod.get("volumes", [])}
    for container in containers(document):
        yield from _container(container)
        for entry in container.get("volumeMounts", []):
            if entry["name"] not in volumes:
                yield f"mounts {entry['name']!r}, which is no volume of the pod"
    for container in pod["containers"] if document["kind"] == "Deployment" else ():
        if "livenessProbe" not in container:
            yield f"{container['name']} has no livenessProbe"
    yield from _ending(pod, facts)


def _container(container: Document) -> Iterator[str]:
    name = container["name"]
    image = container.get("image", "")
    tag = image.rpartition("/")[2].partition(":")[2]
    if "@sha256:" not in image and tag in {"", "latest"}:
        yield f"{name}: the image {image!r} names no version"
    limits = container.get("resources", {})
    if "memory" not in limits.get("limits", {}) or {"cpu", "memory"} - set(limits.get("requests", {})):
        yield f"{name}: needs requests for cpu and memory and a limit for memory"
    safe = container.get("securityContext", {})
    if safe.get("allowPrivilegeEscalation") is not False:
        yield f"{name}: allowPrivilegeEscalation is not false"
    if safe.get("readOnlyRootFilesystem") is not True:
        yield f"{name}: readOnlyRootFilesystem is not true"
    if safe.get("capabilities", {}).get("drop") != ["ALL"]:
        yield f"{name}: keeps capabilities"


def _ending(pod: Document, facts: dict[str, Any]) -> Iterator[str]:
    """Who is asked to end gets the time that the program takes for it."""
    grace = pod.get("terminationGracePeriodSeconds", 30)
    for container in pod["containers"]:
        command = container.get("command", [])
        stop = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", [])
        wait = int(stop[1]) if stop[:1] == ["sleep"] else 0
        if "worker" in command:
            if {"name": "REMAP_SIGTERM", "value": "SIGQUIT"} not in container.get("env", []):
                yield "the worker ends its tasks without hurry: REMAP_SIGTERM=SIGQUIT is missing"
            if grace < facts["soft"] + 30:
                yield f"terminationGracePeriodSeconds {grace} < soft shutdown {facts['soft']} + 30"
        elif not command and grace < wait + facts["graceful"] + AIR:
            yield f"terminationGracePeriodSeconds {grace} < preStop {wait} + graceful {facts['graceful']} + {AIR}"
        if container.get("ports") and not wait:
            yield f"{container['name']} is asked over the network and has no preStop sleep"


def _queues(deployments: list[Document], facts: dict[str, Any]) -> Iterator[str]:
    served: dict[str, str] = {}
    for document in deployments:
        for container in containers(document):
            command = container.get("command", [])
            if "-Q" in command:
                for queue in command[command.index("-Q") + 1].split(","):
                    served[queue] = document["metadata"]["name"]
            if "beat" in command:
                spec = document["spec"]
                if spec.get("replicas") != 1 or spec.get("strategy", {}).get("type") != "Recreate":
                    yield f"{document['metadata']['name']}: two clocks could tick (replicas 1, strategy Recreate)"
    for queue in sorted(set(facts["queues"]) - set(served)):
        yield f"no worker serves the queue {queue!r}"
    for queue in sorted(set(served) - set(facts["queues"])):
        yield f"{served[queue]} serves {queue!r}, which is no queue of ours"
    for lane in sorted(set(facts["lanes"]) - set(facts["queues"])):
        yield f"a task goes to {lane!r}, which is no queue of ours"


def _selectors(documents: list[Document]) -> Iterator[str]:
    """Services, budgets and Deployments choose pods that there are."""
    pods = [
        document["spec"]["template"]["metadata"].get("labels", {})
        for document in documents
        if pod_of(document)
    ]
    for document in documents:
        spec = document.get("spec") or {}
        selector = spec.get("selector", {}) if document["kind"] != "Job" else {}
        wanted = selector.get("matchLabels", selector) if isinstance(selector, dict) else {}
        if wanted and not any(wanted.items() <= labels.items() for labels in pods):
            yield f"{document['kind']}/{document['metadata']['name']}: chooses no pod ({wanted})"


def _variables(documents: list[Document], known: set[str], told: set[str]) -> Iterator[str]:
    named = {name for document in documents if document["kind"] == "ConfigMap" for name in document["data"]}
    for document in documents:
        for container in containers(document):
            named |= {entry["name"] for entry in container.get("env", [])}
    for name in sorted(named):
        if name not in known and name.removesuffix("_FILE") not in known:
            yield f"{name} is set, and nothing in the house reads it"
        elif name not in told and name.removesuffix("_FILE") not in told:
            yield f"{name} is set, and neither {' nor '.join(PAGES)} says what it is"


def _references(documents: list[Document]) -> Iterator[str]:
    maps = {document["metadata"]["name"] for document in documents if document["kind"] == "ConfigMap"}
    claims = {d["metadata"]["name"] for d in documents if d["kind"] == "PersistentVolumeClaim"}
    for document in documents:
        for container in containers(document):
            for entry in container.get("envFrom", []):
                name = entry.get("configMapRef", {}).get("name")
                if name is not None and name not in maps:
                    yield f"{document['metadata']['name']}: there is no ConfigMap {name!r}"
        for volume in pod_of(document).get("volumes", []):
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            if claim is not None and claim not in claims:
                yield f"{document['metadata']['name']}: there is no PersistentVolumeClaim {claim!r}"


def _outside(documents: list[Document], facts: dict[str, Any]) -> Iterator[str]:
    """Every address of the house is led on from outside, but those that are for the inside."""
    ports = {
        document["metadata"]["name"]: {port.get("name") for port in document["spec"]["ports"]}
        for document in documents
        if document["kind"] == "Service"
    }
    led: set[str] = set()
    for document in documents:
        if document["kind"] != "Ingress":
            continue
        for path in (path for rule in document["spec"]["rules"] for path in rule["http"]["paths"]):
            led.add(path["path"].strip("/"))
            if path["path"] == "/" and path["pathType"] != "Exact":
                yield "Ingress: / as a prefix leads on /metrics, too"
            service = path["backend"]["service"]
            if service["port"].get("name") not in ports.get(service["name"], set()):
                yield f"Ingress: {path['path']} leads to a Service or port that is not there"
    for top in sorted(led & INSIDE):
        yield f"Ingress: /{top} is not for the outside"
    for top in sorted(set(facts["tops"]) - INSIDE - led):
        yield f"Ingress: /{top} is not led on"
