# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What can be measured of an entry: metric words, and CloudWatch's names, dimensions and statistics for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..engine.values import account_id
from .base import Context, Entry
from .fleet_scaling import AGENT_NAMESPACE, MEMORY_METRIC
from .target_groups import routed_to

_DAY = 86400


@dataclass(frozen=True)
class Metric:
    """A metric of CloudWatch.

    Attributes:
        name: its name there.
        statistic: what makes sense of it: `Average`, `Sum`, `Maximum`, `p99`.
        missing: what it means that there is no data, as `TreatMissingData`.
        dimensions: what tells it from others of the entry, beside the entry's own.
        every: seconds between two values, where they come more seldom than every few minutes.
        namespace: another one than that of the entry's other metrics.
        instead: dimensions in the place of the entry's own; none where the entry has no such thing.
    """

    name: str
    statistic: str = "Average"
    missing: str = "missing"
    dimensions: Mapping[str, str] = field(default_factory=dict)
    every: int = 0
    namespace: str = ""
    instead: Callable[[Entry, Context], dict[str, Any]] | None = None


def _service(entry: Entry, context: Context) -> dict[str, Any]:
    cluster = str(entry.options["cluster"]).removeprefix("cluster.")
    return {"ClusterName": context.value(f"cluster.{cluster}.name"), "ServiceName": entry.export.values["name"]}


def _database(entry: Entry, _context: Context) -> dict[str, Any]:
    return {"DBInstanceIdentifier": entry.export.values["identifier"]}


def _cache(entry: Entry, _context: Context) -> dict[str, Any]:
    # The first node: ElastiCache publishes by node. The identifiers follow from the group's:
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.html
    return {"CacheClusterId": f"{entry.export.values['id']}-001"}


def _search_domain(entry: Entry, _context: Context) -> dict[str, Any]:
    return {"ClientId": account_id(), "DomainName": entry.export.values["name"]}


def _proxy(entry: Entry, _context: Context) -> dict[str, Any]:
    name = entry.export.values.get("proxy_name")
    return {"ProxyName": name} if name else {}


def _function(entry: Entry, _context: Context) -> dict[str, Any]:
    return {"FunctionName": entry.export.values["name"]}


def _queue(entry: Entry, _context: Context) -> dict[str, Any]:
    return {"QueueName": entry.export.values["name"]}


def _dead_letters(entry: Entry, _context: Context) -> dict[str, Any]:
    name = entry.export.values.get("dead_letter_name")
    return {"QueueName": name} if name else {}


def _load_balancer(entry: Entry, _context: Context) -> dict[str, Any]:
    return {"LoadBalancer": entry.export.values["full_name"]}


def _web_acl(entry: Entry, context: Context) -> dict[str, Any]:
    # What protects distributions has no region among its dimensions.
    where = {"Region": context.region} if entry.export.values["scope"] == "REGIONAL" else {}
    return {"Rule": "ALL", "WebACL": entry.export.values["name"], **where}


def _rest_api(entry: Entry, _context: Context) -> dict[str, Any]:
    return {"ApiName": entry.export.values["name"], "Stage": entry.export.values["stage"]}


def _http_api(entry: Entry, _context: Context) -> dict[str, Any]:
    return {"ApiId": entry.export.values["id"], "Stage": entry.export.values["stage"]}


def _distribution(entry: Entry, _context: Context) -> dict[str, Any]:
    return {"DistributionId": entry.export.values["id"], "Region": "Global"}


def _bucket(entry: Entry, _context: Context) -> dict[str, Any]:
    return {"BucketName": entry.export.values["name"]}


def _requests(entry: Entry, context: Context) -> dict[str, Any]:
    """Of a bucket that publishes them."""
    return {**_bucket(entry, context), "FilterId": "EntireBucket"} if entry.options["request_metrics"] else {}


def _at_home(_entry: Entry) -> str:
    return ""


def _globally(entry: Entry) -> str:
    """What belongs to no region publishes in one; of web ACLs, those that protect distributions."""
    return "us-east-1" if entry.export.values.get("scope", "CLOUDFRONT") == "CLOUDFRONT" else ""


def _stored(storage: str) -> Metric:
    """How much is stored in one class. S3 counts once a day."""
    return Metric("BucketSizeBytes", dimensions={"StorageType": storage}, every=_DAY)


def _kubernetes_cluster(entry: Entry, _context: Context) -> dict[str, Any]:
    return {"ClusterName": entry.export.values["name"]}


def _fleet(entry: Entry, _context: Context) -> dict[str, Any]:
    return {"AutoScalingGroupName": entry.export.values["name"]}


def _fleet_targets(entry: Entry, context: Context) -> dict[str, Any]:
    """Of a fleet that a load balancer routes to; of any other, nothing is published."""
    routed = routed_to(entry.reference, context)
    if not routed:
        return {}
    # Of several, the same one that the entry's own references lead to.
    return {
        "LoadBalancer": routed[0].balancer.export.values["full_name"],
        "TargetGroup": entry.export.values["target_group_full_name"],
    }


