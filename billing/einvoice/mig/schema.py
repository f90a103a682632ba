"""Element lists: names, order, how often, facets of each value; and how a tree is held against them."""

from dataclasses import dataclass

from billing.einvoice.mig.facets import XML_SPACE, Facet
from billing.einvoice.mig.problem import N_, Problem, problem
from billing.einvoice.mig.reader import Node


@dataclass(frozen=True, slots=True)
class Field:
    """One child element: how often it comes, and either its value's facet or its own children."""

    name: str
    content: "Facet | Group"
    least: int = 1
    most: int = 1


@dataclass(frozen=True, slots=True)
class Group:
    """Child elements, in any order unless `ordered`."""

    fields: tuple[Field, ...]
    ordered: bool = False


def validate(node: Node, group: Group, path: str = "") -> list[Problem]:
    """Every way in which the children of `node` differ from `group`, in the order of the list."""
    found = []
    if stray := node.text.strip(XML_SPACE):
        found.append(problem(path, N_("has text between its elements: “%(text)s”"), text=stray))
    known = {field.name for field in group.fields}
    for child in node.children:
        if child.name not in known or child.namespace != node.namespace:
            found.append(
                problem(path, N_("has an element that does not belong here: %(name)s"), name=child.name)
            )
        found += [
            problem(
                _join(path, child.name), N_("has an attribute that does not belong here: %(name)s"), name=name
            )
            for name in child.attributes
        ]
    for field in group.fields:
        found += _validate_field(node, field, path)
    if group.ordered and not found:
        order = [field.name for field in group.fields]
        places = [order.index(child.name) for child in node.children]
        if places != sorted(places):
            found.append(
                problem(path, N_("must have its elements in this order: %(order)s"), order=", ".join(order))
            )
    return found


def _validate_field(node: Node, field: Field, path: str) -> list[Problem]:
    own = _join(path, field.name)
    children = [child for child in node.all(field.name) if child.namespace == node.namespace]
    if len(children) < field.least:
        return [problem(own, N_("is missing"))]
    if len(children) > field.most:
        return [
            problem(
                own,
                N_("comes %(count)s times, at most %(most)s are allowed"),
                count=len(children),
                most=field.most,
            )
        ]
    found = []
    for index, child in enumerate(children, 1):
        place = own if field.most == 1 else f"{own}[{index}]"
        if isinstance(field.content, Group):
            found += validate(child, field.content, place)
        elif child.children:
            found.append(problem(place, N_("must hold a value, not elements")))
        elif complaint := field.content(child.text):
            rule, values = complaint
            found.append(problem(place, rule, **values))
    return found


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name
