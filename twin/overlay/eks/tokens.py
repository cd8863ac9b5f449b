# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who calls the Kubernetes API: a presigned request of STS, and the access entry of whoever signed it.

Source: https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from moto.iam.models import get_account_id_from, iam_backends
from moto.sts.models import sts_backends

from twin.kubernetes import UserInfo
from twin.overlay.eks.store import Cluster

if TYPE_CHECKING:
    from twin.world import World

PREFIX = "k8s-aws-v1."
#: Seconds for which EKS takes a token after it was signed, whatever its own expiry says.
LIFETIME = 15 * 60
_HOSTS = re.compile(r"sts(\.[a-z0-9-]+)?\.amazonaws\.com|127\.0\.0\.1|localhost")
#: The secret of the credentials that the twin hands out.
_OPERATOR_SECRET = "testing"
#: Access policies in the words of the cluster's own roles.
_WORDS = {
    "AmazonEKSAdminPolicy": "admin",
    "AmazonEKSAdminViewPolicy": "view",
    "AmazonEKSClusterAdminPolicy": "masters",
    "AmazonEKSEditPolicy": "edit",
    "AmazonEKSViewPolicy": "view",
}


def caller(access_key: str, region: str) -> tuple[str, str]:
    """Whom an access key belongs to, as access entries name them: of a session its role; and the session's name."""
    account = access_key if re.fullmatch(r"\d{12}", access_key) else get_account_id_from(access_key)
    _user_id, arn, _account = sts_backends[account]["aws"].get_caller_identity(access_key, region)
    if arn.endswith(":user/moto"):
        return f"arn:aws:iam::{account}:user/operator", ""
    session = re.fullmatch(r"arn:(aws[\w-]*):sts::(\d+):assumed-role/([^/]+)/(.+)", arn)
    if session is None:
        return str(arn), ""
    partition, owner, name, session_name = session.groups()
    roles = list(iam_backends[owner]["aws"].roles.values())
    plain = f"arn:{partition}:iam::{owner}:role/{name}"
    return next((role.arn for role in roles if role.name == name), plain), session_name


def authenticate(world: World, cluster: Cluster, token: str) -> UserInfo | None:
    """The user that a bearer token stands for in a cluster; None for nobody.

    Called on the threads of the cluster's server, and without the world's lock: whoever holds it may wait for these.
    """
    signed = _signed(token, cluster.name, world.now())
    if signed is None or cluster.record["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
        return None
    principal, session = caller(*signed)
    entry = cluster.entries.get(principal)
    if entry is None:
        return None
    name = entry["username"].replace("{{SessionName}}", session)
    return UserInfo(name=name, groups=tuple(dict.fromkeys([*entry["kubernetesGroups"], *_groups_of(entry)])))


def _groups_of(entry: Any) -> Iterator[str]:
    """EKS authorizes access policies by itself; the cluster here knows them as groups."""
    for policy in list(entry["policies"]):
        word = _WORDS.get(policy["policyArn"].rpartition("/")[2], "view")
        if policy["accessScope"]["type"] == "namespace":
            role = "admin" if word == "masters" else word
            yield from (f"stackwright:{role}:{namespace}" for namespace in policy["accessScope"]["namespaces"])
        else:
            yield "system:masters" if word == "masters" else f"stackwright:{word}"


def _signed(token: str, cluster: str, now: float) -> tuple[str, str] | None:
    """Access key and region of a token that is good for a cluster now."""
    if not token.startswith(PREFIX):
        return None
    text = token.removeprefix(PREFIX)
    try:
        url = urlsplit(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
        query = {name: values[0] for name, values in parse_qs(url.query, strict_parsing=True).items()}
        signed_at = datetime.datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
        access_key, day, region, service, _end = query["X-Amz-Credential"].split("/")
        seconds = int(query["X-Amz-Expires"])
        signature = query.pop("X-Amz-Signature")
    except (ValueError, KeyError):
        return None
    age = now - signed_at.replace(tzinfo=datetime.UTC).timestamp()
    good = (
        _HOSTS.fullmatch(url.hostname or "")
        and query.get("Action") == "GetCallerIdentity"
        and service == "sts"
        and query.get("X-Amz-SignedHeaders") == "host;x-k8s-aws-id"
        and 0 < seconds <= LIFETIME
        and -60 <= age <= LIFETIME
    )
    if not good:
        return None
    request = _canonical(url.netloc, url.path, query, cluster)
    wanted = _sign(_secret(access_key), day, region, query["X-Amz-Date"], request)
    return (access_key, region) if hmac.compare_digest(wanted, signature) else None


def _secret(access_key: str) -> str:
    """What an access key signs with. Keys that nobody made here are the operator's."""
    for account in list(iam_backends.values()):
        known = account["aws"].access_keys.get(access_key)
        if known is not None:
            return str(known.secret_access_key)
    return _OPERATOR_SECRET


def _canonical(host: str, path: str, query: dict[str, str], cluster: str) -> str:
    """The request as it was signed for a cluster, whose name is among the signed headers and nowhere else.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    pairs = "&".join(f"{quote(name, safe='-_.~')}={quote(query[name], safe='-_.~')}" for name in sorted(query))
    nothing = hashlib.sha256(b"").hexdigest()
    return f"GET\n{path or '/'}\n{pairs}\nhost:{host}\nx-k8s-aws-id:{cluster}\n\nhost;x-k8s-aws-id\n{nothing}"


def _sign(secret: str, day: str, region: str, moment: str, request: str) -> str:
    key = f"AWS4{secret}".encode()
    for part in (day, region, "sts", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{moment}\n{day}/{region}/sts/aws4_request\n{digest}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
