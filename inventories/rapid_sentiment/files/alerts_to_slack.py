"""Hands on what a topic says to the Slack channel whose webhook stands in a secret."""

import json
import os
import urllib.request

import boto3
from botocore.exceptions import ClientError

COLOURS = {"ALARM": "danger", "FAILED": "danger", "OK": "good", "SUCCEEDED": "good"}


def handler(event, context):
    try:
        secret = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["WEBHOOK"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        print("Slack's webhook has not been set yet; nothing is sent")
        return
    for record in event["Records"]:
        request = urllib.request.Request(
            secret["SecretString"], json.dumps(message(record["Sns"])).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()


def message(told):
    """What a notification of SNS looks like in the channel."""
    try:
        body = json.loads(told["Message"])
    except ValueError:
        body = {}
    if not isinstance(body, dict):
        body = {}
    state = body.get("NewStateValue") or body.get("status") or ""
    fields = {
        "Environment": os.environ["ENVIRONMENT"],
        "Status": state or "unknown",
        "Timestamp": body.get("StateChangeTime") or told.get("Timestamp", ""),
    }
    return {
        "attachments": [
            {
                "color": COLOURS.get(state, "warning"),
                "title": told.get("Subject") or body.get("AlarmName") or "Rapid sentiment analysis",
                "text": body.get("NewStateReason") or body.get("AlarmDescription") or told["Message"],
                "fields": [{"title": title, "value": value, "short": True} for title, value in fields.items()],
            }
        ]
    }
