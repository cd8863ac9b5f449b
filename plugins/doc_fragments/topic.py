# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """An SNS topic that alarms and operations speak to."""

    DOCUMENTATION = r"""
options:
  name:
    description: The topic's name in AWS. Without it, C({system}-{env}-{entry}).
    type: str
  display_name:
    description: The sender's name in mails and text messages.
    type: str
  key:
    description:
      - The KMS key to encrypt with, as C(key.NAME), ARN or alias.
      - The services that publish need to be among its C(services), for example V(cloudwatch.amazonaws.com).
    type: str
  subscriptions:
    description: Who is told.
    type: list
    elements: dict
    default: []
    suboptions:
      protocol:
        description: How. Mail addresses and HTTPS endpoints have to confirm before anything is sent there.
        type: str
        choices: [email, email-json, https, lambda, sms, sqs]
        required: true
      name:
        description: What to call it here, where the address is not to be seen.
        type: str
      endpoint:
        description:
          - The address, URL, ARN or telephone number, or C(function.NAME) or C(queue.NAME). Without it and
            O(subscriptions[].secret_endpoint), the subscription waits until there is one.
        type: str
      secret_endpoint:
        description:
          - The same, shown nowhere. The URL of an alerting service such as PagerDuty holds the key to it; take it from
            a lookup.
        type: str
      filter:
        description: The filter policy, in SNS's own words. Without it, everything.
        type: dict
      raw:
        description: Whether SQS and HTTPS get the message as it is, without SNS's envelope.
        type: bool
  in_region:
    description:
      - Another region than the stack's to make it in. Alarms on what CloudFront publishes stand in V(us-east-1), and
        reach only topics there.
    type: str
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
