"""Is a message fileable? The schema first, then, if that holds, the rules behind it."""

import re
from collections.abc import Callable, Collection

from billing.einvoice.mig.messages import MESSAGES, VERSION
from billing.einvoice.mig.problem import N_, Problem, problem
from billing.einvoice.mig.reader import Node, read
from billing.einvoice.mig.rules import allowance_rules, blank_rules, cancel_rules, invoice_rules
from billing.einvoice.mig.schema import validate

_NAMESPACE = re.compile(r"urn:GEINV:eInvoiceMessage:([A-Z][0-9]{4}):([0-9]+\.[0-9]+)")
_RULES: dict[str, Callable[[Node, Collection[str]], list[Problem]]] = {
    "F0401": invoice_rules,
    "F0501": cancel_rules("InvoiceDate", "CancelDate"),
    "F0701": cancel_rules("InvoiceDate", "VoidDate"),
    "G0401": allowance_rules,
    "G0501": cancel_rules("AllowanceDate", "CancelDate"),
    "E0402": blank_rules,
}


def check(xml: bytes, *, known_ubns: Collection[str] = ()) -> list[Problem]:
    """What keeps `xml` from being filed, in the order of its elements; an empty list means fileable.

    The message is told by the root's namespace (`urn:GEINV:eInvoiceMessage:F0401:4.1`). `known_ubns` are
    buyers' business numbers that break the check digit and that a person has confirmed. Whatever the bytes
    are, the answer is a list, never an exception.
    """
    root = read(xml)
    if isinstance(root, Problem):
        return [root]
    kind = _NAMESPACE.fullmatch(root.namespace)
    if kind is None:
        return [
            problem("", N_("“%(namespace)s” is not the namespace of a message"), namespace=root.namespace)
        ]
    name, version = kind.groups()
    if name not in MESSAGES:
        return [problem("", N_("%(name)s is not a message that is filed here"), name=name)]
    if version != VERSION:
        return [problem("", N_("version %(version)s is not accepted any more, only 4.1"), version=version)]
    element, group = MESSAGES[name]
    if root.name != element:
        return [
            problem(
                "",
                N_("the root of %(name)s is %(element)s, not %(found)s"),
                name=name,
                element=element,
                found=root.name,
            )
        ]
    found = [
        problem("", N_("has an attribute that does not belong here: %(name)s"), name=attribute)
        for attribute in root.attributes
    ] + validate(root, group)
    return found or _RULES[name](root, known_ubns)
