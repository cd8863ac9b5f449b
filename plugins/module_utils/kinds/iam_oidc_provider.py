# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::IAM::OIDCProvider: an issuer of tokens that roles may trust, such as a Kubernetes cluster."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..engine.template import Template
from .requests import given, unless
from .shared import tag_list


def issuer(value: Any) -> Any:
    """An issuer's address without the scheme, which answers leave out."""
    return value.removeprefix("https://") if isinstance(value, str) else value


def list_providers(scope: Scope) -> list[Item]:
    """The account's providers, of which there are few, each read by a request of its own."""
    if scope.ids:
        arns = list(scope.ids)
    else:
        arns = scope.pages("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList[].Arn")
    found = []
    for arn in arns:
        answer = unless((), partial(scope.call, "iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=arn))
        if answer is not None:
            found.append({**answer, "Arn": arn})
    return found


def _predicted_arn(facts: Mapping[str, Any]) -> str | None:
    url = facts.get("Url")
    if not isinstance(url, str):
        return None
    return f"arn:{facts['partition']}:iam::{facts['account']}:oidc-provider/{issuer(url)}"


def _set_clients(work: Work) -> None:
    wanted, now = set(work.get("ClientIdList") or ()), set(work.existing.properties.get("ClientIdList") or ())
    for operation, names in (
        ("add_client_id_to_open_id_connect_provider", wanted - now),
        ("remove_client_id_from_open_id_connect_provider", now - wanted),
    ):
        for name in sorted(names):
            work.call("iam", operation, OpenIDConnectProviderArn=work.id, ClientID=name)


IAM_OIDC_PROVIDER = Kind(
    type="AWS::IAM::OIDCProvider",
    service="iam",
    title="OIDC provider",
    template=Template(ref="Arn"),
    id="Arn",
    key=("Url",),
    key_of=lambda properties: (issuer(properties["Url"]),) if isinstance(properties.get("Url"), str) else None,
    is_global=True,
    properties={
        "Url": Property(immutable=True, normalise=issuer),
        "ClientIdList": Property("ClientIDList", unordered=True),
        # AWS trusts well-known authorities by itself and then has no use for thumbprints:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html
        "ThumbprintList": Property(unordered=True),
    },
    attributes={"Arn": Attribute("Arn", _predicted_arn)},
    list=list_providers,
    create=Call(
        "create_open_id_connect_provider",
        lambda w: {
            **given(w, "Url", "ThumbprintList", ClientIDList="ClientIdList"),
            "Tags": tag_list(w.tags),
        },
        item="{Arn: OpenIDConnectProviderArn, Tags: Tags}",
    ),
    updates=(
        Update(("ClientIdList",), _set_clients),
        Update(
            ("ThumbprintList",),
            Call(
                "update_open_id_connect_provider_thumbprint",
                lambda w: {"OpenIDConnectProviderArn": w.id, "ThumbprintList": list(w.get("ThumbprintList") or ())},
            ),
        ),
    ),
    delete=Call("delete_open_id_connect_provider", lambda w: {"OpenIDConnectProviderArn": w.id}),
    tag=Call(
        "tag_open_id_connect_provider",
        lambda w: {"OpenIDConnectProviderArn": w.id, "Tags": tag_list(w.tags_to_set)},
    ),
    untag=Call(
        "untag_open_id_connect_provider",
        lambda w: {"OpenIDConnectProviderArn": w.id, "TagKeys": list(w.tags_to_remove)},
    ),
)

KINDS = (IAM_OIDC_PROVIDER,)
