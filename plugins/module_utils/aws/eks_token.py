# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The way into an EKS cluster: where its Kubernetes API is, and a token that says who calls.

https://docs.aws.amazon.com/eks/latest/userguide/cluster-auth.html
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .client import AwsApi
from .credentials import ConnectionOptions, open_session

try:
    from botocore.auth import SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.exceptions import NoCredentialsError
except ImportError:  # the plugins say so before anything is asked
    SigV4QueryAuth = AWSRequest = None

_PREFIX = "k8s-aws-v1."
#: Seconds that the presigned request is good for; EKS takes a token for a quarter of an hour after it was signed.
_EXPIRES = 60


@dataclass(frozen=True)
class KubernetesEndpoint:
    """Where a cluster's Kubernetes API is, and how to be sure of it.

    Attributes:
        certificate_authority: the authority of its certificate, as PEM in Base64.
    """

    name: str
    host: str
    certificate_authority: str
    token: str = field(default="", repr=False)

    @property
    def certificate(self) -> str:
        """The authority of its certificate, as PEM."""
        return base64.b64decode(self.certificate_authority).decode()

    def kubeconfig(self) -> dict[str, Any]:
        """A kubeconfig with the token in it."""
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": self.name,
                    "cluster": {"server": self.host, "certificate-authority-data": self.certificate_authority},
                }
            ],
            "users": [{"name": self.name, "user": {"token": self.token}}],
            "contexts": [{"name": self.name, "context": {"cluster": self.name, "user": self.name}}],
            "current-context": self.name,
        }


def connection_options(params: Mapping[str, Any]) -> ConnectionOptions:
    """The options of a plugin, with the region from the environment where they name none.

    Raises:
        ValueError: there is no region.
    """
    options = ConnectionOptions.from_params(params)
    region = options.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    if not region:
        raise ValueError("region: is missing; give one, or set AWS_REGION")
    return replace(options, region=region)


def make_token(options: ConnectionOptions, cluster: str) -> str:
    """A bearer token for one cluster: a request to STS, signed and not sent, that asks who signed it.

    Args:
        cluster: the cluster's name in AWS.

    Raises:
        NoCredentialsError: nobody is there to sign.
    """
    session = open_session(options)
    credentials = session.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    # botocore knows the regional address of STS in every partition, and any address that is set instead.
    client = session.create_client(
        "sts", region_name=options.region, endpoint_url=options.endpoint_url or None, verify=options.verify
    )
    request = AWSRequest(
        method="GET",
        url=f"{client.meta.endpoint_url.rstrip('/')}/",
        params={"Action": "GetCallerIdentity", "Version": "2011-06-15"},
        headers={"x-k8s-aws-id": cluster},
    )
    SigV4QueryAuth(credentials.get_frozen_credentials(), "sts", options.region, expires=_EXPIRES).add_auth(request)
    url = base64.urlsafe_b64encode(request.prepare().url.encode()).decode()
    return _PREFIX + url.rstrip("=")


def reach(options: ConnectionOptions, cluster: str) -> KubernetesEndpoint:
    """Where a cluster is, with a fresh token.

    Raises:
        ApiError: there is no such cluster, or it may not be described.
        ValueError: it has no endpoint yet.
    """
    api = AwsApi(options, read_only=True)
    found = api.call("eks", "describe_cluster", {"name": cluster})["cluster"]
    authority = (found.get("certificateAuthority") or {}).get("data")
    if not found.get("endpoint") or not authority:
        raise ValueError(
            f"the cluster {cluster} is {found.get('status')} and has no endpoint yet; wait until it is made"
        )
    return KubernetesEndpoint(cluster, found["endpoint"], authority, make_token(options, cluster))
