"""A kustomization as plain documents: by ``kubectl kustomize`` where it is installed, else by the small reader here.

The reader knows what k8s/ uses: resources, labels, namespace, images, configMapGenerator (envs, literals, merge)
with the hash in its name, and strategic merge patches with or without a target's kind. A field it does not know is
refused by name. That both say the same is a test.
"""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

Document = dict[str, Any]

FIELDS: Final = frozenset(
    {
        "apiVersion",
        "kind",
        "namespace",
        "resources",
        "labels",
        "images",
        "configMapGenerator",
        "patches",
    }
)
MERGED_BY: Final = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "ports": "containerPort",
}
"""Lists of which a patch changes the entry with the same key (the API's ``x-kubernetes-patch-merge-key``)."""
WITHOUT_NAMESPACE: Final = frozenset({"Namespace", "PersistentVolume", "ClusterRole", "ClusterRoleBinding"})
ALPHABET: Final = str.maketrans({"0": "g", "1": "h", "3": "k", "a": "m", "e": "t"})
"""Kustomize writes its hashes without letters and digits that could spell a word."""


class Unknown(Exception):
    """The kustomization cannot be read, or uses what the reader does not know."""


def render(folder: Path) -> tuple[list[Document], str]:
    """(documents, who rendered them)."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        return Reader(folder).documents(), "the reader of deployment/checks"
    run = subprocess.run([kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise Unknown(run.stderr.strip() or f"kubectl kustomize ended with {run.returncode}")
    return load(run.stdout), "kubectl kustomize"


def load(text: str) -> list[Document]:
    try:
        return [document for document in yaml.safe_load_all(text) if document is not None]
    except yaml.YAMLError as error:
        raise Unknown(str(error)) from error


class Reader:
    """One folder with a kustomization.yaml."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def documents(self) -> list[Document]:
        """What ``kubectl kustomize`` gives, in the order of the resources."""
        found, generated = self._collect()
        names = {name: f"{name}-{digest(document['data'])}" for name, document in generated.items()}
        for document in found:
            _rename(document, names)
        for name, document in generated.items():
            document["metadata"]["name"] = names[name]
        return [*found, *generated.values()]

    def _collect(self) -> tuple[list[Document], dict[str, Document]]:
        """Documents without the generated ones, and those by the names they are asked for."""
        wish = self._wish()
        found: list[Document] = []
        generated: dict[str, Document] = {}
        for name in wish.get("resources", []):
            path = self._folder / name
            if path.is_dir():
                documents, maps = Reader(path)._collect()
                found += documents
                generated |= maps
            else:
                found += load(self._text(name))
        for entry in wish.get("configMapGenerator", []):
            data = self._data(entry)
            if entry.get("behavior") == "merge":
                generated[entry["name"]]["data"] |= data
            else:
                metadata = {"name": entry["name"]}
                whole = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
                generated[entry["name"]] = whole
        for entry in wish.get("patches", []):
            self._patch(found, entry)
        self._name_images(found, wish.get("images", []))
        for document in (*found, *generated.values()):
            self._place(document)
        return found, generated

    def _wish(self) -> Document:
        (wish,) = load(self._text("kustomization.yaml"))
        unknown = sorted(set(wish) - FIELDS)
        if unknown:
            raise Unknown(f"{self._folder / 'kustomization.yaml'}: {', '.join(unknown)}: kubectl is needed")
        return wish

    def _text(self, name: str) -> str:
        try:
            return (self._folder / name).read_text(encoding="utf-8")
        except OSError as error:
            raise Unknown(f"{self._folder / name}: {error.strerror}") from error

    def _data(self, entry: Document) -> dict[str, str]:
        lines = list(entry.get("literals", []))
        for name in entry.get("envs", []):
            lines += [line for line in self._text(name).splitlines() if line and not line.startswith("#")]
        return dict(line.split("=", 1) for line in lines)

    def _patch(self, found: list[Document], entry: Document) -> None:
        (patch,) = load(self._text(entry["path"]))
        kind = entry.get("target", {}).get("kind")
        if kind is None:
            chosen = [
                document
                for document in found
                if (document["kind"], document["metadata"]["name"])
                == (patch["kind"], patch["metadata"]["name"])
            ]
        else:
            chosen = [document for document in found if document["kind"] == kind]
        if not chosen:
            raise Unknown(f"{self._folder / entry['path']}: nothing to patch")
        change = {name: value for name, value in patch.items() if name not in {"metadata", "kind"}}
        for document in chosen:
            merge(document, json.loads(json.dumps(change)))

    def _name_images(self, found: list[Document], images: list[Document]) -> None:
        for container in (each for document in found for each in containers(document)):
            for entry in images:
                if container.get("image", "").partition(":")[0] == entry["name"]:
                    tag = entry.get("newTag") or container["image"].partition(":")[2]
                    container["image"] = f"{entry.get('newName', entry['name'])}:{tag}"

    def _place(self, document: Document) -> None:
        """Give it the labels and the namespace of this kustomization."""
        wish = self._wish()
        metadata = document["metadata"]
        for entry in wish.get("labels", []):
            metadata["labels"] = {**metadata.get("labels", {}), **entry["pairs"]}
        if "namespace" in wish and document["kind"] not in WITHOUT_NAMESPACE:
            metadata["namespace"] = wish["namespace"]


def merge(target: Document, change: Document) -> None:
    """A strategic merge patch: maps are merged, keyed lists by their key, other lists replaced."""
    for name, value in change.items():
        old = target.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            merge(old, value)
        elif isinstance(value, list) and isinstance(old, list) and name in MERGED_BY:
            key = MERGED_BY[name]
            known = {entry[key]: entry for entry in old}
            fresh = [entry for entry in value if entry[key] not in known]
            for entry in value:
                if entry[key] in known:
                    merge(known[entry[key]], entry)
            target[name] = [*fresh, *old]
        else:
            target[name] = value


def containers(document: Document) -> Iterator[Document]:
    """Every container of a document, those that run first included."""
    pod = pod_of(document)
    for name in ("initContainers", "containers"):
        yield from pod.get(name, [])


def pod_of(document: Document) -> Document:
    """The pod's description; empty for a document without one."""
    spec: Document = document.get("spec") or {}
    found: Document = spec.get("template", {}).get("spec", {}) if isinstance(spec, dict) else {}
    return found


def digest(data: dict[str, str]) -> str:
    """The suffix that kustomize gives to the name of a generated ConfigMap."""
    whole = {"data": data, "kind": "ConfigMap", "name": ""}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:10].translate(ALPHABET)


def _rename(document: Document, names: dict[str, str]) -> None:
    for container in containers(document):
        for entry in container.get("envFrom", []):
            reference = entry.get("configMapRef", {})
            if reference.get("name") in names:
                reference["name"] = names[reference["name"]]
