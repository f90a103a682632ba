"""``manage.py connect_bank --address FILE``: set the bank up from the file in which it tells its address.

For demo, tests and rehearsals: the file is JSON with host, port, user, folder, account and host_keys. Run again it
changes the address and adds host keys, nothing else. In an installation a person does this on the bank's page.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from billing.models import BankProfile
from billing.services import bank_profiles
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused

CODE = "first"


class Command(BaseCommand):
    help = "Set the bank up from a file that tells its address and host keys."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--address", type=Path, required=True, help="JSON file")
        parser.add_argument("--company", default="99218", help="the company's digits of virtual accounts")
        parser.add_argument("--reason", default="connect_bank")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = Actor.system("connect_bank")
        try:
            told = json.loads(options["address"].read_text())
            where = {
                "host": told["host"],
                "port": int(told["port"]),
                "username": told["user"],
                "folder": told["folder"],
                "account_number": told["account"],
            }
            keys = [str(key) for key in told["host_keys"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CommandError(f"{options['address']}: {type(error).__name__} {error}") from error
        try:
            with transaction.atomic():
                profile = self._profile(where | {"reason": options["reason"]}, options["company"], actor)
                for key in keys:
                    bank_profiles.pin(profile, key, reason=options["reason"], actor=actor)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{profile} {profile.host}:{profile.port}")

    def _profile(self, where: dict[str, Any], company: str, actor: Actor) -> BankProfile:
        profile = BankProfile.objects.filter(code=CODE).first()
        if profile is None:
            fixed = {"code": CODE, "name": "第一銀行", "virtual_company": company}
            return bank_profiles.add(where | fixed, actor=actor)
        if any(str(getattr(profile, name)) != str(where[name]) for name in where if name != "reason"):
            bank_profiles.change(profile, where, actor=actor)
            profile.refresh_from_db()
        return profile
