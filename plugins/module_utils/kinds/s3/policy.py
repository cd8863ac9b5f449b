# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Bucket policies."""

from __future__ import annotations

from functools import partial

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..requests import unless
from ..shared import IMMUTABLE, json_text, policy_document
from .bucket import BUCKET


def list_bucket_policies(scope: Scope) -> list[Item]:
    """The policies of described and observed buckets."""
    buckets = set(scope.names("Bucket"))
    if not scope.ids:
        buckets |= {bucket.id for bucket in scope.observed(BUCKET)}
    found = []
    for name in sorted(buckets):
        absent = {"NoSuchBucketPolicy"}
        answer = unless(absent, partial(scope.call, "s3", "get_bucket_policy", Bucket=name))
        if answer is not None:
            found.append({"Bucket": name, "PolicyDocument": answer["Policy"]})
    return found


def _put(work: Work) -> dict[str, str]:
    return {"Bucket": work.desired["Bucket"], "Policy": json_text(work.desired["PolicyDocument"])}


# A principal that was made a moment ago is invalid until S3 knows it.
_PUT_POLICY = Call("put_bucket_policy", _put, retry_on=frozenset({"MalformedPolicy", "OperationAborted"}))


S3_BUCKET_POLICY = Kind(
    type="AWS::S3::BucketPolicy",
    service="s3",
    title="bucket policy",
    id="Bucket",
    key=("Bucket",),
    requires=(BUCKET,),
    tags=None,
    properties={
        "Bucket": IMMUTABLE,
        "PolicyDocument": Property(exact=True, normalise=policy_document),
    },
    attributes={"Bucket": Attribute("Bucket", "{Bucket}")},
    list=list_bucket_policies,
    create=_PUT_POLICY,
    updates=(Update(("PolicyDocument",), _PUT_POLICY),),
    delete=Call("delete_bucket_policy", lambda w: {"Bucket": w.id}),
)
