# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Launch templates: versions, defaults, tokens."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from tests.twin.support import refused

DATA = {"ImageId": "ami-1", "InstanceType": "t3.micro"}


def numbers(ec2: Any, **asked: Any) -> list[int]:
    return [one["VersionNumber"] for one in ec2.describe_launch_template_versions(**asked)["LaunchTemplateVersions"]]


def test_a_version_inherits_from_its_source_and_nothing_else(client: Callable[..., Any]) -> None:
    ec2 = client("ec2")
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=DATA)
    more = {"InstanceType": "t3.small"}
    first = ec2.create_launch_template_version(LaunchTemplateName="web", SourceVersion="1", LaunchTemplateData=more)
    assert first["LaunchTemplateVersion"]["LaunchTemplateData"] == {**DATA, **more}
    second = ec2.create_launch_template_version(LaunchTemplateName="web", LaunchTemplateData=more)
    assert second["LaunchTemplateVersion"]["LaunchTemplateData"] == more
    (template,) = ec2.describe_launch_templates()["LaunchTemplates"]
    assert (template["DefaultVersionNumber"], template["LatestVersionNumber"]) == (1, 3)


def test_what_was_asked_is_answered_and_tags_are_the_templates(client: Callable[..., Any]) -> None:
    ec2 = client("ec2")
    text = base64.b64encode(b"#!/bin/sh\n").decode()
    tags = [{"ResourceType": "launch-template", "Tags": [{"Key": "stackwright:stack", "Value": "shop"}]}]
    ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={**DATA, "UserData": text}, TagSpecifications=tags
    )
    (version,) = ec2.describe_launch_template_versions(Versions=["$Default"])["LaunchTemplateVersions"]
    assert version["LaunchTemplateData"] == {**DATA, "UserData": text}
    found = ec2.describe_launch_templates(Filters=[{"Name": "tag:stackwright:stack", "Values": ["shop"]}])
    assert [one["LaunchTemplateName"] for one in found["LaunchTemplates"]] == ["web"]


def test_versions_go_but_the_default_stays_and_numbers_are_not_used_again(client: Callable[..., Any]) -> None:
    ec2 = client("ec2")
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=DATA)
    for _ in range(2):
        ec2.create_launch_template_version(LaunchTemplateName="web", LaunchTemplateData=DATA)
    ec2.modify_launch_template(LaunchTemplateName="web", DefaultVersion="2")
    answer = ec2.delete_launch_template_versions(LaunchTemplateName="web", Versions=["2", "3", "9"])
    gone = answer["SuccessfullyDeletedLaunchTemplateVersions"]
    kept = answer["UnsuccessfullyDeletedLaunchTemplateVersions"]
    assert [one["VersionNumber"] for one in gone] == [3]
    assert [one["VersionNumber"] for one in kept] == [2, 9]
    ec2.create_launch_template_version(LaunchTemplateName="web", LaunchTemplateData=DATA)
    assert numbers(ec2, LaunchTemplateName="web") == [4, 2, 1]
    assert numbers(ec2, Versions=["$Default", "$Latest"]) == [2, 4]
    with refused("InvalidLaunchTemplateId.VersionNotFound"):
        ec2.modify_launch_template(LaunchTemplateName="web", DefaultVersion="3")


def test_a_token_makes_one(client: Callable[..., Any]) -> None:
    ec2 = client("ec2")
    asked = {"LaunchTemplateName": "web", "LaunchTemplateData": DATA, "ClientToken": "x"}
    first, second = ec2.create_launch_template(**asked), ec2.create_launch_template(**asked)
    assert first["LaunchTemplate"]["LaunchTemplateId"] == second["LaunchTemplate"]["LaunchTemplateId"]
    version = {"LaunchTemplateName": "web", "LaunchTemplateData": DATA, "ClientToken": "y"}
    made = [ec2.create_launch_template_version(**version)["LaunchTemplateVersion"]["VersionNumber"] for _ in range(2)]
    assert made == [2, 2]
    with refused("IdempotentParameterMismatch"):
        ec2.create_launch_template_version(**{**version, "LaunchTemplateData": {"ImageId": "ami-2"}})


def test_names_and_ids_that_are_not_there(client: Callable[..., Any]) -> None:
    ec2 = client("ec2")
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=DATA)
    with refused("InvalidLaunchTemplateName.AlreadyExistsException"):
        ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=DATA)
    with refused("InvalidLaunchTemplateId.NotFound"):
        ec2.describe_launch_templates(LaunchTemplateIds=["lt-0123456789abcdef0"])
    with refused("InvalidLaunchTemplateName.NotFoundException"):
        ec2.delete_launch_template(LaunchTemplateName="none")


def test_pages(client: Callable[..., Any]) -> None:
    ec2 = client("ec2")
    for number in range(3):
        ec2.create_launch_template(LaunchTemplateName=f"web{number}", LaunchTemplateData=DATA)
    pages = ec2.get_paginator("describe_launch_templates").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["LaunchTemplates"]) for page in pages] == [2, 1]
