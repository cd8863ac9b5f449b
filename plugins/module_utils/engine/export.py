# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A document as CloudFormation templates: for tools that know AWS's own schemas, and for whoever wants to leave.

Pure: it asks nobody anything, and no secret is in what it answers. What a template cannot say is left out, and told in
its `Metadata`; what it cannot know becomes a parameter.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from string import Formatter
from typing import Any

from .document import Document, Resource
from .kind import Kind
from .registry import Registry
from .values import PSEUDO, Address, Compose, Ref, Sensitive, Unknown, references, resolve

FORMAT_VERSION = "2010-09-09"

#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MAX_LOGICAL_ID = 255

_DIGEST = 8
_FACT = re.compile("\ue000(\\w+)\ue001")


def export(document: Document, registry: Registry) -> dict[str, dict[str, Any]]:
    """The templates that build a document's resources.

    Args:
        document: what is desired.
        registry: the kinds of all its resources.

    Returns:
        a template by region, as data that JSON can hold. The stack's own region is always there.
    """
    exporter = _Exporter(document, registry)
    return {region: exporter.template(region) for region in exporter.regions}


def logical_ids(addresses: Iterable[Address]) -> dict[Address, str]:
    """Names that a template allows, letters and digits only: the same for the same address, and different for others.

    An address that reads like another once everything else is taken out, as `a-b` and `a.b` do, gets a digest.
    """
    readable = {address: _words(address.kind.partition("::")[2]) + _words(address.name) for address in addresses}
    taken = list(readable.values())
    found: dict[Address, str] = {}
    for address, name in readable.items():
        if taken.count(name) > 1 or len(name) > MAX_LOGICAL_ID:
            name = f"{name[: MAX_LOGICAL_ID - _DIGEST]}{_digest(*address)}"
        found[address] = name
    return found


def _digest(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:_DIGEST]


