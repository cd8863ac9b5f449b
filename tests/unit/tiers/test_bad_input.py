"""What AWS would refuse, as a person writes it: refused at the option, with the value and what is right."""

from __future__ import annotations

from typing import Any

import pytest

from .build import description, document, of, problems

FUNCTION = {"runtime": "python3.13"}
DATABASE = {"engine": "postgres", "engine_version": "16", "instance_class": "db.t3.small"}
REST: dict[str, Any] = {
    "databases": {"main": DATABASE},
    "caches": {"main": {"engine_version": "7.1", "node_type": "cache.t3.small"}},
    "secrets": {"database": {"generate": ["password"], "fields": {"user": "database.main.username"}}},
    "zones": {"main": {"domain": "example.com"}},
    "certificates": {"main": {"domain": "example.com", "zone": "zone.main"}},
    "clusters": {"shop": {}},
    "buckets": {"site": {}},
    "queues": {"jobs": {}},
    "topics": {"ops": {}},
    "services": {"api": {"cluster": "shop", "port": 8000, "connects_to": ["database.main"]}},
    "load_balancers": {"web": {"certificate": "main", "routes": [{"to": "service.api"}]}},
    "functions": {"f": FUNCTION},
}


POSTGRES = {"engine": "postgres", "engine_version": "16", "instance_class": "db.t3.small"}


def entry(section: str, name: str, /, **options: Any) -> dict[str, Any]:
    """The rest of the stack, and an entry with some options more."""
    entries: dict[str, Any] = REST.get(section, {})
    return {section: {**entries, name: {**entries.get(name, {}), **options}}}


def service(**options: Any) -> dict[str, Any]:
    return entry("services", "api", **options)


def function(**options: Any) -> dict[str, Any]:
    return entry("functions", "f", **options)


def database(**options: Any) -> dict[str, Any]:
    return entry("databases", "main", **options)


def balancer(*routes: dict[str, Any], **options: Any) -> dict[str, Any]:
    default = [{"to": "service.api"}, *({"to": "service.api", **route} for route in routes)]
    return entry("load_balancers", "web", routes=default, **options)


def lifecycle(*rules: dict[str, Any]) -> dict[str, Any]:
    return entry("buckets", "site", lifecycle=list(rules))


def alarm(**options: Any) -> dict[str, Any]:
    watched = {"of": "service.api", "metric": "cpu", "above": 1, **options}
    return {"monitoring": {"alarms": {"x": watched}, "notify": ["ops"]}}


def fleet(**options: Any) -> dict[str, Any]:
    return entry("fleets", "web", **{"instance_type": "t3.small", "port": 80, **options})


def acl(*rules: dict[str, Any]) -> dict[str, Any]:
    made = [{"name": "data", "subnets": ["data"], "ingress": list(rules), "egress": []}]
    return {"network": {"cidr": "10.40.0.0/16", "network_acls": made}}


def record(**options: Any) -> dict[str, Any]:
    return entry("zones", "main", records={"x": options})


IA, GLACIER = "STANDARD_IA", "GLACIER"

