"""What Kubernetes would be told is rendered twice alike, and each planted mistake is found and named."""

import shutil

import pytest
import yaml

from deployment.checks import kustomize, manifests
from deployment.checks.kustomize import Reader, Unknown
from deployment.tree import ROOT

BASE = ROOT / "k8s" / "base"
FACTS = {
    "queues": ["critical", "sync", "invoice", "sftp", "bulk", "solver"],
    "lanes": ["bulk", "critical"],
    "soft": 10,
    "graceful": 8,
    "tops": [],
}


@pytest.fixture(scope="module")
def known():
    return manifests.variables(ROOT), manifests.documented(ROOT)


@pytest.fixture
def documents():
    return Reader(BASE).documents()


def named(documents, kind, name):
    (found,) = [each for each in documents if each["kind"] == kind and each["metadata"]["name"] == name]
    return found


def pod(documents, name):
    return named(documents, "Deployment", name)["spec"]["template"]["spec"]


def said(documents, known, **facts):
    return list(manifests.problems(documents, FACTS | facts, *known))


def test_what_is_committed_has_no_problem(documents, known):
    assert said(documents, known) == []
    kinds = {each["kind"] for each in documents}
    assert kinds >= {
        "Namespace",
        "Deployment",
        "Job",
        "Service",
        "Ingress",
        "PodDisruptionBudget",
        "NetworkPolicy",
    }


@pytest.mark.parametrize("folder", manifests.FOLDERS)
def test_our_reader_says_what_kubectl_says(folder):
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")
    theirs, who = kustomize.render(ROOT / folder)
    assert who == "kubectl kustomize"

    def sortable(found):
        return sorted(found, key=lambda each: (each["kind"], each["metadata"]["name"]))

    assert sortable(Reader(ROOT / folder).documents()) == sortable(theirs)


def test_without_kubectl_our_reader_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert kustomize.render(BASE)[1] == "the reader of deployment/checks"


def container(documents, name="web"):
    return pod(documents, name)["containers"][0]


def plant_latest(documents):
    container(documents)["image"] = "lucky-gas:latest"
    return "Deployment/web: app: the image 'lucky-gas:latest' names no version"


def plant_words_for_a_number(documents):
    named(documents, "Deployment", "web")["spec"]["replicas"] = "two"
    return "Deployment/web: spec.replicas: 'two' is not of type 'integer'"


def plant_a_field_that_is_none(documents):
    container(documents)["readyProbe"] = {}
    return "'readyProbe' was unexpected"


def plant_root(documents):
    pod(documents, "worker-bulk")["securityContext"]["runAsNonRoot"] = False
    return "Deployment/worker-bulk: may run as root"


def plant_a_writable_root(documents):
    container(documents, "beat")["securityContext"]["readOnlyRootFilesystem"] = False
    return "Deployment/beat: app: readOnlyRootFilesystem is not true"


def plant_escalation(documents):
    del container(documents)["securityContext"]["allowPrivilegeEscalation"]
    return "Deployment/web: app: allowPrivilegeEscalation is not false"


def plant_no_limit(documents):
    del container(documents, "worker-sync")["resources"]["limits"]
    return "Deployment/worker-sync: app: needs requests for cpu and memory and a limit for memory"


def plant_no_probe(documents):
    del container(documents, "worker-sync")["livenessProbe"]
    return "Deployment/worker-sync: app has no livenessProbe"


def plant_a_queue_without_a_worker(documents):
    documents.remove(named(documents, "Deployment", "worker-sftp"))
    return "no worker serves the queue 'sftp'"


def plant_a_queue_that_is_none(documents):
    command = container(documents, "worker-sftp")["command"]
    command[command.index("-Q") + 1] = "sftp,mail"
    return "worker-sftp serves 'mail', which is no queue of ours"


def plant_an_unknown_variable(documents):
    container(documents)["env"].append({"name": "LUCKYGAS_ALOWED_HOSTS", "value": "x"})
    return "LUCKYGAS_ALOWED_HOSTS is set, and nothing in the house reads it"


def plant_a_variable_that_nobody_explains(documents):
    container(documents)["env"].append({"name": "DJANGO_SETTINGS_MODULE", "value": "x"})
    return "DJANGO_SETTINGS_MODULE is set, and neither README.md nor docs/operation.md says what it is"


def plant_a_short_end(documents):
    pod(documents, "worker-invoice")["terminationGracePeriodSeconds"] = 30
    return "Deployment/worker-invoice: terminationGracePeriodSeconds 30 < soft shutdown 10 + 30"


def plant_a_short_end_of_the_web(documents):
    pod(documents, "web")["terminationGracePeriodSeconds"] = 10
    return "Deployment/web: terminationGracePeriodSeconds 10 < preStop 5 + graceful 8 + 5"


def plant_two_clocks(documents):
    named(documents, "Deployment", "beat")["spec"]["replicas"] = 2
    return "beat: two clocks could tick"


def plant_a_service_of_nobody(documents):
    named(documents, "Service", "web")["spec"]["selector"] = {"app.kubernetes.io/component": "wep"}
    return "Service/web: chooses no pod"


def plant_a_map_that_is_not_there(documents):
    container(documents)["envFrom"] = [{"configMapRef": {"name": "setting"}}]
    return "web: there is no ConfigMap 'setting'"


def plant_metrics_outside(documents):
    paths = named(documents, "Ingress", "web")["spec"]["rules"][0]["http"]["paths"]
    paths.append({**paths[1], "path": "/metrics"})
    return "Ingress: /metrics is not for the outside"


def plant_everything_outside(documents):
    named(documents, "Ingress", "web")["spec"]["rules"][0]["http"]["paths"][0]["pathType"] = "Prefix"
    return "Ingress: / as a prefix leads on /metrics, too"


PLANTED = [value for name, value in sorted(globals().items()) if name.startswith("plant_")]


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_mistake_is_found(documents, known, plant):
    wanted = plant(documents)
    assert [line for line in said(documents, known) if wanted in line], said(documents, known)


def test_an_address_of_the_house_that_nobody_reaches_is_found(documents, known):
    assert said(documents, known, tops=["admin", "healthz", "track"]) == ["Ingress: /track is not led on"]
    assert said(documents, known, lanes=["mail"]) == ["a task goes to 'mail', which is no queue of ours"]


@pytest.mark.parametrize(
    ("field", "says"),
    [({"helmCharts": []}, "helmCharts"), ({"resources": ["gone.yaml"]}, "gone.yaml: No such file")],
)
def test_the_reader_refuses_what_it_does_not_know(tmp_path, field, says):
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(field))
    with pytest.raises(Unknown, match=says):
        Reader(tmp_path).documents()


def test_a_file_that_is_no_yaml_is_a_problem_and_no_crash(tmp_path):
    (tmp_path / "kustomization.yaml").write_text("resources: [broken.yaml]\n")
    (tmp_path / "broken.yaml").write_text("a: [1\n")
    with pytest.raises(Unknown):
        Reader(tmp_path).documents()
    with pytest.raises(Unknown):
        kustomize.render(tmp_path)


def test_the_whole_check_passes_here():
    report = manifests.check(ROOT)
    assert report.problems == []
    assert len(report.told) == len(manifests.FOLDERS)