@dataclass(frozen=True)
class Source:
    """What entries of one tier publish.

    Attributes:
        region: the one region where it is published, wherever the entry stands; empty: where that is.
        rate: the words of what went wrong and of how much there was, where the two make a rate.
        uncounted: the word of what went wrong and is not among how much there was.
    """

    namespace: str
    dimensions: Callable[[Entry, Context], dict[str, Any]]
    metrics: Mapping[str, Metric]
    region: Callable[[Entry], str] = _at_home
    rate: tuple[str, str] | None = None
    uncounted: str = ""


#: By reference word, then by metric word.
#: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html
#: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
#: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.html
#: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.monitoring.html
#: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-cloudwatchmetrics.html
#: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-EKS.html
#: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
#: https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
#: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
#: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
#: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
SOURCES: Mapping[str, Source] = {
    "fleet": Source(
        "AWS/EC2",
        _fleet,
        {
            "cpu": Metric("CPUUtilization"),
            "memory": Metric(MEMORY_METRIC, namespace=AGENT_NAMESPACE),
            "requests_per_target": Metric(
                "RequestCountPerTarget", "Sum", "notBreaching", namespace="AWS/ApplicationELB", instead=_fleet_targets
            ),
            "instances": Metric("GroupInServiceInstances", namespace="AWS/AutoScaling"),
            "failed_checks": Metric("StatusCheckFailed", "Maximum"),
        },
    ),
    "service": Source(
        "AWS/ECS",
        _service,
        {
            "cpu": Metric("CPUUtilization"),
            "memory": Metric("MemoryUtilization"),
            "running": Metric("RunningTaskCount", namespace="ECS/ContainerInsights"),
            "pending": Metric("PendingTaskCount", namespace="ECS/ContainerInsights"),
        },
    ),
    # Published by the add-on amazon-cloudwatch-observability.
    "kubernetes_cluster": Source(
        "ContainerInsights",
        _kubernetes_cluster,
        {
            "cpu": Metric("node_cpu_utilization"),
            "memory": Metric("node_memory_utilization"),
            "disk": Metric("node_filesystem_utilization", "Maximum"),
            "nodes": Metric("cluster_node_count", "Minimum"),
            "failed_nodes": Metric("cluster_failed_node_count", "Maximum"),
            "pod_restarts": Metric("pod_number_of_container_restarts", "Sum"),
        },
    ),
    "database": Source(
        "AWS/RDS",
        _database,
        {
            "cpu": Metric("CPUUtilization"),
            "connections": Metric("DatabaseConnections"),
            "free_storage": Metric("FreeStorageSpace", "Minimum"),
            "free_memory": Metric("FreeableMemory", "Minimum"),
            "read_latency": Metric("ReadLatency"),
            "write_latency": Metric("WriteLatency"),
            "replica_lag": Metric("ReplicaLag", "Maximum"),
            "proxy_clients": Metric("ClientConnections", "Maximum", instead=_proxy),
            "proxy_connections": Metric("DatabaseConnections", "Maximum", instead=_proxy),
            "proxy_borrow_latency": Metric("DatabaseConnectionsBorrowLatency", instead=_proxy),
        },
    ),
    "cache": Source(
        "AWS/ElastiCache",
        _cache,
        {
            "cpu": Metric("EngineCPUUtilization"),
            "host_cpu": Metric("CPUUtilization"),
            "memory": Metric("DatabaseMemoryUsagePercentage", "Maximum"),
            "connections": Metric("CurrConnections"),
            "evictions": Metric("Evictions", "Sum"),
        },
    ),
    "search_domain": Source(
        "AWS/ES",
        _search_domain,
        {
            "cpu": Metric("CPUUtilization", "Maximum"),
            "free_storage": Metric("FreeStorageSpace", "Minimum"),
            "jvm_memory": Metric("JVMMemoryPressure", "Maximum"),
            "status_red": Metric("ClusterStatus.red", "Maximum"),
            "status_yellow": Metric("ClusterStatus.yellow", "Maximum"),
            "nodes": Metric("Nodes", "Minimum"),
            "writes_blocked": Metric("ClusterIndexWritesBlocked", "Maximum"),
            "search_latency": Metric("SearchLatency"),
            "indexing_latency": Metric("IndexingLatency"),
        },
    ),
    "function": Source(
        "AWS/Lambda",
        _function,
        {
            "invocations": Metric("Invocations", "Sum", "notBreaching"),
            "errors": Metric("Errors", "Sum", "notBreaching"),
            "throttles": Metric("Throttles", "Sum", "notBreaching"),
            "duration": Metric("Duration", "p95", "notBreaching"),
            "concurrent": Metric("ConcurrentExecutions", "Maximum", "notBreaching"),
            "dead_letter_errors": Metric("DeadLetterErrors", "Sum", "notBreaching"),
        },
        rate=("errors", "invocations"),
    ),
    "queue": Source(
        "AWS/SQS",
        _queue,
        {
            "depth": Metric("ApproximateNumberOfMessagesVisible", "Maximum"),
            "in_flight": Metric("ApproximateNumberOfMessagesNotVisible", "Maximum"),
            "age": Metric("ApproximateAgeOfOldestMessage", "Maximum"),
            "sent": Metric("NumberOfMessagesSent", "Sum", "notBreaching"),
            "deleted": Metric("NumberOfMessagesDeleted", "Sum", "notBreaching"),
            "dead_letters": Metric(
                "ApproximateNumberOfMessagesVisible", "Maximum", "notBreaching", instead=_dead_letters
            ),
        },
    ),
    "load_balancer": Source(
        "AWS/ApplicationELB",
        _load_balancer,
        {
            "requests": Metric("RequestCount", "Sum", "notBreaching"),
            "response_time": Metric("TargetResponseTime", "p99", "notBreaching"),
            "errors_4xx": Metric("HTTPCode_Target_4XX_Count", "Sum", "notBreaching"),
            "errors_5xx": Metric("HTTPCode_Target_5XX_Count", "Sum", "notBreaching"),
            "own_errors_5xx": Metric("HTTPCode_ELB_5XX_Count", "Sum", "notBreaching"),
        },
        rate=("errors_5xx", "requests"),
        # Requests are counted once there is a target for them. Those that failed after that are in both, which makes
        # the rate a little lower.
        uncounted="own_errors_5xx",
    ),
    "web_acl": Source(
        "AWS/WAFV2",
        _web_acl,
        {
            "allowed": Metric("AllowedRequests", "Sum", "notBreaching"),
            "blocked": Metric("BlockedRequests", "Sum", "notBreaching"),
            "counted": Metric("CountedRequests", "Sum", "notBreaching"),
        },
        region=_globally,
    ),
    "rest_api": Source(
        "AWS/ApiGateway",
        _rest_api,
        {
            "requests": Metric("Count", "Sum", "notBreaching"),
            "errors_4xx": Metric("4XXError", "Sum", "notBreaching"),
            "errors_5xx": Metric("5XXError", "Sum", "notBreaching"),
            "latency": Metric("Latency", "p95", "notBreaching"),
            "function_latency": Metric("IntegrationLatency", "p95", "notBreaching"),
        },
        rate=("errors_5xx", "requests"),
    ),
    "http_api": Source(
        "AWS/ApiGateway",
        _http_api,
        {
            "requests": Metric("Count", "Sum", "notBreaching"),
            "errors_4xx": Metric("4xx", "Sum", "notBreaching"),
            "errors_5xx": Metric("5xx", "Sum", "notBreaching"),
            "latency": Metric("Latency", "p95", "notBreaching"),
            "function_latency": Metric("IntegrationLatency", "p95", "notBreaching"),
        },
        rate=("errors_5xx", "requests"),
    ),
    "distribution": Source(
        "AWS/CloudFront",
        _distribution,
        {
            "requests": Metric("Requests", "Sum", "notBreaching"),
            "errors": Metric("TotalErrorRate", missing="notBreaching"),
            "errors_4xx": Metric("4xxErrorRate", missing="notBreaching"),
            "errors_5xx": Metric("5xxErrorRate", missing="notBreaching"),
            "bytes_downloaded": Metric("BytesDownloaded", "Sum", "notBreaching"),
        },
        region=_globally,
    ),
    "bucket": Source(
        "AWS/S3",
        _bucket,
        {
            "size": _stored("StandardStorage"),
            "size_infrequent": _stored("StandardIAStorage"),
            "size_glacier": _stored("GlacierStorage"),
            "objects": Metric("NumberOfObjects", dimensions={"StorageType": "AllStorageTypes"}, every=_DAY),
            "requests": Metric("AllRequests", "Sum", "notBreaching", instead=_requests),
            "errors_4xx": Metric("4xxErrors", "Sum", "notBreaching", instead=_requests),
            "errors_5xx": Metric("5xxErrors", "Sum", "notBreaching", instead=_requests),
            "latency": Metric("TotalRequestLatency", "p95", "notBreaching", instead=_requests),
        },
        rate=("errors_5xx", "requests"),
    ),
}


def find_source(entry: Entry) -> Source | None:
    """What an entry publishes; None for nothing that is known here."""
    return SOURCES.get(entry.tier.reference)


def rate_words(entry: Entry) -> tuple[str, str, str] | None:
    """The words of what went wrong at an entry, of how much there was, and of what went wrong beside that.

    None where the first two are not known; the last is empty where there is no such thing.
    """
    source = find_source(entry)
    return (*source.rate, source.uncounted) if source and source.rate else None


def dimensions_of(source: Source, metric: Metric, entry: Entry, context: Context) -> dict[str, Any]:
    """The dimensions of one of an entry's metrics."""
    return {**(metric.instead or source.dimensions)(entry, context), **metric.dimensions}


def dimension_list(dimensions: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Dimensions as alarms take them."""
    return [{"Name": name, "Value": value} for name, value in sorted(dimensions.items())]
