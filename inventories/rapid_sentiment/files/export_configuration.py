"""Writes the parameters below a path into a bucket, one file a day. Encrypted ones stay encrypted."""

import datetime
import json
import os

import boto3


def handler(event, context):
    pages = boto3.client("ssm").get_paginator("get_parameters_by_path")
    found = {
        parameter["Name"]: {key: parameter[key] for key in ("Type", "Value", "Version")}
        for page in pages.paginate(Path=os.environ["PARAMETER_PATH"], Recursive=True)
        for parameter in page["Parameters"]
    }
    key = f"parameters/{datetime.date.today().isoformat()}.json"
    body = json.dumps(found, indent=2, sort_keys=True).encode()
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key=key, Body=body, ContentType="application/json")
    return {"key": key, "parameters": len(found)}
