# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a tier is, and what it gets to see while it turns options into resources.

A tier is a section of the description: its argument spec, and pure functions from the options of one entry to what
others may refer to, to whom it talks, and to resources. Nothing here, and nothing that a tier does, sends a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref, account_id, partition

if TYPE_CHECKING:
    from .catalog import Catalog

Options = Mapping[str, Any]

SECURITY_GROUP = "AWS::EC2::SecurityGroup"

#: The option that every entry has.
TAGS: dict[str, Any] = {"type": "dict", "default": {}, "values": {"type": "scalar"}}


@dataclass(frozen=True, kw_only=True)
class Export:
    """What others may know about an entry.

    Attributes:
        address: its principal resource. An attribute that begins with a capital, `database.main.Endpoint.Port`, is
            read from it under CloudFormation's name.
        values: what can be referred to by word, e.g. `address`, `port`, `arn`: references, compositions or plain data.
        default: the word that the bare reference, `secret.main`, stands for.
        member: what follows `:` or `@`, e.g. `:password` of a secret or `:1.4.2` of a repository, sign included.
        security_group: whom `connects_to` lets in: a reference to a group of the stack, or the id of one that is
            somebody else's and whose rules are therefore left alone. None: it has no network address.
        port: the port it listens on, for `connects_to`.
        ready: what else must stand before somebody may use it, for `depends_on`: a secret's value, for one.
    """

    address: Address | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    default: str = ""
    member: Callable[[str], Any] | None = None
    security_group: Ref | str | None = None
    port: int | None = None
    ready: tuple[Address, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Somebody who opens connections to somebody.

    Attributes:
        source, target: each a reference, e.g. `service.api`, or a CIDR. One of them at least is a reference.
        port: the first port; None: the port that the target exports.
        to_port: the last port; None: only the first.
        protocol: `tcp`, `udp`, `icmp` or `-1` for all.
        path: the option that says so, for messages.
    """

    source: str
    target: str
    port: int | None = None
    to_port: int | None = None
    protocol: str = "tcp"
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of a section, with its options validated and completed."""

    tier: Tier
    name: str
    options: Options
    export: Export = field(default_factory=Export)

    @property
    def path(self) -> str:
        return self.tier.path(self.name)

    @property
    def reference(self) -> str:
        return self.tier.refer(self.name)


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a tier knows beside the options of its entry; bound to that entry while its functions run.

    Attributes:
        system, env: what the stack is of, and which environment.
        region: the stack's region.
        tags: the user's tags for everything.
        protect: what holds data is guarded; false in `dev` unless the user says otherwise.
        zones: names of the availability zones, e.g. `us-east-1a`.
        catalog: everything that can be referred to. Empty while exports are made.
        described: the validated options of every section, for what depends on what else is described.
        problems: what is wrong so far; reported all at once.
        path, reference: the entry at hand, e.g. `databases.main` and `database.main`.
    """

    system: str
    env: str
    region: str
    catalog: Catalog
    tags: Mapping[str, str] = field(default_factory=dict)
    protect: bool = True
    zones: tuple[str, ...] = ()
    described: Mapping[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    path: str = ""
    reference: str = ""

    @property
    def stack(self) -> str:
        """The value of the ownership tag."""
        return f"{self.system}-{self.env}"

    def of(self, entry: Entry) -> Context:
        """The same, bound to an entry."""
        return replace(self, path=entry.path, reference=entry.reference)

    # Problems

    def option(self, name: str = "") -> str:
        """The path of one of the entry's options."""
        return f"{self.path}.{name}" if name and self.path else name or self.path

    def problem(self, option: str, message: str) -> None:
        """Record that the description cannot be built; the message names the value and the mend."""
        self.problems.append(f"{self.option(option)}: {message}")

    # References

    def value(self, reference: str, option: str = "") -> Any:
        """What a reference such as `database.main.address` stands for; records a problem when it leads nowhere."""
        return self.catalog.value(reference, self.option(option), self.problems)

    def fill(self, value: Any, option: str = "") -> Any:
        """A value with every `${reference}` inside it replaced, in dicts and lists too. `$${` is a literal `${`."""
        return self.catalog.fill(value, self.option(option), self.problems)

    def entry(self, reference: str, option: str = "", expect: Iterable[str] = ()) -> Entry | None:
        """The entry that a reference names; None, and a recorded problem, when there is none of an expected tier.

        Args:
            expect: reference words that make sense here, e.g. `("database", "cache")`; empty: any.
        """
        return self.catalog.entry(reference, self.option(option), self.problems, tuple(expect))

    def arn_of(self, value: str | None, word: str, option: str = "") -> Any:
        """An option that takes an ARN (or another identifier) or the entry of a section, as the ARN.

        `key.data` and `data` both mean the entry `data` of `keys`; what is no entry's name is handed on as it is when
        it cannot be one: an ARN, an alias, an identifier of the form AWS gives.

        Args:
            word: the reference word of the section, e.g. `key`.
        """
        if not value:
            return None
        if value.startswith(("arn:", "alias/")):
            return value
        reference = value if value.startswith((f"{word}.", "stacks.")) else f"{word}.{value}"
        return self.value(reference, option)

    # Names

    @property
    def prefix(self) -> str:
        """The stack as the first part of names in AWS, where an underscore is seldom taken: `prod_dr` as `prod-dr`."""
        return self.stack.replace("_", "-")

    def name(self, name: str) -> str:
        """The default name in AWS of what an entry describes: `{system}-{env}-{name}`."""
        return f"{self.prefix}-{name}"

    def logical(self, suffix: str = "") -> str:
        """A logical name for a resource whose kind several tiers use: the reference, and what tells it from others."""
        return f"{self.reference}/{suffix}" if suffix else self.reference

    def slug(self, suffix: str = "") -> str:
        """The entry as a part of a name in AWS, e.g. `social-analytics-prod-service-api-execution`."""
        words = [self.prefix, *self.reference.replace("/", "-").split("."), *([suffix] if suffix else [])]
        return "-".join(words)

    def arn(self, service: str, resource: str, *, region: str | None = None, account: bool = True) -> Compose:
        """An ARN in this account: `arn:{partition}:{service}:{region}:{account}:{resource}`.

        Args:
            resource: plain text; wildcards are kept.
            region: another region than the stack's; empty for services that have none in their ARNs (IAM, S3).
            account: False where ARNs name no account (S3, managed policies: pass `aws` in the resource's place).
        """
        where = self.region if region is None else region
        plain = resource.replace("{", "{{").replace("}", "}}")
        if account:
            template = f"arn:{{partition}}:{service}:{where}:{{account}}:{plain}"
            return Compose(template, {"partition": partition(), "account": account_id()})
        return Compose(f"arn:{{partition}}:{service}:{where}::{plain}", {"partition": partition()})

    def managed_policy(self, name: str) -> Compose:
        """The ARN of one of AWS's own policies, e.g. `service-role/AmazonRDSEnhancedMonitoringRole`."""
        return Compose(f"arn:{{partition}}:iam::aws:policy/{name}", {"partition": partition()})

    def joined(self, template: str, **parts: Any) -> Compose:
        """Text put together from references: `joined("service/{cluster}/{name}", cluster=..., name=...)`."""
        return Compose(template, parts)

    # Network

    def vpc_id(self, option: str = "") -> Any:
        """The VPC of the stack."""
        return self.value("network.vpc_id", option)

    def subnet_ids(self, placement: str, option: str = "") -> list[Any]:
        """The subnets of a placement, one per zone.

        Args:
            placement: `public`, `private` or `data`.
        """
        found = self.value(f"network.{placement}_subnet_ids", option)
        return list(found) if isinstance(found, (list, tuple)) else []

    def own_security_group(self, suffix: str = "") -> Ref:
        """The security group that `security_group` makes for the entry."""
        return Ref(Address(SECURITY_GROUP, self.logical(suffix)), "GroupId")

    def security_group(
        self, description: str, *, suffix: str = "", vpc_id: Any = None, name: str | None = None
    ) -> Resource:
        """The entry's security group. Its rules follow from the connections of the stack.

        Args:
            vpc_id: another VPC than the stack's.
            name: its name in AWS; by default of stack, entry and suffix.
        """
        return self.resource(
            SECURITY_GROUP,
            self.logical(suffix),
            {
                "GroupName": name or self.slug(suffix),
                "GroupDescription": description,
                "VpcId": vpc_id or self.vpc_id(),
            },
            title=name or self.slug(suffix),
        )

    # Resources

    def resource(
        self,
        kind: str,
        name: str,
        properties: Mapping[str, Any],
        *,
        tags: Mapping[str, str] | None = None,
        title: str = "",
        protect: bool = False,
        depends_on: Iterable[Address] = (),
        region: str = "",
        awaits_value: bool = False,
    ) -> Resource:
        """A resource of the entry.

        Args:
            properties: what is stated; members that are None, at any depth, are not.
            tags: the entry's tags, which win over the stack's.
            title: the `Name` tag of an EC2 object; by default `{stack}-{name}`.
            protect: it holds data: guard it unless the stack's `protect` is off.
        """
        own = {**self.tags, **{key: str(value) for key, value in (tags or {}).items()}}
        if kind.startswith("AWS::EC2::"):
            own.setdefault("Name", title or self.name(name))
        return Resource(
            kind=kind,
            name=name,
            properties=stated(properties),
            path=self.path,
            tags=own,
            depends_on=tuple(depends_on),
            region=region,
            protect=protect and self.protect,
            awaits_value=awaits_value,
        )


def _no_export(_name: str, _options: Options, _context: Context) -> Export:
    return Export()


def _no_connections(_name: str, _options: Options, _context: Context) -> list[Connection]:
    return []


@dataclass(frozen=True, kw_only=True)
class Tier:
    """A section of the description.

    Attributes:
        section: its key, e.g. `databases`.
        reference: the word that references to its entries begin with, e.g. `database`.
        spec: Ansible argument spec of one entry.
        compile: an entry as resources.
        exports: what others may refer to; made of nothing but the options and the context's names.
        connections: to whom it opens connections, and whom it lets in.
        single: the section is one entry, not a map of entries; references have no name in them.
        constraints: `mutually_exclusive`, `required_together`, `required_one_of`, `required_if`, `required_by` of an
            entry, as `AnsibleModule` takes them.
        kinds: types that no other tier makes and of which an entry has several, or not always one. Their logical names
            are the entry's, or that, a slash and more.
        in_network: its entries stand in a VPC, or can.
    """

    section: str
    reference: str
    spec: Mapping[str, Any]
    compile: Callable[[str, Options, Context], list[Resource]]
    exports: Callable[[str, Options, Context], Export] = _no_export
    connections: Callable[[str, Options, Context], list[Connection]] = _no_connections
    single: bool = False
    constraints: Mapping[str, Any] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    in_network: bool = False

    def path(self, name: str) -> str:
        """The option path of an entry."""
        return self.section if self.single else f"{self.section}.{name}"

    def refer(self, name: str) -> str:
        """The reference to an entry."""
        return self.reference if self.single else f"{self.reference}.{name}"


def stated(value: Any) -> Any:
    """Options as properties: what is None is not stated, at any depth."""
    if isinstance(value, Mapping):
        return {key: stated(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [stated(item) for item in value if item is not None]
    return value
