# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """A CodeDeploy application and the fleets that it is deployed to."""

    DOCUMENTATION = r"""
options:
  name:
    description: The application's name. Without it, the name of the entry.
    type: str
  groups:
    description:
      - Deployment groups, by name.
      - "Each takes C(fleets), the entries of C(fleets) to deploy to; C(name), without which the group C(main) is called
        C({application}-{env}) and others C({application}-{env}-{group}); C(configuration) (default
        C(CodeDeployDefault.OneAtATime)); C(roll_back_on), some of C(failure), C(alarm), C(stop) (default the first
        two); C(alarms), alarms of C(monitoring) that stop a deployment; and C(notify), a topic that is told."
      - Where a load balancer routes to a fleet, each instance is taken out of it while it is changed.
    type: dict
    default: {}
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
