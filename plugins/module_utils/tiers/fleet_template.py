# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the instances of a fleet are launched by: template, role, and what runs at the first boot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref, Sensitive
from .base import Context, Options
from .fleet_scaling import AGENT_NAMESPACE
from .permissions import ROLE, Statement, grants, role, sending_traces, shortened, statement, trust
from .secret_use import SecretUse

LAUNCH_TEMPLATE = "AWS::EC2::LaunchTemplate"
PROFILE = "AWS::IAM::InstanceProfile"

#: Amazon Linux 2023, as AWS keeps it up to date; EC2 looks the image up at each launch.
#: https://docs.aws.amazon.com/linux/al2023/ug/ec2.html
_AMAZON_LINUX = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{architecture}"
_PROFILE_NAME_LIMIT = 128

_SHEBANG = "#!/bin/bash"
#: The agent measures memory; AWS's own metrics know the processor, network and disks.
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
_CLOUDWATCH_AGENT = """\
dnf install -y amazon-cloudwatch-agent
cat > /opt/aws/amazon-cloudwatch-agent/etc/memory.json <<'END'
{"metrics": {"namespace": "%s",
 "append_dimensions": {"AutoScalingGroupName": "${aws:AutoScalingGroupName}"},
 "aggregation_dimensions": [["AutoScalingGroupName"]],
 "metrics_collected": {"mem": {"measurement": ["mem_used_percent"], "metrics_collection_interval": 60}}}}
END
/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s \\
  -c file:/opt/aws/amazon-cloudwatch-agent/etc/memory.json
"""
_LOG_FILES = """\
cat > /opt/aws/amazon-cloudwatch-agent/etc/logs.json <<'END'
%s
END
/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a append-config -m ec2 -s \\
  -c file:/opt/aws/amazon-cloudwatch-agent/etc/logs.json
"""
#: The agent listens on 127.0.0.1:2000 as the X-Ray daemon does, where the SDKs send segments unless told otherwise.
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
_TRACES = """\
cat > /opt/aws/amazon-cloudwatch-agent/etc/traces.json <<'END'
{"traces": {"traces_collected": {"xray": {}}}}
END
/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a append-config -m ec2 -s \\
  -c file:/opt/aws/amazon-cloudwatch-agent/etc/traces.json
"""
#: The installer is written in Ruby.
#: https://docs.aws.amazon.com/codedeploy/latest/userguide/codedeploy-agent-operations-install-linux.html
_CODEDEPLOY_AGENT = """\
dnf install -y ruby wget
wget -q -O /tmp/codedeploy-install https://aws-codedeploy-%s.s3.%s.amazonaws.com/latest/install
ruby /tmp/codedeploy-install auto
"""


def image_id(options: Options) -> str:
    """The image as EC2 takes it: an id, or the parameter that it looks it up in."""
    image = options["image"] or _AMAZON_LINUX.format(architecture=options["architecture"])
    return f"resolve:ssm:{image}" if image.startswith("/") else str(image)


def instance_role(name: str, options: Options, uses: list[SecretUse], log_group: str, context: Context) -> Resource:
    """The role that the instances act as: what `may`, `secrets` and `statements` say, and Systems Manager's agent.

    Args:
        log_group: where their logs go; empty: nowhere.
    """
    given: list[Statement] = [
        {"Effect": "Allow", **context.fill(item, f"statements[{index}]")}
        for index, item in enumerate(options["statements"])
    ]
    statements = [*_read(uses, context), *grants(options["may"], context), *given]
    if "cloudwatch" in options["agents"]:
        condition = {"StringEquals": {"cloudwatch:namespace": [AGENT_NAMESPACE]}}
        # The agent finds the name of the group among its instance's tags; neither action takes a resource.
        statements += [
            statement(["cloudwatch:PutMetricData"], "*", condition),
            statement(["ec2:DescribeTags"], "*"),
        ]
    if log_group:
        actions = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        statements.append(statement(actions, context.arn("logs", f"log-group:{log_group}:*")))
    if options["tracing"]:
        statements.append(sending_traces())
    if "codedeploy" in options["agents"]:
        bucket = context.arn("s3", f"aws-codedeploy-{context.region}/*", region="", account=False)
        statements.append(statement(["s3:GetObject"], bucket))
    return role(
        context,
        "instance",
        trust(["ec2.amazonaws.com"]),
        statements,
        managed=[context.managed_policy("AmazonSSMManagedInstanceCore")],
        description=f"What the instances of {name} may do",
        tags=options["tags"],
    )


def _read(uses: list[SecretUse], context: Context) -> list[Statement]:
    if not uses:
        return []
    actions = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    keys = [context.arn_of(key, "key", "secrets") for key in dict.fromkeys(use.key for use in uses) if key]
    return [
        statement(actions, [use.arn for use in uses]),
        *([statement(["kms:Decrypt"], keys)] if keys else []),
    ]


