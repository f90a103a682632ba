"""What members of staff may do comes from their roles alone."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import QuerySet


class RolesBackend(ModelBackend):
    """Groups only: a permission handed to one person would stand in no access table, so nobody looks for one."""

    def _get_user_permissions(self, user_obj: Any) -> QuerySet[Permission]:
        return Permission.objects.none()
