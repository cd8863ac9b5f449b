# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Engine versions, node types and parameters of ElastiCache."""

from __future__ import annotations

import re
from dataclasses import dataclass

from twin.overlay.elasticache.store import bad, clash

# What is asked for -> what the nodes report: "Supported engines and versions" in the user guide.
VERSIONS = {
    "redis": {"6.0": "6.0.5", "6.2": "6.2.6", "7.0": "7.0.7", "7.1": "7.1.0"},
    "valkey": {"7.2": "7.2.6", "8.0": "8.0.1", "8.1": "8.1.0", "8.2": "8.2.0"},
    "memcached": {v: v for v in ("1.6.6", "1.6.12", "1.6.17", "1.6.22")},
}
_DEFAULT = {"redis": "7.1", "valkey": "8.1", "memcached": "1.6.22"}
_NODE = re.compile(
    r"cache\.(t2|t3|t4g)\.(micro|small|medium)"
    r"|cache\.(m4|m5|m6g|m7g|r4|r5|r6g|r7g)\.(large|\d*xlarge)"
    r"|cache\.(r6gd|c7gn)\.(large|\d*xlarge)"
)
FAMILIES = ("redis6.x", "redis7", "valkey7", "valkey8", "memcached1.6", "redis5.0")


def resolve(engine: str, version: str | None) -> str:
    """The full version that the nodes will report, or a refusal."""
    if engine not in VERSIONS:
        bad(f"The parameter Engine is invalid: {engine}. Valid values: memcached, redis, valkey.")
    version = version or _DEFAULT[engine]
    known = VERSIONS[engine]
    if version in ("6.x", "7.x", "8.x"):
        newest = [full for short, full in known.items() if short[0] == version[0]]
        if newest:
            return newest[-1]
    if version in known:
        return known[version]
    short = ".".join(version.split(".")[:2])
    if version in known.values():
        clash(f"Specific version selection is not allowed for '{version}', please use '{short}'.")
    clash(f"Cannot find version {version} for {engine}")


def major_minor(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def family(engine: str, version: str) -> str:
    major = version.split(".")[0]
    if engine == "memcached":
        return "memcached1.6"
    return "redis6.x" if (engine, major) == ("redis", "6") else f"{engine}{major}"


def default_group(engine: str, version: str, sharded: bool = False) -> str:
    return f"default.{family(engine, version)}{'.cluster.on' if sharded else ''}"


def check_node_type(name: str | None) -> str:
    if not name:
        bad("The parameter CacheNodeType must be provided and must not be blank.")
    if not _NODE.fullmatch(name):
        bad(f"The value {name} for CacheNodeType is not valid.")
    return name


@dataclass(frozen=True)
class Parameter:
    name: str
    value: str
    data_type: str
    allowed: str
    modifiable: bool = True
    reboot: bool = False


def _table(text: str) -> dict[str, Parameter]:
    rows = [line.split() for line in text.replace("EVICTION", _EVICTION).strip().splitlines()]
    return {
        r[0]: Parameter(r[0], "" if r[1] == "-" else r[1], r[2], r[3], "fixed" not in r[4:], "reboot" in r[4:])
        for r in rows
    }


_EVICTION = "volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,volatile-ttl,noeviction"
# Name, default, data type, allowed values: "Redis OSS specific parameters" in the user guide.
_REDIS = _table("""
acllog-max-len 128 integer 1-10000
activedefrag no string yes,no
active-defrag-cycle-max 75 integer 1-75
active-defrag-cycle-min 5 integer 1-75
active-defrag-ignore-bytes 104857600 integer 1048576-
active-defrag-max-scan-fields 1000 integer 1-1000000
active-defrag-threshold-lower 10 integer 1-100
active-defrag-threshold-upper 100 integer 1-100
active-expire-effort 1 integer 1-10
activerehashing yes string yes,no reboot
appendfsync everysec string always,everysec,no fixed
appendonly no string yes,no fixed
client-output-buffer-limit-normal-hard-limit 0 integer 0-
client-output-buffer-limit-normal-soft-limit 0 integer 0-
client-output-buffer-limit-normal-soft-seconds 0 integer 0-
client-output-buffer-limit-pubsub-hard-limit 33554432 integer 0-
client-output-buffer-limit-pubsub-soft-limit 8388608 integer 0-
client-output-buffer-limit-pubsub-soft-seconds 60 integer 0-
client-output-buffer-limit-replica-soft-seconds 60 integer 0- fixed
close-on-replica-write yes string yes,no
cluster-allow-pubsubshard-when-down yes string yes,no
cluster-allow-reads-when-down no string yes,no
cluster-enabled no string yes,no
cluster-require-full-coverage no string yes,no
databases 16 integer 1-1200000 reboot
hash-max-listpack-entries 512 integer 0-
hash-max-listpack-value 64 integer 0-
hll-sparse-max-bytes 3000 integer 1-16000
latency-tracking no string yes,no
lazyfree-lazy-eviction no string yes,no
lazyfree-lazy-expire no string yes,no
lazyfree-lazy-server-del no string yes,no
lazyfree-lazy-user-del no string yes,no
lfu-decay-time 1 integer 0-
lfu-log-factor 10 integer 1-
list-compress-depth 0 integer 0-
list-max-listpack-size -2 integer -5-
lua-replicate-commands yes string yes,no fixed
maxclients 65000 integer 1-65000 fixed
maxmemory-policy volatile-lru string EVICTION
maxmemory-samples 3 integer 1-
min-replicas-max-lag 10 integer 0-
min-replicas-to-write 0 integer 0-
notify-keyspace-events - string -
proto-max-bulk-len 536870912 integer 1048576-536870912
rename-commands - string -
repl-backlog-size 1048576 integer 16384-
repl-backlog-ttl 3600 integer 0-
replica-allow-chaining no string yes,no fixed
replica-ignore-maxmemory yes string yes,no
replica-lazy-flush no string yes,no
reserved-memory-percent 25 integer 0-100
set-max-intset-entries 512 integer 0-
slowlog-log-slower-than 10000 integer -
slowlog-max-len 128 integer 0-
stream-node-max-bytes 4096 integer 0-
stream-node-max-entries 100 integer 0-
tcp-keepalive 300 integer 0-
timeout 0 integer 0,20-
tracking-table-max-keys 1000000 integer 1-100000000
zset-max-listpack-entries 128 integer 0-
zset-max-listpack-value 64 integer 0-
""")
_MEMCACHED = _table("""
backlog_queue_limit 1024 integer 1-10000 fixed
binding_protocol auto string auto,binary,ascii reboot
chunk_size 48 integer 1-1024 reboot
chunk_size_growth_factor 1.25 float 1-1024 reboot
error_on_memory_exhausted 0 boolean 0,1 reboot
large_memory_pages 0 boolean 0,1 fixed
lock_down_paged_memory 0 boolean 0,1 fixed
max_item_size 1048576 integer 1024-1073741824 reboot
max_simultaneous_connections 65000 integer 3-65000 fixed
memcached_connections_overhead 100 integer 0-65000 reboot
""")


def catalogue(family_name: str) -> dict[str, Parameter]:
    return _MEMCACHED if family_name.startswith("memcached") else _REDIS


def accepts(parameter: Parameter, value: str) -> bool:
    if parameter.data_type == "integer":
        if not re.fullmatch(r"-?\d+", value):
            return False
        match = re.fullmatch(r"(-?\d+)-(\d*)", parameter.allowed)
        return not match or (int(value) >= int(match[1]) and (not match[2] or int(value) <= int(match[2])))
    return "," not in parameter.allowed or value in parameter.allowed.split(",")