#: Sections, and how the first message about them begins.
REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        entry("secrets", "s", rotate_days=30, rotation_function="function.nope"),
        "secrets.s.rotation_function: 'function.nope' names nothing in `functions` (it has f)",
    ),
    (
        entry("databases", "copy", **POSTGRES, replica_of="database.copy"),
        "databases.copy.replica_of: 'database.copy' is this database itself; name the one that it follows",
    ),
    (
        entry("databases", "copy", **POSTGRES, replica_of="database.main"),
        "databases.copy.replica_of: 'database.main' is of this stack; describe it as one of its `read_replicas`",
    ),
    (
        entry("backups", "weekly", of=["service.api"]),
        "backups.weekly.of: 'service.api' is not one of: database.NAME, bucket.NAME, resource.NAME",
    ),
    (
        entry("backups", "weekly", of=["database.main"], copy_keep_days=3),
        "backups.weekly: copy_keep_days needs copy_to",
    ),
    (fleet(user_data="#!/bin/sh\n" + "x" * 16384), "fleets.web.user_data: has 16394 of 16384 bytes"),
    (
        entry("budgets", "all", amount=5, name="shop:all"),
        "budgets.all.name: 'shop:all' is no name of a budget, without : and backslash; write it as shop-monthly",
    ),
    (fleet(port=0), "fleets.web.port: 0 is not between 1 and 65535"),
    (fleet(port=70000), "fleets.web.port: 70000 is not between"),
    (fleet(instance_type=""), "fleets.web.instance_type: '' is no instance type; write it as m6i.large"),
    (fleet(instances={"min": -1, "max": 2}), "fleets.web.instances.min: -1 is less than 0"),
    (fleet(instances={"max": 2, "target": {"cpu": 500}}), "fleets.web.instances.target.cpu: 500 per cent"),
    (fleet(volume={"size_gib": -5}), "fleets.web.volume.size_gib: -5 is not between 1 and 65536"),
    (fleet(image="notanami"), "fleets.web.image: 'notanami' is no image"),
    (fleet(health_check="health"), "fleets.web.health_check: 'health' is no path; write it as /health"),
    (
        fleet(target_group={"interval_seconds": 1}),
        "fleets.web.target_group.interval_seconds: 1 is not between 5 and 300",
    ),
    (fleet(schedules={"n": {"cron": "61 25 * * *", "min": 1}}), "fleets.web.schedules.n.cron: '61 25 * * *' has '61'"),
    (function(name="x" * 65), "functions.f: FunctionName 'xxx"),
    (function(handler=""), "functions.f.handler: '' is no handler"),
    (function(memory=-1), "functions.f.memory: -1 is not between 128 and 10240"),
    (function(queue={"from": "queue.jobs", "batch": 0}), "functions.f.queue.batch: 0 is not between 1 and 10000"),
    (function(queue={"from": "queue.jobs", "concurrency": -1}), "functions.f.queue.concurrency: -1 is not between"),
    (function(environment={"AWS_REGION": "x"}), "functions.f.environment: 'AWS_REGION' is a variable that Lambda sets"),
    (function(environment={"1A-B": "x"}), "functions.f.environment: '1A-B' is no name of a function's variable"),
    (function(environment={"MODE": {"x": 1}}), "functions.f.environment.MODE: a mapping is not text"),
    (function(environment=["API_KEY=x"]), "functions.f.environment: a list is not a mapping of options"),
    (function(layers=["tools"]), "functions.f.layers[0]: 'tools' is no version of a layer"),
    (function(alias={"name": "live", "provisioned": -1}), "functions.f.alias.provisioned: -1 is less than 0"),
    (function(reserved_concurrency=-1), "functions.f.reserved_concurrency: -1 is less than 0"),
    (
        function(secrets={"DB": "secret.database:nope"}),
        "functions.f.secrets.DB: 'nope' is no member of secret 'database'",
    ),
    (
        function(schedule={"expression": "rate(1 hour)", "timezone": "Mars/X"}),
        "functions.f.schedule.timezone: 'Mars/X' is no time zone; write it as Europe/Berlin",
    ),
    (entry("queues", "jobs", name="a b"), "queues.jobs: QueueName 'a b"),
    (entry("queues", "jobs", name="x.fifo"), "queues.jobs.name: 'x.fifo' ends like a FIFO queue's"),
    (entry("queues", "jobs", visibility_seconds=-1), "queues.jobs.visibility_seconds: -1 is not between 0 and 43200"),
    (entry("queues", "jobs", dead_letters={"max_receives": 0}), "queues.jobs.dead_letters.max_receives: 0 is not"),
    (entry("rest_apis", "a", routes={}), "rest_apis.a.routes: is empty, and API Gateway deploys no API"),
    (
        entry("rest_apis", "a", routes={"/": {"function": "function.f"}}, stage="a b"),
        "rest_apis.a.stage: 'a b' is no name of a stage",
    ),
    (entry("distributions", "w", to="bucket.site", cache={"min_ttl": -1}), "distributions.w.cache.min_ttl: -1 is less"),
    (
        entry("distributions", "w", to="bucket.site", allow_countries=["Germany"]),
        "distributions.w.allow_countries[0]: 'Germany' is no country by two letters; write it as DE",
    ),
    (
        entry("distributions", "w", to="bucket.site", error_pages=[{"status": 200}]),
        "distributions.w.error_pages[0].status: 200 is none of 400, 403",
    ),
    (
        entry("distributions", "w", to="bucket.site", routes=[{"paths": ["a b"], "to": "bucket.site"}]),
        "distributions.w.routes[0].paths[0]: 'a b' is no pattern of paths",
    ),
    (
        entry("distributions", "w", to="bucket.site", headers={"X-Api-Secret": "hunter2hunter2"}),
        "distributions.w: ResponseHeadersPolicyConfig.CustomHeadersConfig.Items.X-Api-Secret holds a secret",
    ),
    (alarm(periods=0), "monitoring.alarms.x.periods: 0 is less than 1"),
    (alarm(statistic="Median"), "monitoring.alarms.x.statistic: 'Median' is no statistic"),
    (alarm(period_seconds=45), "monitoring.alarms.x.period_seconds: a period of 45 s"),
    (alarm(period_seconds=-1), "monitoring.alarms.x.period_seconds: -1 is less than 10"),
    (
        alarm(of=None, metric=None, expression="a", metrics={"a": {"of": "bucket.site", "metric": "size"}}),
        "monitoring.alarms.x.period_seconds: 300: size of bucket.site comes every 86400 s",
    ),
    (alarm(metrics={"a": "cpu"}), "monitoring.alarms.x.metrics.a: text is no mapping of options"),
    (
        alarm(of=None, metric=None, rate={"errors": {"metrics": "x"}, "total": {"of": "service.api"}}),
        "monitoring.alarms.x.rate.errors.metrics: unknown option; did you mean 'metric'?",
    ),
    (
        {"monitoring": {"dashboards": {"d": {"rows": [[{"metrics": ["cpu"]}]]}}}},
        "monitoring.dashboards.d.rows[0][0].metrics[0]: text is not a mapping of options",
    ),
    ({"monitoring": {"published": {"Shop": {"Requests": [1]}}}}, "monitoring.published.Shop.Requests: a list is not"),
    (service(may={"read": [{"a": 1}]}), "services.api.may.read[0]: a mapping is not text"),
    (function(queue={"from": "x"}), "functions.f.queue.from: 'x' is no reference"),
    (
        service(statements=[{"Action": "s3:GetObject", "Condition": ["x"]}]),
        "services.api.statements[0]: a mapping is no statement of a policy: Condition is no mapping",
    ),
    (alarm(periods=2, periods_to_alarm=3), "monitoring.alarms.x.periods_to_alarm: 3 datapoints of 2 periods"),
    (
        alarm(of=None, metric=None, expression="a / b", metrics={"a": {"of": "service.api", "metric": "cpu"}}),
        "monitoring.alarms.x.expression: 'b' is no term (`metrics` has a)",
    ),
    (
        entry("schedules", "s", expression="cron(99 4 ? * SUN *)", function="function.f"),
        "schedules.s.expression: 'cron(99 4 ? * SUN *)' has '99' for the minutes, which goes from 0 to 59",
    ),
    (
        entry("schedules", "s", expression="at(2027-13-01T00:00:00)", function="function.f"),
        "schedules.s.expression: 'at(2027-13-01T00:00:00)' is no date and time",
    ),
    (entry("schedules", "s", expression="rate(1 day)", function="function.f", retries=999), "schedules.s.retries: 999"),
    (entry("schedules", "s", expression="rate(1 day)", function=""), "schedules.s: needs one of function, task, call"),
    (acl({"number": 0, "port": 1}), "network.network_acls[0].ingress[0].number: 0 is not between 1 and 32766"),
    (acl({"number": 1, "port": 99999}), "network.network_acls[0].ingress[0].port: 99999 is not between 0 and 65535"),
    (
        acl({"number": 1, "port": 1}, {"number": 1, "port": 2}),
        "network.network_acls[0].ingress[1].number: 1 is that of network_acls[0].ingress[0] too; give it another",
    ),
    (
        {"network": {"cidr": "10.40.0.0/16", "interface_endpoints": ["no such service"]}},
        "network.interface_endpoints[0]: 'no such service' is no service of AWS",
    ),
    ({"tags": {"k": {"a": 1}}}, "tags.k: a mapping is not text"),
    (database(allocated_storage=-1), "databases.main.allocated_storage: -1 is less than 5"),
    (database(instance_class=""), "databases.main.instance_class: '' is no class of a database instance"),
    (database(instance_class="t3.medium"), "databases.main.instance_class: 't3.medium' is no class"),
    (database(engine_version="fifteen"), "databases.main.engine_version: 'fifteen' is no version"),
    (database(port=80), "databases.main.port: 80 is not between 1150 and 65535"),
    (database(database="1 db"), "databases.main.database: '1 db' is no name of a database"),
    (database(performance_insights_days=8), "databases.main.performance_insights_days: 8 is none of 7, 31"),
    (database(parameters={"a b": 1}), "databases.main.parameters: 'a b' is no name of a parameter"),
    (database(zone="eu-west-1z", multi_az=False), "databases.main.zone: 'eu-west-1z' is no availability zone"),
    (database(zone="us-east-1a", multi_az=False), "databases.main.zone: 'us-east-1a' is in another region"),
    (database(security_group_ids=["nope"]), "databases.main.security_group_ids[0]: 'nope' is no security group's id"),
    (database(subnet_ids=["x"]), "databases.main.subnet_ids[0]: 'x' is no subnet's id"),
    (database(backups={"copy_to": "mars-1"}), "databases.main.backups.copy_to: 'mars-1' is no region of AWS"),
    (database(log_exports=["slowquery"]), "databases.main.log_exports: 'slowquery' is no log of postgres"),
    (database(storage_type="io1", allocated_storage=100), "databases.main.iops: is missing: io1 storage needs it"),
    (entry("caches", "main", node_type="t3.medium"), "caches.main.node_type: 't3.medium' is no type of a cache node"),
    (entry("caches", "main", engine_version="seven"), "caches.main.engine_version: 'seven' is no version"),
    (entry("caches", "main", auth_token="hunter2"), "caches.main.auth_token: the value is not true or false"),
    (entry("caches", "main", token_secret="hunter2"), "caches.main.token_secret: what it says is no reference"),
    (database(password_secret="hunter2"), "databases.main.password_secret: what it says is no reference to a secret"),
    (database(rotate_password_days="hunter2"), "databases.main.rotate_password_days: the value is not a whole number"),
    (service(environment=["PASSWORD=hunter2"]), "services.api.environment: a list is not a mapping of options"),
    (entry("caches", "main", port=0), "caches.main.port: 0 is not between 1 and 65535"),
    (balancer({"paths": ["/a"], "priority": 60000}), "load_balancers.web.routes[1].priority: 60000 is not between 1"),
    (
        balancer({"paths": ["/a"], "priority": 7}, {"paths": ["/b"], "priority": 7}),
        "load_balancers.web.routes[2].priority: 7 is that of routes[1] too",
    ),
    (balancer({"paths": ["a b"]}), "load_balancers.web.routes[1].paths[0]: 'a b' is no pattern of paths"),
    (balancer({"paths": [f"/{n}" for n in range(6)]}), "load_balancers.web.routes[1]: has 6 hosts and paths"),
    (balancer(idle_timeout_seconds=0), "load_balancers.web.idle_timeout_seconds: 0 is not between 1 and 4000"),
    (service(tasks={"max": 3, "target": {"cpu": 0}}), "services.api.tasks.target.cpu: 0 is not between 1 and 100"),
    (service(target_group={"healthy_count": 1}), "services.api.target_group.healthy_count: 1 is not between 2 and 10"),
    (service(target_group={"statuses": "ok"}), "services.api.target_group.statuses: 'ok' is no list of statuses"),
    (service(target_group={"deregistration_seconds": 9999}), "services.api.target_group.deregistration_seconds: 9999"),
    (service(grace_seconds=-1), "services.api.grace_seconds: -1 is not between"),
    (
        service(deployment={"minimum_healthy_percent": 100, "maximum_percent": 100}),
        "services.api.deployment.maximum_percent: 100 leaves no room above minimum_healthy_percent 100",
    ),
    (
        service(deployment={"minimum_healthy_percent": 150}),
        "services.api.deployment.minimum_healthy_percent: 150 is not",
    ),
    (service(secrets={"PW": "secret.database:pasword"}), "services.api.secrets.PW: 'pasword' is no member of secret"),
    (service(secrets={"PW": "database.main.secret:pasword"}), "services.api.secrets.PW: 'pasword' is no member"),
    (service(environment={"A B": "x"}), "services.api.environment: 'A B' is no name of a variable"),
    (service(environment={"PGPASSWORD": "hunter2"}), "services.api: ContainerDefinitions.Environment.PGPASSWORD holds"),
    (service(command=["app", "--password=hunter2"]), "services.api: ContainerDefinitions.Command holds the value of"),
    (service(statements=[{"Effect": "Maybe"}]), "services.api.statements[0]: a mapping is no statement of a policy"),
    (service(statements=[{"Effect": "Allow"}]), "services.api.statements[0]: a mapping is no statement of a policy"),
    (service(capacity=[{"provider": "FARGATES"}]), "services.api.capacity[0].provider: 'FARGATES' is no capacity"),
    (service(capacity=[{"provider": "FARGATE", "weight": 5000}]), "services.api.capacity[0].weight: 5000 is not"),
    (
        service(capacity=[{"provider": "FARGATE", "base": 1}, {"provider": "FARGATE_SPOT", "base": 1}]),
        "services.api.capacity: has a base at several providers",
    ),
    (
        service(capacity=[{"provider": "FARGATE_SPOT"}]),
        "services.api.capacity: names FARGATE_SPOT, which is not in the capacity of cluster.shop; add it there",
    ),
    (service(capacity=[{"provider": "FARGATE", "weight": 0}]), "services.api.capacity: has no weight above 0"),
    (
        service(container_health_check={"command": []}),
        "services.api.container_health_check.command: must begin with CMD",
    ),
    (
        service(container_health_check={"command": ["CMD", "x"], "interval_seconds": 1}),
        "services.api.container_health_check.interval_seconds: 1 is not between 5 and 300",
    ),
    (entry("secrets", "jwt", generate="hunter2"), "secrets.jwt.generate: what it says is no list; write [password]"),
    (entry("secrets", "jwt", generate=["hunter2", "x"]), "secrets.jwt.generate: names 2 members"),
    (entry("secrets", "jwt", generate={"length": "hunter2"}), "secrets.jwt.generate.length: the value is not between"),
    (entry("secrets", "jwt", generate=True), "secrets.jwt.generate: true says too little"),
    (entry("secrets", "jwt", replicas=["mars"]), "secrets.jwt.replicas[0]: the value is no region of AWS"),
    (entry("secrets", "jwt", rotate_days="hunter2"), "secrets.jwt.rotate_days: the value is not a whole number"),
    (entry("secrets", "jwt", replicas=["hunter2"]), "secrets.jwt.replicas[0]: the value is no region"),
    (entry("secrets", "jwt", replicas=["eu-west-1"]), "secrets.jwt.replicas: 'eu-west-1' is the stack's own region"),
    (entry("zones", "z", domain="not a domain"), "zones.z.domain: 'not a domain' is no domain name"),
    (record(values=["hello"]), "zones.main.records.x.values[0]: 'hello' is no IPv4 address"),
    (record(type="AAAA", values=["1.2.3.4"]), "zones.main.records.x.values[0]: '1.2.3.4' is no IPv6 address"),
    (record(type="MX", values=["mail"]), "zones.main.records.x.values[0]: 'mail' is no mail exchange"),
    (record(values=["1.2.3.4"], ttl=-1), "zones.main.records.x.ttl: -1 is not between 0"),
    (entry("certificates", "main", domain="a b"), "certificates.main.domain: 'a b' is no domain name"),
    (
        lifecycle({"transitions": [{"days": 10, "storage_class": IA}]}),
        "buckets.site.lifecycle[0].transitions[0].days: 10",
    ),
    (
        lifecycle({"transitions": [{"days": 90, "storage_class": IA}, {"days": 30, "storage_class": GLACIER}]}),
        "buckets.site.lifecycle[0].transitions[0].storage_class: 'STANDARD_IA': objects do not move to it from GLACIER",
    ),
    (
        lifecycle({"transitions": [{"days": 30, "storage_class": IA}, {"days": 40, "storage_class": GLACIER}]}),
        "buckets.site.lifecycle[0].transitions[1].days: 40: objects are in STANDARD_IA since day 30; make it 60",
    ),
    (
        lifecycle({"transitions": [{"days": 30, "storage_class": IA}], "expire_days": 10}),
        "buckets.site.lifecycle[0].expire_days: 10: objects would be gone before they move on day 30",
    ),
    (lifecycle({"expire_days": -1}), "buckets.site.lifecycle[0].expire_days: -1 is less than 1"),
    (
        lifecycle({"id": "a", "expire_days": 1}, {"id": "a", "expire_days": 2}),
        "buckets.site.lifecycle[1].id: 'a' is that of lifecycle[0] too",
    ),
    (lifecycle({}), "buckets.site.lifecycle[0]: does nothing"),
    (
        entry("buckets", "site", replicate_to={"region": "mars", "name": "abc"}),
        "buckets.site.replicate_to.region: 'mars' is no region of AWS",
    ),
    (
        entry("backups", "b", of=["database.main"], schedule="weekly"),
        "backups.b.schedule: 'weekly' is no cron expression; write it as cron(",
    ),
    (entry("backups", "b", of=["database.main"], keep_days=0), "backups.b.keep_days: 0 is not between 1"),
    (entry("backups", "b", of=["database.main"], copy_to="mars"), "backups.b.copy_to: 'mars' is no region of AWS"),
    (
        entry("backups", "b", of=["database.main"], start_within_minutes=10),
        "backups.b.start_within_minutes: 10 is less",
    ),
    (
        entry("backups", "b", of=["database.main"], start_within_minutes=700),
        "backups.b.complete_within_minutes: 720 is less than 60 minutes after start_within_minutes 700; make it 760",
    ),
    (
        entry("topics", "ops", subscriptions=[{"protocol": "email", "endpoint": "nomail"}]),
        "topics.ops.subscriptions[0].endpoint: 'nomail' is no e-mail address",
    ),
    (
        entry("topics", "ops", subscriptions=[{"protocol": "https", "endpoint": "http://hunter2"}]),
        "topics.ops.subscriptions[0].endpoint: the value is no address over HTTPS",
    ),
    (
        {"audit": {"trail": {}, "bucket": {"archive_days": 90, "expire_days": 30}}},
        "audit.bucket.expire_days: 30: logs would be gone before they are archived on day 90",
    ),
    (entry("keys", "k", deletion_window_days=3), "keys.k.deletion_window_days: 3 is not between 7 and 30"),
    (entry("keys", "k", rotation_days=10), "keys.k.rotation_days: 10 is not between 90 and 2560"),
    (entry("parameters", "p", value=""), "parameters.p: needs one of value, secret_value"),
    (entry("repositories", "app/x", keep_images=0), "repositories.app/x.keep_images: 0 is less than 1"),
    (
        entry("buckets", "other", name="shop-site-prod"),
        "buckets.other: BucketName 'shop-site-prod' is that of buckets.site",
    ),
    (
        entry(
            "search_domains",
            "s",
            engine_version="2.19",
            instance_type="r6g.large.search",
            volume={"type": "gp2", "iops": 9},
        ),
        "search_domains.s.volume.iops: 9: gp2 takes none",
    ),
    # What people write beside the point: units, what AWS's own names look like, what belongs elsewhere.
    ({"region": "EU-WEST-1"}, "region: 'EU-WEST-1' is no region of AWS; did you mean eu-west-1"),
    ({"network": {"cidr": "10.40.0.0/255.255.0.0"}}, "network.cidr: '10.40.0.0/255.255.0.0' is no IPv4 range"),
    (
        {"network": {"cidr": "10.40.0.0/16", "interface_endpoints": ["com.amazonaws.eu-west-1.logs"]}},
        "network.interface_endpoints[0]: 'com.amazonaws.eu-west-1.logs' is no service of AWS",
    ),
    (
        {"network": {"cidr": "10.40.0.0/16", "flow_logs": {"retention_days": 31}}},
        "network.flow_logs.retention_days: 31 days are none that CloudWatch keeps logs (1, 3, 5, 7, 14, 30, "
        "60, 90, …); take 60",
    ),
    (acl({"number": 1, "port": 443, "to_port": 80}), "network.network_acls.data.ingress: rule 1: port 443 is above"),
    (acl({"number": 1, "port": 443, "cidr": "10.0.0.0/255.0.0.0"}), "network.network_acls[0].ingress[0].cidr: '10.0"),
    (service(memory="1GB"), "services.api.memory: '1GB' is not a whole number; write it in digits alone"),
    (service(log_retention_days=31), "services.api.log_retention_days: 31 days are none that CloudWatch keeps logs"),
    (service(image="https://ghcr.io/x"), "services.api.image: 'https://ghcr.io/x' is no image of a container"),
    (service(image="Repo/App:1"), "services.api.image: 'Repo/App:1' is no image of a container"),
    (service(tasks={"min": 3, "max": 2}), "services.api.tasks.min: 3 is more than max 2; correct one of them"),
    (service(tasks=3), "services.api.tasks: a plain value is not a mapping of options; write OPTION: value"),
    (
        service(environment={"PW": "x"}, secrets={"PW": "secret.database:password"}),
        "services.api.secrets.PW: is a variable of `environment` too; take one of them away",
    ),
    (database(monitoring_seconds=20), "databases.main.monitoring_seconds: 20 is none of: 0, 1, 5, 10, 15, 30, 60"),
    (database(instance_class="db.t3"), "databases.main.instance_class: 'db.t3' is no class"),
    (
        database(proxy={"max_idle_connections_percent": 60, "max_connections_percent": 50}),
        "databases.main.proxy.max_idle_connections_percent: 60 is more than max_connections_percent 50; lower it",
    ),
    (function(runtime="python"), "functions.f.runtime: 'python' is no runtime; write it as python3.13"),
    (
        function(layers=[f"arn:aws:lambda:eu-west-1:123456789012:layer:x:{n}" for n in range(6)]),
        "functions.f.layers: has 6; Lambda takes 5",
    ),
    (
        entry("event_rules", "e", pattern={"source": "aws.ec2"}, targets=[{"to": "function.f"}]),
        "event_rules.e.pattern: a mapping is no pattern of events: 'source' has no list of what it may be",
    ),
    (
        entry("event_rules", "e", schedule="rate(5 minute)", targets=[{"to": "function.f"}]),
        "event_rules.e.schedule: 'rate(5 minute)' is refused: one is singular, more are plural; write rate(5 minutes)",
    ),
    (
        entry("event_rules", "e", schedule="rate(1 day)", targets=[{"to": "function.f"}] * 6),
        "event_rules.e.targets: has 6; a rule has 1 to 5",
    ),
    (
        entry("schedules", "s", expression="at(2030-12-31)", function="function.f"),
        "schedules.s.expression: 'at(2030-12-31)' is no date and time; write it as at(2030-12-31T04:00:00)",
    ),
    (fleet(scaling_steps={"u": {"change": 0}}), "fleets.web.scaling_steps.u.change: 0 changes nothing"),
    (fleet(termination_policies=["Oldest"]), "fleets.web.termination_policies[0]: 'Oldest' is no termination policy"),
    (
        entry("topics", "ops", subscriptions=[{"protocol": "https", "secret_endpoint": "hunter2"}]),
        "topics.ops.subscriptions[0].secret_endpoint: the value is no address over HTTPS; begin it with https://",
    ),
    (
        entry("topics", "ops", subscriptions=[{"protocol": "sms", "endpoint": "0170 123"}]),
        "topics.ops.subscriptions[0].endpoint: '0170 123' is no telephone number",
    ),
    (
        entry("topics", "ops", subscriptions=[{"protocol": "lambda", "endpoint": "f"}]),
        "topics.ops.subscriptions[0].endpoint: 'f' is no reference",
    ),
    (record(type="CNAME", values=["a.com", "b.com"]), "zones.main.records.x.values: has 2 values; a CNAME has one"),
    (record(type="SRV", values=["sip.example.com"]), "zones.main.records.x.values[0]: 'sip.example.com' is no service"),
    (record(type="CAA", values=["amazon.com"]), "zones.main.records.x.values[0]: 'amazon.com' is no CAA record"),
    (record(type="MX", values=["70000 a.example.com"]), "zones.main.records.x.values[0]: '70000 a.example.com' is no"),
    (
        entry("zones", "main", records={"@": {"type": "CNAME", "values": ["a.com"]}}),
        "zones.main.records.@.type: 'CNAME': the zone's own name takes none",
    ),
    (
        entry("certificates", "main", domain="shop.example.org"),
        "certificates.main.zone: zone.main is example.com, and 'shop.example.org' is not in it",
    ),
    (entry("certificates", "c", arn="x"), "certificates.c.arn: 'x' is no certificate's ARN"),
    (entry("roles", "r", trusts={"principals": ["bob"]}), "roles.r.trusts.principals[0]: 'bob' is no principal"),
    (entry("roles", "r", trusts={"services": ["x"]}, path="app"), "roles.r.path: 'app' is no path of a role; write it"),
    (entry("parameters", "p", value="x" * 5000), "parameters.p.value: has 5000 of 4096 bytes; shorten it, or set adv"),
    (entry("parameters", "p", secret_value="hunter2", pattern="^[0-9]+$"), "parameters.p.secret_value: does not match"),
    (entry("parameters", "p", value={"a": 1}), "parameters.p.value: a mapping is not text; write it as JSON"),
    (
        entry("web_acls", "w", **{"for": ["load_balancer.web"], "allow_addresses": ["0.0.0.0/0"]}),
        "web_acls.w.allow_addresses: '0.0.0.0/0': WAF takes no /0",
    ),
    (
        entry("distributions", "w", to="bucket.site", error_pages=[{"status": 404, "page": "404.html"}]),
        "distributions.w.error_pages[0].page: '404.html' is no path; write it as /health",
    ),
    (
        entry("distributions", "w", to="bucket.site", default_root_object="/index.html"),
        "distributions.w.default_root_object: '/index.html' is no name of an object",
    ),
    (entry("backups", "b", of=["main"]), "backups.b.of: 'main' is no reference"),
]