def instance_profile(options: Options, context: Context) -> Resource:
    """What puts the role on the instances."""
    return context.resource(
        PROFILE,
        context.logical("instance"),
        {
            "InstanceProfileName": shortened(context.slug("instance"), _PROFILE_NAME_LIMIT),
            "Roles": [Ref(Address(ROLE, context.logical("instance")), "RoleName")],
        },
        tags=options["tags"],
    )


def launch_template(name: str, title: str, options: Options, log_group: str, context: Context) -> Resource:
    """The launch template: no key pair and no public address, IMDSv2 only, encrypted volumes."""
    volume = options["volume"]
    tags = {**context.tags, **options["tags"], "Name": title}
    return context.resource(
        LAUNCH_TEMPLATE,
        name,
        {
            "LaunchTemplateName": options["launch_template_name"] or title,
            "LaunchTemplateData": {
                "ImageId": image_id(options),
                "InstanceType": options["instance_type"],
                "IamInstanceProfile": {"Arn": Ref(Address(PROFILE, context.logical("instance")), "Arn")},
                "SecurityGroupIds": [context.own_security_group()],
                "MetadataOptions": {
                    "HttpEndpoint": "enabled",
                    "HttpTokens": "required",
                    "HttpPutResponseHopLimit": 1,
                },
                "Monitoring": {"Enabled": options["detailed_monitoring"]},
                "BlockDeviceMappings": [
                    {
                        "DeviceName": volume["device"],
                        "Ebs": {
                            "VolumeSize": volume["size_gib"],
                            "VolumeType": volume["type"],
                            "Encrypted": True,
                            "KmsKeyId": context.arn_of(volume["key"], "key", "volume.key"),
                            "DeleteOnTermination": True,
                        },
                    }
                ],
                # The group's tags reach the instances, not their volumes.
                "TagSpecifications": [
                    {
                        "ResourceType": "volume",
                        "Tags": [{"Key": key, "Value": str(value)} for key, value in sorted(tags.items())],
                    }
                ],
            },
            "UserData": _user_data(options, log_group, context),
        },
        tags=options["tags"],
        title=title,
    )


#: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
USER_DATA_BYTES = 16384


def _user_data(options: Options, log_group: str, context: Context) -> Any:
    """What runs at the first boot: the agents, then what the user says, with its references replaced, none secret."""
    given = options["user_data"] or ""
    agents = _agents(options, log_group, context)
    if agents and given.startswith("#cloud-config"):
        context.problem("user_data", "is for cloud-init, and `agents` are installed by a script; use one or the other")
        return None
    if agents:
        first, _line, rest = given.partition("\n")
        if first.startswith("#!") and not first.endswith("sh"):
            context.problem("user_data", f"{first!r}: `agents` are installed by a shell; begin with {_SHEBANG}")
        given = f"{_SHEBANG}\nset -e\n{_literal(agents)}{rest if first.startswith('#!') else given}"
    if not given:
        return None
    size = len(given.encode())
    if size > USER_DATA_BYTES:
        context.problem("user_data", f"has {size} of {USER_DATA_BYTES} bytes; read the rest from a bucket at boot")
    text = context.fill(given, "user_data")
    if _is_secret(text):
        context.problem(
            "user_data", "holds a secret, which anybody who can describe the template reads; list it in `secrets`"
        )
        return None
    return text


def _agents(options: Options, log_group: str, context: Context) -> str:
    found = ""
    if "cloudwatch" in options["agents"]:
        found += _CLOUDWATCH_AGENT % AGENT_NAMESPACE
        found += _TRACES if options["tracing"] else ""
    if log_group:
        found += _LOG_FILES % json.dumps(_log_configuration(options["log_files"], log_group), indent=1)
    if "codedeploy" in options["agents"]:
        found += _CODEDEPLOY_AGENT % (context.region, context.region)
    return found


def _log_configuration(files: list[str], log_group: str) -> dict[str, Any]:
    """What the agent reads: each file as a stream of its own for each instance."""
    # The name of a stream takes no asterisk.
    streams = {path: f"{{instance_id}}/{path.rpartition('/')[2].replace('*', '')}" for path in files}
    listed = [
        {"file_path": path, "log_group_name": log_group, "log_stream_name": stream} for path, stream in streams.items()
    ]
    return {"logs": {"logs_collected": {"files": {"collect_list": listed}}}}


def _literal(text: str) -> str:
    return text.replace("${", "$${")


def _is_secret(value: Any) -> bool:
    if isinstance(value, Sensitive):
        return True
    if isinstance(value, Compose):
        return any(map(_is_secret, value.parts.values()))
    return isinstance(value, Mapping) and any(map(_is_secret, value.values()))
