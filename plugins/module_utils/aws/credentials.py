# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who asks AWS: region, profile, credentials, assumed role and endpoint, under amazon.aws's option names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

try:
    import botocore.session
    from botocore.credentials import AssumeRoleCredentialFetcher, Credentials, DeferredRefreshableCredentials
except ImportError:  # the door says so before anything is asked
    botocore = None

#: The argument spec that every module of the collection shares.
CONNECTION_SPEC: dict[str, dict[str, Any]] = {
    "region": {"type": "str", "aliases": ["aws_region"]},
    "profile": {"type": "str", "aliases": ["aws_profile"]},
    "access_key": {"type": "str", "aliases": ["aws_access_key"], "no_log": False},
    "secret_key": {"type": "str", "aliases": ["aws_secret_key"], "no_log": True},
    "session_token": {"type": "str", "aliases": ["aws_session_token"], "no_log": True},
    "assume_role_arn": {"type": "str"},
    "endpoint_url": {"type": "str"},
    "validate_certs": {"type": "bool", "default": True},
    "aws_ca_bundle": {"type": "path"},
}


@dataclass(frozen=True)
class ConnectionOptions:
    """Whose account, which region, which endpoint. What is empty follows botocore's own chain."""

    region: str
    profile: str = ""
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)
    assume_role_arn: str = ""
    endpoint_url: str = ""
    verify: bool | str = True

    @classmethod
    def from_params(cls, params: Mapping[str, Any], region: str = "") -> ConnectionOptions:
        """From module parameters.

        Args:
            params: parameters as `CONNECTION_SPEC` describes them.
            region: the stack's region, which `region` among the parameters does not override.
        """
        validate = params.get("validate_certs", True)
        return cls(
            region=region or params.get("region") or "",
            verify=(params.get("aws_ca_bundle") or True) if validate else False,
            **{
                name: params.get(name) or ""
                for name in ("profile", "access_key", "secret_key", "session_token", "assume_role_arn", "endpoint_url")
            },
        )


def open_session(options: ConnectionOptions) -> Any:
    """A botocore session with the credentials that the options name.

    Raises:
        ProfileNotFound: there is no such profile.
    """
    session = botocore.session.Session(profile=options.profile or None)
    if options.access_key:
        session.set_credentials(options.access_key, options.secret_key, options.session_token or None)
    if options.assume_role_arn:
        _assume_role(session, options)
    return session


def _assume_role(session: Any, options: ConnectionOptions) -> None:
    source = session.get_credentials()
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=lambda service, **kwargs: session.create_client(
            service,
            **{**kwargs, "region_name": options.region, "endpoint_url": options.endpoint_url or None},
        ),
        source_credentials=source or Credentials("", ""),
        role_arn=options.assume_role_arn,
        extra_args={"RoleSessionName": "stackwright"},
    )
    # Refreshed before they run out, so that a run may take longer than the role's session.
    session._credentials = DeferredRefreshableCredentials(refresh_using=fetcher.fetch_credentials, method="assume-role")