@pytest.mark.parametrize(("sections", "message"), REFUSED, ids=[row[1].partition(" ")[0] for row in REFUSED])
def test_what_aws_refuses_is_refused_at_the_option(sections: dict[str, Any], message: str) -> None:
    found = problems(**{**REST, **sections})
    assert found[0].startswith(message), found
    assert "hunter2" not in "".join(found)


def test_the_rest_of_the_stack_is_sound() -> None:
    with pytest.raises(AssertionError, match="nothing was wrong"):
        problems(**REST)
    assert description(**REST)["system"] == "shop"


@pytest.mark.parametrize(
    "sections",
    [
        service(secrets={"PASSWORD": "secret.database:password", "USER": "database.main.secret:user"}),
        {**service(secrets={"USER": "database.main.secret:username"}), "secrets": {}},
        {
            **service(capacity=[{"provider": "FARGATE", "base": 1}, {"provider": "FARGATE_SPOT", "weight": 3}]),
            **entry("clusters", "shop", capacity=[{"provider": "FARGATE"}, {"provider": "FARGATE_SPOT", "weight": 0}]),
        },
        service(target_group={"sticky_seconds": 0}),
        service(container_health_check={"command": ["CMD-SHELL", "curl -f localhost"]}),
        service(statements=[{"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}]),
        lifecycle({"transitions": [{"days": 90, "storage_class": GLACIER}, {"days": 30, "storage_class": IA}]}),
        lifecycle({"expire_old_versions_days": 9}),
        record(values=["${load_balancer.web.dns_name}"]),
        database(backups={"copy_to": ""}),
        entry("queues", "jobs", fifo=True, name="x"),
        entry("topics", "ops", subscriptions=[{"protocol": "https", "endpoint": "https://example.com/hook"}]),
        record(type="MX", values=["0 ."]),
        record(type="SRV", values=["1 10 5060 sip.example.com", "0 0 0 ."]),
        record(type="CAA", values=['0 issue "amazon.com"', '0 issue ";"']),
        record(type="TXT", values=["v=spf1 include:amazonses.com ~all"]),
        alarm(statistic="p100"),
        {"monitoring": {"alarms": {"Überlast": {"of": "service.api", "metric": "cpu", "above": 1}}, "notify": ["ops"]}},
        database(instance_class="db.serverless"),
        database(instance_class="db.r6i.large.tpc2.mem4x"),
        service(image=f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:{'a' * 64}"),
        service(image="registry.example.com:5000/a/b__c:1.2-rc_3"),
        service(image="ghcr.io/org/app:1.2@sha256:0a"),
        entry(
            "roles", "r", trusts={"principals": ["123456789012", "*"], "services": ["ec2.amazonaws.com"]}, path="/app/"
        ),
        entry(
            "roles", "r", trusts={"services": ["ec2.amazonaws.com"]}, managed_policies=["service-role/AmazonEC2Role"]
        ),
        entry("event_rules", "e", pattern={"source": ["aws.ec2"], "$or": [{"a": [1]}]}, targets=[{"to": "function.f"}]),
        entry("certificates", "main", domain="*.example.com", alternative_names=["example.com"]),
        entry("parameters", "p", value="x", pattern=r"\p{L}+"),
        function(runtime="provided.al2023", code={"bucket": "b", "key": "k"}),
        fleet(
            user_data='curl -X PUT "http://169.254.169.254/latest/api" -H "X-aws-ec2-metadata-token-ttl-seconds: 60"'
        ),
        fleet(termination_policies=["AllocationStrategy", "OldestInstance"]),
    ],
)
def test_what_aws_takes(sections: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="nothing was wrong"):
        problems(**{**REST, **sections})


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("v=spf1 -all", '"v=spf1 -all"'),
        ('"v=spf1 -all"', '"v=spf1 -all"'),
        ('"a" "b"', '"a" "b"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("x" * 300, f'"{"x" * 255}" "{"x" * 45}"'),
        ("", '""'),
    ],
)
def test_a_text_record_is_quoted(text: str, quoted: str) -> None:
    made = of(document(**{**REST, **record(type="TXT", values=[text])}), "AWS::Route53::RecordSet")
    assert made["main/x"]["ResourceRecords"] == [quoted]
