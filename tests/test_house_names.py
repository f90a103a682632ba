"""Names of everything a person can meet are Chinese in the Chinese admin: models, fields, choices, rights."""

import pytest
from django.apps import apps
from django.conf import settings
from django.utils import translation

from deployment.messages.catalogues import every_file, read
from deployment.messages.literals import foreign_words
from deployment.messages.packages import SHOWN
from deployment.tree import ROOT

OURS = ("core", "customers", "orders", "dispatch", "billing", "pilot", "luckygas")
MODELS = sorted(
    (
        model
        for model in apps.get_models()
        if model._meta.app_label in OURS and not hasattr(model, "pgh_tracked_model")
    ),
    key=lambda model: model._meta.label,
)
GIVEN_BY_DJANGO = {"id", "ptr", "pgh_id"}


@pytest.fixture(autouse=True)
def chinese():
    with translation.override("zh-hant"):
        yield


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_model_its_fields_and_its_choices_have_chinese_names(model):
    names = {"(the model)": model._meta.verbose_name, "(plural)": model._meta.verbose_name_plural}
    for field in model._meta.get_fields():
        if field.auto_created or field.name in GIVEN_BY_DJANGO or getattr(field, "generated", False):
            continue
        names[field.name] = getattr(field, "verbose_name", "")
        names[f"{field.name} (help)"] = getattr(field, "help_text", "")
        for value, label in getattr(field, "flatchoices", ()) or ():
            if value not in ("", None):
                names[f"{field.name}={value}"] = label
    english = {what: str(name) for what, name in names.items() if foreign_words(str(name), chinese=False)}
    assert english == {}


def test_apps_have_chinese_names():
    names = {config.label: str(config.verbose_name) for config in apps.get_app_configs()}
    ours = {label: name for label, name in names.items() if label in OURS}
    assert {label: name for label, name in ours.items() if foreign_words(name, chinese=False)} == {}


def test_every_installed_package_is_looked_through_for_untranslated_texts():
    packages = {name.partition(".")[0] for name in settings.INSTALLED_APPS}
    strangers = packages - {"luckygas", "customers", "orders", "dispatch", "billing", "pilot"}
    assert strangers - SHOWN.keys() == set()


def test_django_really_answers_what_the_catalogues_say():
    """All catalogues are poured into one; an app listed later must not take a text from an earlier one."""
    lost = []
    for catalogue in every_file(ROOT):
        if catalogue.domain != "django":
            continue
        for message in read(catalogue):
            if not message.id or not message.string or isinstance(message.id, list | tuple):
                continue
            answer = (
                translation.pgettext(message.context, message.id)
                if message.context
                else translation.gettext(message.id)
            )
            if answer != message.string:
                lost.append(f"{catalogue.name}: {message.id!r} is {answer!r}, not {message.string!r}")
    assert lost == []
