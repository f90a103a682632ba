"""The admin does not walk round the services: what can be written there names the service that writes."""

import inspect

import pytest
from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.test import RequestFactory

from luckygas.core.admin import ServiceAdmin, ServiceInline

OURS = ("luckygas.", "customers.", "orders.", "dispatch.", "billing.", "pilot.")
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
IDS = [model._meta.label for model in MODELS]
WRITES = {"add_service": ("data",), "change_service": ("row", "data"), "delete_service": ("row",)}


@pytest.fixture
def request_of_everyman(person):
    """A request of somebody who may do everything, so that only the class itself can say no."""
    request = RequestFactory().get("/admin/")
    request.user = person("superuser")
    return request


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_every_admin_class_of_ours_stands_on_the_services(model):
    model_admin = admin.site._registry[model]
    if model.__module__.startswith(OURS):
        assert isinstance(model_admin, ServiceAdmin), (
            f"{type(model_admin).__module__}.{type(model_admin).__name__} must derive from ServiceAdmin"
        )
    for inline in model_admin.inlines:
        assert issubclass(inline, ServiceInline), f"{inline.__name__} must derive from ServiceInline"


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_what_can_be_written_names_its_service(request_of_everyman, model):
    model_admin = admin.site._registry[model]
    rights = {
        "add_service": model_admin.has_add_permission(request_of_everyman),
        "change_service": model_admin.has_change_permission(request_of_everyman),
        "delete_service": model_admin.has_delete_permission(request_of_everyman),
    }
    for name, allowed in rights.items():
        service = getattr(type(model_admin), name, None)
        assert not allowed or service is not None, f"{type(model_admin).__name__} writes without {name}"


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_each_named_service_takes_the_row_the_form_and_an_actor(model):
    model_admin = type(admin.site._registry[model])
    for name, leading in WRITES.items():
        service = getattr(model_admin, name, None)
        if service is None:
            continue
        parameters = inspect.signature(service).parameters
        assert parameters["actor"].kind is inspect.Parameter.KEYWORD_ONLY, f"{model_admin.__name__}.{name}"
        positional = [p for p in parameters.values() if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
        assert len(positional) == len(leading), f"{model_admin.__name__}.{name} takes {leading}"


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_every_action_asks_for_a_right_and_none_deletes_in_bulk(request_of_everyman, model):
    actions = admin.site._registry[model].get_actions(request_of_everyman)
    assert "delete_selected" not in actions
    without = [
        name for name, entry in actions.items() if not (entry and hasattr(entry[0], "service_permission"))
    ]
    assert without == []


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_nothing_is_edited_in_the_list_or_inline(request_of_everyman, model):
    model_admin = admin.site._registry[model]
    assert not model_admin.list_editable
    inlines = model_admin.get_inline_instances(request_of_everyman)
    assert all(isinstance(inline, InlineModelAdmin) for inline in inlines)
    writable = [
        type(inline).__name__
        for inline in inlines
        if inline.has_add_permission(request_of_everyman, None)
        or inline.has_change_permission(request_of_everyman, None)
        or inline.has_delete_permission(request_of_everyman, None)
    ]
    assert writable == []
