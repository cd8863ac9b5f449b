"""Fleets, what is deployed to them, and VPCs that are joined."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .build import NETWORK, document, get, of, plain, problems

GROUP, TEMPLATE = "AWS::AutoScaling::AutoScalingGroup", "AWS::EC2::LaunchTemplate"
POLICY, ACTION = "AWS::AutoScaling::ScalingPolicy", "AWS::AutoScaling::ScheduledAction"
TARGETS, ALARM = "AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::CloudWatch::Alarm"
INGRESS, EGRESS = "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"
ROLE, DEPLOYMENTS = "AWS::IAM::Role", "AWS::CodeDeploy::DeploymentGroup"

FLEET: dict[str, Any] = {"instance_type": "t3.medium", "port": 3000}
BALANCER = {"certificate": "arn:aws:acm:eu-west-1:123456789012:certificate/c", "routes": [{"to": "fleet.api"}]}


def fleet(**options: Any) -> dict[str, Any]:
    return {"fleets": {"api": {**FLEET, **options}}}


def routed(**options: Any) -> dict[str, Any]:
    return {**fleet(**options), "load_balancers": {"edge": BALANCER}}


# The template


def test_instances_are_launched_without_key_address_or_old_metadata_service() -> None:
    data = plain(get(document(**fleet()), TEMPLATE, "api").properties)["LaunchTemplateData"]
    assert data["ImageId"].startswith("resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86")
    assert data["MetadataOptions"] == {
        "HttpEndpoint": "enabled",
        "HttpTokens": "required",
        "HttpPutResponseHopLimit": 1,
    }
    assert data["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    assert data["Monitoring"] == {"Enabled": True}
    assert "KeyName" not in data and "NetworkInterfaces" not in data
    assert data["IamInstanceProfile"] == {"Arn": "<InstanceProfile fleet.api/instance Arn>"}


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("ami-0123456789abcdef0", "ami-0123456789abcdef0"),
        ("/aws/service/canonical/ami-id", "resolve:ssm:/aws/service/canonical/ami-id"),
        ("resolve:ssm:/golden", "resolve:ssm:/golden"),
    ],
)
def test_an_image_is_an_id_or_a_parameter(image: str, said: str) -> None:
    data = get(document(**fleet(image=image)), TEMPLATE, "api").properties["LaunchTemplateData"]
    assert data["ImageId"] == said


def test_user_data_knows_references_and_the_agents_come_first() -> None:
    doc = document(
        **fleet(user_data='#!/bin/sh\necho "${stack.env} $${HOME}"\n', agents=["cloudwatch"]),
    )
    text = plain(get(doc, TEMPLATE, "api").properties["UserData"])
    assert text.startswith("#!/bin/bash\nset -e\ndnf install -y amazon-cloudwatch-agent\n")
    assert '"${aws:AutoScalingGroupName}"' in text
    assert text.endswith('echo "prod ${HOME}"\n')
    assert "#!/bin/sh" not in text
    assert "UserData" not in get(document(**fleet()), TEMPLATE, "api").properties


def test_user_data_holds_no_secret() -> None:
    secrets = {"jwt": {"generate": {"length": 32}}}
    (problem,) = problems(secrets=secrets, **fleet(user_data="KEY=${secret.jwt.value}"))
    assert problem.startswith("fleets.api.user_data: holds a secret")


def test_a_fleet_may_read_the_secrets_that_it_lists_and_be_managed() -> None:
    secrets = {"jwt": {"generate": {"length": 32}}}
    doc = document(secrets=secrets, **fleet(secrets=["secret.jwt"], agents=["cloudwatch"]))
    made = plain(get(doc, ROLE, "fleet.api/instance").properties)
    assert made["ManagedPolicyArns"] == ["arn:<AWS Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore"]
    first, metrics, tags = made["Policies"][0]["PolicyDocument"]["Statement"]
    assert (first["Action"], first["Resource"]) == (
        ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
        ["<Secret jwt Arn>"],
    )
    assert metrics["Condition"] == {"StringEquals": {"cloudwatch:namespace": ["CWAgent"]}}
    assert tags["Action"] == ["ec2:DescribeTags"]


# The group


def test_files_are_kept_as_logs_and_traces_are_sent() -> None:
    files = ["/var/log/shop/api.log", "/var/log/shop/error*"]
    doc = document(**fleet(log_files=files, log_retention_days=90, tracing=True, agents=["cloudwatch"]))
    group = get(doc, "AWS::Logs::LogGroup", "fleet.api").properties
    assert group == {"LogGroupName": "/ec2/shop-prod-api", "RetentionInDays": 90}
    text = plain(get(doc, TEMPLATE, "api").properties["UserData"])
    configuration = json.loads(text.partition("logs.json <<'END'\n")[2].partition("\nEND\n")[0])
    assert configuration["logs"]["logs_collected"]["files"]["collect_list"] == [
        {"file_path": path, "log_group_name": "/ec2/shop-prod-api", "log_stream_name": f"{{instance_id}}/{name}"}
        for path, name in zip(files, ("api.log", "error"), strict=True)
    ]
    role = plain(get(doc, ROLE, "fleet.api/instance").properties)
    allowed = {
        action: one["Resource"]
        for one in role["Policies"][0]["PolicyDocument"]["Statement"]
        for action in one["Action"]
    }
    below = "arn:<AWS Partition>:logs:eu-west-1:<AWS AccountId>:log-group:/ec2/shop-prod-api:*"
    assert allowed["logs:PutLogEvents"] == [below] and allowed["xray:GetSamplingRules"] == ["*"]
    assert get(doc, "AWS::Logs::LogGroup", "fleet.api").address in get(doc, GROUP, "api").depends_on
    (problem,) = problems(**fleet(log_files=files))
    assert "add cloudwatch to `agents`" in problem


def test_scaling_owns_the_number_once_it_may() -> None:
    fixed = get(document(**fleet(instances={"desired": 2})), GROUP, "api").properties
    assert (fixed["DesiredCapacity"], fixed["MinSize"], fixed["MaxSize"]) == ("2", "2", "2")
    scaled = get(document(**fleet(instances={"desired": 2, "min": 1, "max": 10})), GROUP, "api").properties
    assert (scaled["InitialDesiredCapacity"], scaled["MinSize"], scaled["MaxSize"]) == ("2", "1", "10")
    assert "DesiredCapacity" not in scaled


def test_the_clock_owns_the_bounds_that_it_sets() -> None:
    day = {"morning": {"cron": "0 7 * * *", "min": 4}, "evening": {"cron": "0 20 * * *", "min": 2}}
    made = get(document(**fleet(instances={"desired": 2, "min": 2, "max": 10}, schedules=day)), GROUP, "api").properties
    assert (made["InitialMinSize"], made["MaxSize"]) == ("2", "10") and "MinSize" not in made
    (problem,) = problems(**fleet(instances={"desired": 2, "min": 3, "max": 4}, schedules=day))
    assert "desired 2 is not between min 3 and max 4" in problem


def test_the_number_is_within_its_bounds() -> None:
    (problem,) = problems(**fleet(instances={"desired": 2, "min": 3, "max": 4}))
    assert problem == "fleets.api: api: desired 2 is not between min 3 and max 4; change one [fleet.sizes]"


def test_a_group_follows_the_default_version_and_tags_its_instances() -> None:
    group = get(document(**fleet(name="api-asg", tags={"team": "web"})), GROUP, "api")
    assert plain(group.properties["LaunchTemplate"]) == {
        "LaunchTemplateId": "<LaunchTemplate api LaunchTemplateId>",
        "Version": "<LaunchTemplate api DefaultVersionNumber>",
    }
    assert group.tags == {"Name": "api-asg", "team": "web"}
    assert group.properties["HealthCheckType"] == "EC2"
    assert group.properties["TargetGroupARNs"] == []


def test_spot_takes_several_types() -> None:
    spot = {"instance_types": ["t3a.medium", "t3.medium"], "on_demand_base": 1}
    properties = plain(get(document(**fleet(spot=spot)), GROUP, "api").properties)
    policy = properties["MixedInstancesPolicy"]
    assert policy["LaunchTemplate"]["Overrides"] == [{"InstanceType": "t3.medium"}, {"InstanceType": "t3a.medium"}]
    assert policy["InstancesDistribution"]["OnDemandBaseCapacity"] == 1
    assert properties["CapacityRebalance"] is True
    assert "LaunchTemplate" not in properties


def test_instances_boot_when_there_is_a_way_out() -> None:
    network = {**NETWORK, "nat_gateways": "one_per_zone", "zones": 2}
    needed = get(document(network=network, **fleet()), GROUP, "api").depends_on
    assert {address.name for address in needed} >= {
        "private-a/0.0.0.0/0",
        "private-b/0.0.0.0/0",
        "fleet.api/443 to 0.0.0.0/0",
    }


# Behind a load balancer


def test_a_load_balancer_routes_to_instances() -> None:
    check = {"name": "api-tg", "healthy_count": 3, "unhealthy_count": 3}
    doc = document(**routed(target_group=check))
    group = get(doc, TARGETS, "api").properties
    assert (group["Name"], group["TargetType"], group["Port"], group["Protocol"]) == (
        "api-tg",
        "instance",
        3000,
        "HTTP",
    )
    assert (group["HealthCheckPath"], group["HealthCheckIntervalSeconds"]) == ("/health", 30)
    assert (group["HealthCheckTimeoutSeconds"], group["HealthyThresholdCount"]) == (5, 3)
    fleet_group = plain(get(doc, GROUP, "api").properties)
    assert fleet_group["TargetGroupARNs"] == ["<TargetGroup api TargetGroupArn>"]
    assert fleet_group["HealthCheckType"] == "ELB"
    assert "fleet.api/3000 from load_balancer.edge" in of(doc, INGRESS)


@pytest.mark.parametrize(
    ("options", "judged_by"),
    [
        ({}, "ELB"),
        ({"agents": ["codedeploy"]}, "EC2"),  # Nothing answers before the first deployment.
        ({"agents": ["codedeploy"], "health_check_type": "elb"}, "ELB"),
        ({"health_check_type": "ec2"}, "EC2"),
    ],
)
def test_whose_judgement_replaces_an_instance(options: dict[str, Any], judged_by: str) -> None:
    assert get(document(**routed(**options)), GROUP, "api").properties["HealthCheckType"] == judged_by


def test_only_a_load_balancer_that_routes_there_can_judge() -> None:
    (found,) = problems(**fleet(health_check_type="elb"))
    assert found.startswith("fleets.api.health_check_type: elb, but no load balancer routes to the fleet")


def test_traces_are_taken_by_the_agent_where_there_is_one() -> None:
    def script(**options: Any) -> str:
        return str(get(document(**fleet(tracing=True, **options)), TEMPLATE, "api").properties.get("UserData"))

    assert '{"traces": {"traces_collected": {"xray": {}}}}' in script(agents=["cloudwatch"])
    assert "traces_collected" not in script()


def test_a_routed_fleet_says_its_port() -> None:
    balancers = {"load_balancers": {"edge": BALANCER}}
    found = problems(fleets={"api": {"instance_type": "t3.medium"}}, **balancers)
    assert "fleets.api.port: is not set, but load_balancer.edge routes to it; set the port it listens on" in found


def test_security_groups_take_the_names_that_are_stated() -> None:
    balancer = {**BALANCER, "security_group_name": "web-sg"}
    database = {"engine": "postgres", "engine_version": "16", "instance_class": "db.t3.medium"}
    doc = document(
        fleets={"api": {**FLEET, "security_group_name": "api-sg", "connects_to": ["database.main", "cache.main"]}},
        load_balancers={"edge": balancer},
        databases={"main": {**database, "security_group_name": "db-sg"}},
        caches={"main": {"engine_version": "7.1", "node_type": "cache.t3.small", "security_group_name": "redis-sg"}},
    )
    groups = of(doc, "AWS::EC2::SecurityGroup").values()
    assert {group["GroupName"] for group in groups} == {"web-sg", "api-sg", "db-sg", "redis-sg"}
    rules = set(of(doc, INGRESS))
    assert rules >= {
        "load_balancer.edge/443 from 0.0.0.0/0",
        "load_balancer.edge/80 from 0.0.0.0/0",
        "fleet.api/3000 from load_balancer.edge",
        "database.main/5432 from fleet.api",
        "cache.main/6379 from fleet.api",
    }


# Scaling


def test_a_fleet_is_held_at_cpu_memory_and_requests() -> None:
    target = {"cpu": 70, "memory": 80, "requests_per_target": 1000}
    doc = document(**routed(name="api-asg", agents=["cloudwatch"], instances={"max": 10, "target": target}))
    tracked = {name: plain(made["TargetTrackingConfiguration"]) for name, made in of(doc, POLICY).items()}
    assert tracked["api/cpu"] == {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
    }
    assert tracked["api/memory"]["CustomizedMetricSpecification"] == {
        "Namespace": "CWAgent",
        "MetricName": "mem_used_percent",
        "Dimensions": [{"Name": "AutoScalingGroupName", "Value": "<AutoScalingGroup api Name>"}],
        "Statistic": "Average",
    }
    requests = tracked["api/requests_per_target"]["PredefinedMetricSpecification"]
    label = "<LoadBalancer edge LoadBalancerFullName>/<TargetGroup api TargetGroupFullName>"
    assert requests == {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": label}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"instances": {"target": {"cpu": 70}}}, "fleets.api.instances.target: needs instances.max"),
        ({"instances": {"max": 2, "target": {"memory": 70}}}, "fleets.api.instances.target.memory: EC2 does not"),
        (
            {"instances": {"max": 2, "target": {"requests_per_target": 9}}},
            "fleets.api.instances.target.requests_per_target: no load balancer",
        ),
        ({"instances": {"max": 2, "target": {"disk": 9}}}, "fleets.api.instances.target.disk: is not one of cpu"),
        ({"schedules": {"night": {"cron": "0 1 * * *"}}}, "fleets.api.schedules.night: changes nothing"),
        ({"agents": ["codedeploy"], "user_data": "#cloud-config\n"}, "fleets.api.user_data: is for cloud-init"),
        ({"agents": ["codedeploy"], "user_data": "#!/usr/bin/perl\n"}, "fleets.api.user_data: '#!/usr/bin/perl'"),
    ],
)
def test_what_cannot_be(options: dict[str, Any], said: str) -> None:
    (problem,) = problems(**fleet(**options))
    assert problem.startswith(said)


def test_alarms_take_steps() -> None:
    steps = {"api-scale-up": {"change": 1}, "down": {"change": -1, "name": "api-scale-down"}}
    alarm = {"of": "fleet.api", "metric": "cpu", "period_seconds": 120}
    alarms = {
        "api-cpu-alarm": {**alarm, "above": 70, "actions": ["fleet.api.api-scale-up"]},
        "api-cpu-low-alarm": {**alarm, "below": 30, "actions": ["fleet.api.down"]},
    }
    doc = document(
        monitoring={"alarms": alarms},
        **fleet(name="api-asg", scaling_steps=steps, instances={"desired": 2, "max": 10}),
    )
    up, down = (of(doc, POLICY)[f"api/{name}"] for name in ("api-scale-up", "down"))
    assert (up["PolicyName"], up["ScalingAdjustment"], up["Cooldown"]) == ("api-scale-up", 1, "300")
    assert (down["PolicyName"], down["ScalingAdjustment"]) == ("api-scale-down", -1)
    high = plain(get(doc, ALARM, "api-cpu-alarm").properties)
    assert high["AlarmActions"] == ["<ScalingPolicy api/api-scale-up Arn>"]
    assert (high["Namespace"], high["MetricName"]) == ("AWS/EC2", "CPUUtilization")
    assert high["Dimensions"] == [{"Name": "AutoScalingGroupName", "Value": "api-asg"}]
    assert high["OKActions"] == []
    assert (high["Threshold"], high["EvaluationPeriods"], high["Period"]) == (70.0, 2, 120)
    low = plain(get(doc, ALARM, "api-cpu-low-alarm").properties)
    assert low["AlarmActions"] == ["<ScalingPolicy api/down Arn>"]


def test_an_alarm_measures_where_the_metric_is() -> None:
    rule = {"of": "fleet.api", "above": 80}
    alarms = {"memory": {**rule, "metric": "memory"}, "load": {**rule, "metric": "requests_per_target"}}
    doc = document(monitoring={"alarms": alarms}, **routed())
    assert get(doc, ALARM, "memory").properties["Namespace"] == "CWAgent"
    load = plain(get(doc, ALARM, "load").properties)
    assert load["Namespace"] == "AWS/ApplicationELB"
    assert {one["Name"] for one in load["Dimensions"]} == {"LoadBalancer", "TargetGroup"}
    found = problems(monitoring={"alarms": {"load": alarms["load"]}}, **fleet())
    assert any("does not publish requests_per_target" in problem for problem in found)


def test_a_schedule_changes_sizes() -> None:
    schedules = {"night": {"cron": "0 20 * * *", "timezone": "Europe/Berlin", "min": 0, "desired": 0}}
    made = of(document(**fleet(schedules=schedules)), ACTION)["api/night"]
    assert made["Recurrence"] == "0 20 * * *" and made["TimeZone"] == "Europe/Berlin"
    assert (made["MinSize"], made["DesiredCapacity"]) == (0, 0)
    assert "MaxSize" not in made


def test_a_hook_holds_an_instance() -> None:
    hooks = {"drain": {"on": "terminate", "timeout_seconds": 60}}
    made = of(document(**fleet(lifecycle_hooks=hooks)), "AWS::AutoScaling::LifecycleHook")["api/drain"]
    assert made["LifecycleTransition"] == "autoscaling:EC2_INSTANCE_TERMINATING"
    assert (made["HeartbeatTimeout"], made["DefaultResult"]) == (60, "CONTINUE")


def test_somebody_may_scale_exactly_this_fleet() -> None:
    roles = {"operator": {"trusts": {"services": ["lambda.amazonaws.com"]}, "may": {"scale": ["fleet.api"]}}}
    made = plain(get(document(roles=roles, **fleet()), ROLE, "role.operator").properties)
    (allowed,) = made["Policies"][0]["PolicyDocument"]["Statement"]
    assert allowed["Action"] == ["autoscaling:SetDesiredCapacity", "autoscaling:UpdateAutoScalingGroup"]
    assert allowed["Resource"] == ["<AutoScalingGroup api AutoScalingGroupARN>"]


# CodeDeploy


def test_an_application_is_deployed_to_a_fleet_behind_its_load_balancer() -> None:
    groups = {"main": {"fleets": ["fleet.api"], "alarms": ["errors"]}}
    alarms = {"errors": {"namespace": "Shop", "metric": "Errors", "above": 5}}
    doc = document(codedeploy_applications={"rapid-api": {"groups": groups}}, monitoring={"alarms": alarms}, **routed())
    made = plain(get(doc, DEPLOYMENTS, "rapid-api/main").properties)
    assert made["DeploymentGroupName"] == "rapid-api-prod"
    assert made["AutoScalingGroups"] == ["<AutoScalingGroup api Name>"]
    assert made["DeploymentConfigName"] == "CodeDeployDefault.OneAtATime"
    assert made["DeploymentStyle"]["DeploymentOption"] == "WITH_TRAFFIC_CONTROL"
    assert made["LoadBalancerInfo"] == {"TargetGroupInfoList": [{"Name": "<TargetGroup api TargetGroupName>"}]}
    assert made["AlarmConfiguration"] == {"Enabled": True, "Alarms": [{"Name": "<Alarm errors AlarmName>"}]}
    assert made["AutoRollbackConfiguration"]["Events"] == ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]


def test_a_fleet_without_a_load_balancer_is_deployed_to_without_traffic_control() -> None:
    groups = {"main": {"fleets": ["fleet.api"]}, "canary": {"fleets": ["fleet.api"], "name": "first"}}
    doc = document(codedeploy_applications={"app": {"groups": groups}}, **fleet())
    made = of(doc, DEPLOYMENTS)
    assert made["app/main"]["DeploymentStyle"]["DeploymentOption"] == "WITHOUT_TRAFFIC_CONTROL"
    assert "LoadBalancerInfo" not in made["app/main"]
    assert made["app/canary"]["DeploymentGroupName"] == "first"


def test_a_deployment_group_names_alarms_that_there_are() -> None:
    groups = {"main": {"fleets": ["fleet.api"], "alarms": ["none"]}}
    (problem,) = problems(codedeploy_applications={"app": {"groups": groups}}, **fleet())
    assert problem.startswith("codedeploy_applications.app.groups.main.alarms: 'none' is no entry")


# Peering


def test_a_vpc_is_joined_and_both_sides_know_the_way() -> None:
    far = {
        "peer_vpc_id": "vpc-1",
        "peer_cidr": "10.90.0.0/16",
        "peer_region": "us-west-2",
        "peer_route_table_ids": ["rtb-9"],
    }
    doc = document(peerings={"far": far})
    connection = get(doc, "AWS::EC2::VPCPeeringConnection", "far").properties
    assert (connection["PeerVpcId"], connection["PeerRegion"], connection["Accepted"]) == ("vpc-1", "us-west-2", True)
    routes = {
        name: plain(properties)
        for name, properties in of(doc, "AWS::EC2::Route").items()
        if "VpcPeeringConnectionId" in properties
    }
    assert set(routes) == {"data/far", "private-a/far", "private-b/far", "public/far", "rtb-9/far"}
    assert {route["VpcPeeringConnectionId"] for route in routes.values()} == {"<VPCPeeringConnection far Id>"}
    assert routes["data/far"]["DestinationCidrBlock"] == "10.90.0.0/16"
    assert routes["rtb-9/far"]["DestinationCidrBlock"] == "10.40.0.0/16"
    assert get(doc, "AWS::EC2::Route", "rtb-9/far").region == "us-west-2"


def test_another_account_accepts_itself() -> None:
    far = {"peer_vpc_id": "vpc-1", "peer_cidr": "10.90.0.0/16", "peer_account": "210987654321"}
    made = get(document(peerings={"far": far}), "AWS::EC2::VPCPeeringConnection", "far").properties
    assert "Accepted" not in made and made["PeerOwnerId"] == "210987654321"
    found = problems(peerings={"far": {**far, "peer_route_table_ids": ["rtb-9"]}})
    assert any(problem.startswith("peerings.far.peer_route_table_ids: are another account's") for problem in found)


def test_the_other_side_only_needs_routes() -> None:
    doc = document(peerings={"home": {"connection_id": "pcx-1", "peer_cidr": "10.90.0.0/16"}})
    assert not of(doc, "AWS::EC2::VPCPeeringConnection")
    routes = [made for made in of(doc, "AWS::EC2::Route").values() if "VpcPeeringConnectionId" in made]
    assert {made["VpcPeeringConnectionId"] for made in routes} == {"pcx-1"}
    assert len(routes) == 4


def test_a_service_of_somebody_else_gets_a_private_address() -> None:
    service = "com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0"
    graph = {"name": "graph", "service": service, "ports": [443, 7687]}
    doc = document(network={**NETWORK, "private_services": [graph]})
    made = get(doc, "AWS::EC2::VPCEndpoint", "graph").properties
    assert (made["ServiceName"], made["VpcEndpointType"], made["PrivateDnsEnabled"]) == (service, "Interface", False)
    assert set(of(doc, INGRESS)) == {"network/graph/443 from 10.40.0.0/16", "network/graph/7687 from 10.40.0.0/16"}
