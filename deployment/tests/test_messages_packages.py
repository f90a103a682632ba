"""What installed packages leave untranslated stands translated in our own catalogue."""

from deployment.messages.catalogues import PACKAGES, catalogue_file
from deployment.messages.checking import unanswered
from deployment.messages.packages import shipped, texts, untranslated
from deployment.tree import ROOT


def test_every_text_a_package_shows_has_a_translation():
    missing = [
        problem
        for domain in ("django", "djangojs")
        for problem in unanswered(ROOT, catalogue_file(ROOT, PACKAGES, domain), untranslated(domain))
    ]
    assert missing == []


def test_the_theme_is_seen_with_what_it_borrows_from_django():
    asked = {text.msgid for text in texts("unfold", "django")}
    left = {text.msgid for text in untranslated("django")}
    assert {"Search apps and models...", "Save"} <= asked
    assert "Search apps and models..." in left
    assert "Save" not in left, "Django's own catalogue answers it"


def test_a_text_that_only_another_packages_test_or_dead_part_asks_for_is_left_out():
    paths = {text.path for package in ("unfold", "django", "axes") for text in texts(package, "django")}
    assert not [path for path in paths if "/tests/" in path or "/contrib/import_export/" in path]
    assert (None, "Save") in shipped("django")