def _words(text: str) -> str:
    """`database.main/slow-log` as `DatabaseMainSlowLog`."""
    return "".join(word[0].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", text) if word)


class _Exporter:
    """One document on its way into templates."""

    def __init__(self, document: Document, registry: Registry) -> None:
        self.document = document
        self.registry = registry
        self.left_out: dict[Address, str] = {}
        for resource in document.in_order():
            why = self._why_left_out(resource)
            if why:
                self.left_out[resource.address] = why
        self.ids = logical_ids(document.resources)
        self.regions = list(dict.fromkeys([document.region, *map(self.region_of, document.in_order())]))
        self.parameters: dict[str, dict[str, dict[str, Any]]] = {region: {} for region in self.regions}
        self.outputs: dict[str, dict[str, dict[str, Any]]] = {region: {} for region in self.regions}
        self.resources: dict[str, dict[str, dict[str, Any]]] = {region: {} for region in self.regions}
        for resource in document.in_order():
            if resource.address not in self.left_out:
                region = self.region_of(resource)
                self.resources[region][self.ids[resource.address]] = _Body(self, resource, region).made()

    def region_of(self, resource: Resource) -> str:
        return resource.region or self.document.region

    def template(self, region: str) -> dict[str, Any]:
        """The template of one region."""
        left_out = {
            str(address): why
            for address, why in self.left_out.items()
            if self.region_of(self.document.resources[address]) == region
        }
        sections = {
            "AWSTemplateFormatVersion": FORMAT_VERSION,
            "Description": f"{self.document.stack} in {region}",
            "Metadata": {"LeftOut": left_out} if left_out else {},
            "Parameters": self.parameters[region],
            "Resources": self.resources[region],
            "Outputs": self.outputs[region],
        }
        return {name: section for name, section in sections.items() if section}

    def _why_left_out(self, resource: Resource) -> str:
        kind = self.registry[resource.kind]
        if not kind.export:
            return "CloudFormation has no such type"
        for ref in references(resource.properties):
            if ref.address == PSEUDO or ref.address.stack:
                continue
            if _head(ref) in self.registry[ref.address.kind].template.supplied:
                return f"CloudFormation builds it together with {ref.address}"
        for name, value in resource.properties.items():
            rule = kind.template.properties.get(name)
            if callable(rule) and rule(value) is None:
                return f"CloudFormation cannot make one with this {name}"
        return ""

    # What a reference becomes

    def reference(self, ref: Ref, region: str) -> Any:
        """What a reference is in the template of a region."""
        if ref.address == PSEUDO:
            return {"Ref": f"AWS::{ref.attribute}"}
        if ref.address.stack:
            return self._given(ref, region)
        if ref.transform is None:
            said = self._said(ref, region)
            if said is not None:
                return said
        text = self._predicted(ref)
        if text is not None:
            return text
        return self._parameter(ref, region)

    def _said(self, ref: Ref, region: str) -> Any:
        """The reference in the template's own words; None when it has none for it."""
        target = self.document.resources[ref.address]
        if ref.address in self.left_out or self.region_of(target) != region:
            return None
        kind = self.registry[ref.address.kind]
        logical_id = self.ids[ref.address]
        if kind.fetches(ref.attribute):
            return self._dynamic(kind, ref)
        if ref.attribute in ref_names(kind):
            return {"Ref": logical_id}
        if ref.attribute in target.properties:
            return _Body(self, target, region).value(target.properties[ref.attribute], ref.attribute)
        name = kind.template.attributes.get(ref.attribute, ref.attribute)
        # Of a type that only AWS has a schema of, nothing is told: whatever else is asked for is a return value.
        known = kind.attribute(ref.attribute) or not kind.properties
        return {"Fn::GetAtt": [logical_id, name]} if name and known else None

    def _dynamic(self, kind: Kind, ref: Ref) -> Any:
        if not kind.template.secret:
            return None
        member = ref.attribute.partition(".")[2]
        text = kind.template.secret.format(ref=f"${{{self.ids[ref.address]}}}", member=member)
        return {"Fn::Sub": text}

    def _predicted(self, ref: Ref) -> Any:
        """What the reference will be as far as it follows from what is stated; None when it does not."""
        target = self.document.resources[ref.address]
        kind = self.registry[ref.address.kind]
        if kind.fetches(ref.attribute):
            return None

        def lookup(inner: Ref) -> Any:
            return _fact(inner.attribute) if inner.address == PSEUDO else Unknown(str(inner))

        # What the template cannot state has no say in what comes of it.
        stated = {name: value for name, value in target.properties.items() if kind.template.properties.get(name) != ""}
        facts = {name: resolve(value, lookup) for name, value in stated.items()}
        # A secret, and what is made of one, is not for a template.
        facts = {name: value for name, value in facts.items() if not isinstance(value, Sensitive)}
        pseudo = {
            "account": _fact("AccountId"),
            "partition": _fact("Partition"),
            "region": self.region_of(target),
        }
        found = kind.predict(ref.attribute, {**facts, **pseudo})
        if isinstance(found, (Unknown, Sensitive)):
            return None
        if ref.transform is not None:
            found = ref.transform(found)
        return _substituted(found) if isinstance(found, str) else found

    def _parameter(self, ref: Ref, region: str) -> dict[str, str]:
        """A parameter for what only another template, or somebody else, can tell."""
        kind = self.registry[ref.address.kind]
        name = self._parameter_name(ref.address, ref.attribute)
        parameter: dict[str, Any] = {"Type": "String", "Description": f"{ref.attribute} of {ref.address}"}
        if kind.fetches(ref.attribute):
            parameter["NoEcho"] = True
        elif ref.transform is None:
            home = self.region_of(self.document.resources[ref.address])
            said = self._said(ref, home)
            if said is not None:
                parameter["Description"] += f", an output of the template of {home}"
                self.outputs[home][name] = {"Value": said}
        self.parameters[region][name] = parameter
        return {"Ref": name}

    def _given(self, ref: Ref, region: str) -> dict[str, str]:
        """A parameter for what another stack makes."""
        name = _words(f"{ref.address.stack} {ref.address.kind.rpartition('::')[2]} {ref.address.name} {ref.attribute}")
        if name in self.ids.values() or len(name) > MAX_LOGICAL_ID:
            name = f"{name[: MAX_LOGICAL_ID - _DIGEST]}{_digest(*ref.address, ref.attribute)}"
        self.parameters[region][name] = {"Type": "String", "Description": f"{ref.attribute} of {ref.address}"}
        return {"Ref": name}

    def _parameter_name(self, address: Address, path: str) -> str:
        """Parameters and resources share their names."""
        name = f"{self.ids[address]}{_words(path)}"
        if name not in self.ids.values() and len(name) <= MAX_LOGICAL_ID:
            return name
        return f"{name[: MAX_LOGICAL_ID - _DIGEST]}{_digest(*address, path)}"

    def secret(self, resource: Resource, path: str, region: str) -> dict[str, str]:
        """A parameter for a secret that is given from outside."""
        name = self._parameter_name(resource.address, path)
        self.parameters[region][name] = {
            "Type": "String",
            "NoEcho": True,
            "Description": f"{path} of {resource.address}",
        }
        return {"Ref": name}

    def dependencies(self, address: Address) -> Iterator[Address]:
        """The address itself, or what stands behind it when it is left out; nothing for another stack's."""
        if address.stack:
            return
        if address not in self.left_out:
            yield address
            return
        for need in sorted(self.document.resources[address].needs()):
            yield from self.dependencies(need)


class _Body:
    """One resource on its way into its template."""

    def __init__(self, exporter: _Exporter, resource: Resource, region: str) -> None:
        self.exporter = exporter
        self.resource = resource
        self.region = region
        self.kind = exporter.registry[resource.kind]

    def made(self) -> dict[str, Any]:
        properties = self._properties()
        body: dict[str, Any] = {"Type": self.resource.kind, "Properties": properties}
        depends_on = self._depends_on(properties)
        if depends_on:
            body["DependsOn"] = depends_on
        policy = self._deletion_policy()
        if policy:
            body["DeletionPolicy"] = body["UpdateReplacePolicy"] = policy
        return body

    def _properties(self) -> dict[str, Any]:
        words = self.kind.template
        found: dict[str, Any] = {}
        merged: list[Mapping[str, Any]] = []
        for name, stated in self.resource.properties.items():
            prop = self.kind.properties.get(name)
            hidden = prop is not None and prop.sensitive and not isinstance(stated, Sensitive)
            value = self.value(Sensitive(stated) if hidden else stated, name)
            rule = words.properties.get(name, name)
            if callable(rule):
                merged.append(rule(value) or {})
            elif rule:
                found[rule] = value
        for extra in merged:
            for name, value in extra.items():
                found[name] = _both(found.get(name), value)
        if self.kind.tags is not None and words.tags:
            tags = self.exporter.document.ownership_tags(self.resource)
            in_order = dict(sorted(tags.items()))
            listed = [{"Key": key, "Value": value} for key, value in in_order.items()]
            if words.tag_map:
                found[words.tags] = in_order
            else:
                found[words.tags] = words.tag_list(listed) if words.tag_list else listed
        return found

    def _depends_on(self, properties: Mapping[str, Any]) -> list[str]:
        """What must come first and no property says already, logical ids in order."""
        exporter = self.exporter
        needed = {
            address
            for need in self.resource.needs()
            for address in exporter.dependencies(need)
            if exporter.region_of(exporter.document.resources[address]) == self.region
        }
        return sorted({exporter.ids[address] for address in needed} - set(_mentioned(properties)))

    def _deletion_policy(self) -> str:
        if self.resource.protect:
            return "Retain"
        return self.kind.template.deletion_policy if self.kind.holds_data else ""

    def value(self, value: Any, path: str) -> Any:
        """A value as the template says it."""
        if isinstance(value, Ref):
            return self.exporter.reference(value, self.region)
        if isinstance(value, Compose):
            return self._composed(value, path)
        if isinstance(value, Sensitive):
            return self._hidden(value, path)
        if isinstance(value, Mapping):
            return {str(key): self.value(item, f"{path}.{key}") for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(item, f"{path}.{index}") for index, item in enumerate(value)]
        return value

    def _hidden(self, value: Sensitive, path: str) -> Any:
        """A secret: by reference, whose target tells it at deployment, or else a parameter that nobody is shown."""
        inner = value.value
        if isinstance(inner, (Ref, Compose, Sensitive)):
            return self.value(inner, path)
        if isinstance(inner, (Mapping, list, tuple)):
            wrapped: Any = (
                {key: Sensitive(item) for key, item in inner.items()}
                if isinstance(inner, Mapping)
                else [Sensitive(item) for item in inner]
            )
            return self.value(wrapped, path)
        return self.exporter.secret(self.resource, path, self.region)

    def _composed(self, value: Compose, path: str) -> Any:
        text = ""
        variables: dict[str, Any] = {}
        for literal, field, _spec, _conversion in Formatter().parse(value.template):
            text += _literal(literal)
            if field is not None:
                text += _spliced(self.value(value.parts[field], f"{path}.{field}"), field, variables)
        if variables:
            return {"Fn::Sub": [text, variables]}
        return _joined(text)


def ref_names(kind: Kind) -> set[str]:
    """The attributes and properties of a kind that `Ref` answers."""
    ref = kind.template.ref
    described = kind.attributes.get(ref)
    path = described.path if described else (ref or kind.id)
    names = {name for name, attribute in kind.attributes.items() if attribute.path == path}
    if not ref:
        names |= {name for name, prop in kind.properties.items() if (prop.path or name) == path}
    return names | ({ref} if ref else set())


def _head(ref: Ref) -> str:
    return ref.attribute.partition(".")[0]


def _fact(name: str) -> str:
    """A pseudo parameter inside a predicted text: in characters that no name in AWS has."""
    return f"\ue000{name}\ue001"


def _substituted(text: str) -> Any:
    return _joined(_FACT.sub(r"${AWS::\1}", _literal(text)))


def _literal(text: str) -> str:
    """Text that `Fn::Sub` takes as it is."""
    return text.replace("${", "${!")


def _both(stated: Any, added: Any) -> Any:
    """A property of which two of ours say a part: lists one after the other, objects member by member."""
    if isinstance(stated, list) and isinstance(added, list):
        return [*stated, *added]
    if isinstance(stated, Mapping) and isinstance(added, Mapping):
        return {**stated, **added}
    return added


def _joined(text: str) -> Any:
    """The text for `Fn::Sub`, or plain text when there is nothing to substitute."""
    if re.search(r"\$\{[^!]", text):
        return {"Fn::Sub": text}
    return text.replace("${!", "${")


def _spliced(part: Any, field: str, variables: dict[str, Any]) -> str:
    """A part as a piece of a text for `Fn::Sub`; what cannot stand in it becomes a variable."""
    if isinstance(part, Mapping) and len(part) == 1:
        function, argument = next(iter(part.items()))
        if function == "Ref":
            return f"${{{argument}}}"
        if function == "Fn::GetAtt":
            return f"${{{'.'.join(argument)}}}"
        if function == "Fn::Sub" and isinstance(argument, str):
            return argument
    if isinstance(part, (str, int, float)):
        return _literal(str(part))
    variables[field] = part
    return f"${{{field}}}"


def _mentioned(value: Any) -> Iterator[str]:
    """The logical ids that a template's value refers to."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == "Ref":
                yield item
            elif key == "Fn::GetAtt":
                yield item[0]
            elif key == "Fn::Sub":
                text = item if isinstance(item, str) else item[0]
                yield from re.findall(r"\$\{(\w+)", text)
                yield from _mentioned(item)
            else:
                yield from _mentioned(item)
    elif isinstance(value, list):
        for item in value:
            yield from _mentioned(item)
