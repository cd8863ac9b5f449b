# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The words in which a kind says how a CloudFormation template speaks of it, where that is not as we do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional, Union

#: CloudFormation's name for a property; empty: it has none such; or a function of the exported value that gives the
#: properties to merge in, lists joined to what is stated, and None where a template cannot make such a resource.
PropertyRule = Union[str, Callable[[Any], Optional[Mapping[str, Any]]]]  # noqa: UP007, UP045


@dataclass(frozen=True)
class Template:
    """Where a template says something differently.

    Attributes:
        ref: the attribute that `Ref` answers; empty: whatever is read from where the kind's `id` is.
        properties: by our name, what becomes of a property that is not CloudFormation's.
        attributes: by our name, CloudFormation's for `Fn::GetAtt`; empty: it answers none such.
        supplied: attributes that serve to build what CloudFormation builds by itself. A resource that refers to one is
            left out.
        tags: the property that takes tags; empty: CloudFormation has none for this type.
        tag_map: tags are an object instead of a list of `Key` and `Value`.
        tag_list: what the list of tags becomes where its items are more than `Key` and `Value`.
        secret: the dynamic reference that reads a fetched attribute when the template is deployed, with `{ref}` for the
            resource and `{member}` for the member of the value.
            https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
        deletion_policy: what becomes of the resource when the stack is deleted, if it holds data and is not protected.
            What is protected is retained.
    """

    ref: str = ""
    properties: Mapping[str, PropertyRule] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    supplied: tuple[str, ...] = ()
    tags: str = "Tags"
    tag_map: bool = False
    tag_list: Callable[[list[dict[str, str]]], list[dict[str, Any]]] | None = None
    secret: str = ""
    deletion_policy: str = "Retain"
