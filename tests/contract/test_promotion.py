"""A replica that was promoted stays what it is, whatever the description still says of its source."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import PlanError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.plan import Action
from tests.contract.account import Account
from tests.contract.samples.rds import FAR_REPLICA, REPLICA, SOURCE

OTHER = "another-source"


@pytest.mark.parametrize("replica", [REPLICA, FAR_REPLICA], ids=["near", "far"])
def test_a_promoted_replica_is_left_alone_and_said_so(account: Account, replica: Resource) -> None:
    name = replica.properties["DBInstanceIdentifier"]
    account.converge([SOURCE, replica])
    rds = account.twin.client("rds", replica.region or "us-east-1")
    rds.promote_read_replica(DBInstanceIdentifier=name, BackupRetentionPeriod=7)
    deadline = time.monotonic() + 20
    while rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]["DBInstanceStatus"] != "available":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    born = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]["DbiResourceId"]
    outcome = account.converge([SOURCE, replica])
    assert not outcome.changed and account.writes() == []
    (note,) = [note for note in outcome.plan.notes if name in note]
    assert "it was promoted" in note
    now = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    assert now["DbiResourceId"] == born and "ReadReplicaSourceDBInstanceIdentifier" not in now


def test_a_replica_of_another_source_is_refused(account: Account) -> None:
    account.converge([SOURCE, REPLICA])
    other = replace(REPLICA, properties={**REPLICA.properties, "SourceDBInstanceIdentifier": OTHER})
    with pytest.raises(PlanError, match="holds data"):
        account.converge([SOURCE, other], check=True)
    plan = account.converge([SOURCE, REPLICA], check=True).plan
    assert {change.action for change in plan.changes} == {Action.NONE}
