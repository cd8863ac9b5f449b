"""The secret tier."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import reveal

from .build import document, get, is_secret, of, plain, problems

SECRET = "AWS::SecretsManager::Secret"
VALUE = "Custom::SecretValue"
DATABASE = {
    "main": {"engine": "postgres", "engine_version": "16", "instance_class": "db.t3.medium", "username": "owner"}
}


def test_a_whole_random_string() -> None:
    doc = document(secrets={"jwt": {"generate": {"length": 64}}})
    assert get(doc, SECRET, "jwt").properties["GenerateSecretString"] == {
        "PasswordLength": 64,
        "ExcludePunctuation": True,
    }
    assert not of(doc, VALUE)


def test_a_generated_member_beside_what_is_known() -> None:
    doc = document(
        databases=DATABASE,
        secrets={
            "db": {
                "generate": ["password"],
                "fields": {
                    "host": "database.main.address",
                    "port": "database.main.port",
                    "username": "database.main.username",
                    "database": "shop",
                    "note": {"literal": "secret.sauce"},
                },
            }
        },
    )
    rule = get(doc, SECRET, "db").properties["GenerateSecretString"]
    assert rule["GenerateStringKey"] == "password"
    assert json.loads(rule["SecretStringTemplate"]) == {
        "database": "shop",
        "note": "secret.sauce",
        "port": 5432,
        "username": "owner",
    }
    assert plain(get(doc, VALUE, "db").properties) == {
        "SecretId": "<Secret db Arn>",
        "Fields": {
            "host": "<DBInstance main Endpoint.Address>",
            "port": 5432,
            "username": "owner",
            "database": "shop",
            "note": "secret.sauce",
        },
    }


@pytest.mark.parametrize(
    ("value", "property_"),
    [("s3cr3t", {"Text": "s3cr3t"}), ({"key": "s3cr3t"}, {"Fields": {"key": "s3cr3t"}})],
)
def test_a_value_from_outside_is_hidden(value: Any, property_: dict[str, Any]) -> None:
    doc = document(secrets={"api": {"value": value}})
    written = get(doc, VALUE, "api").properties
    assert "s3cr3t" not in repr(doc.resources)
    ((name, held),) = property_.items()
    assert plain(written[name]) == held
    assert all(is_secret(item) for item in (written[name].values() if name == "Fields" else [written[name]]))


@pytest.mark.parametrize("options", [None, {"value": ""}, {"description": "later"}])
def test_a_secret_may_wait_for_its_value(options: Any) -> None:
    doc = document(secrets={"api": options})
    waiting = get(doc, SECRET, "api")
    assert waiting.awaits_value
    # A task or a pod does not start over a secret that holds nothing.
    assert reveal(waiting.properties["SecretString"]) == "awaiting-value"
    assert not of(doc, VALUE)


def test_only_what_waits_says_so() -> None:
    doc = document(secrets={"a": {"generate": {"length": 32}}, "b": {"text": "x"}, "c": {"value": "y"}})
    assert not any(res.awaits_value for res in doc.resources.values())


def test_the_name_in_aws_is_the_entrys_unless_stated() -> None:
    doc = document(secrets={"prod/shop/jwt": {}, "other": {"name": "staging/shop/jwt"}})
    assert {name: props["Name"] for name, props in of(doc, SECRET).items()} == {
        "prod/shop/jwt": "prod/shop/jwt",
        "other": "staging/shop/jwt",
    }


def test_key_replicas_and_rotation() -> None:
    doc = document(
        keys={"data": {}},
        secrets={
            "db": {
                "generate": ["password"],
                "key": "data",
                "replicas": ["eu-central-1"],
                "rotate_days": 30,
                "rotation_function": "arn:aws:lambda:eu-west-1:1:function:rotate",
            }
        },
    )
    secret = plain(get(doc, SECRET, "db").properties)
    assert secret["KmsKeyId"] == "<Key data Arn>"
    assert secret["ReplicaRegions"] == [{"Region": "eu-central-1"}]
    rotation = get(doc, "AWS::SecretsManager::RotationSchedule", "db").properties
    assert rotation["RotationRules"] == {"AutomaticallyAfterDays": 30}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"generate": ["a", "b"]}, "secrets.x.generate: names 2 members: AWS generates one of a secret"),
        ({"generate": {"length": 4}}, "secrets.x.generate.length: the value is not between 8 and 4096"),
        ({"generate": {"size": 9}}, "secrets.x.generate.size: unknown option"),
        ({"generate": ["a"], "fields": {"a": "1"}}, "secrets.x.fields.a: is generated"),
        ({"generate": {"length": 9}, "fields": {"a": "1"}}, "secrets.x.generate: a secret with fields is an object"),
        ({"text": "x", "value": "y"}, "secrets.x: text and value exclude each other"),
        ({"rotate_days": 30}, "secrets.x: rotate_days needs rotation_function beside it"),
        ({"fields": {"host": "database.main.adress"}}, "secrets.x.fields.host: 'database.main.adress'"),
        ({"text": "${database.main.adress}"}, "secrets.x.text: 'database.main.adress'"),
    ],
)
def test_what_cannot_be(options: dict[str, Any], message: str) -> None:
    assert any(line.startswith(message) for line in problems(databases=DATABASE, secrets={"x": options}))


def test_it_is_guarded() -> None:
    assert get(document(secrets={"x": {}}), SECRET, "x").protect
    assert not get(document(env="dev", secrets={"x": {}}), SECRET, "x").protect


def test_members_that_wait_for_their_values_are_there_and_empty() -> None:
    waiting = get(document(secrets={"keys": {"members": ["openai", "google"]}}), SECRET, "keys")
    assert waiting.awaits_value
    assert is_secret(waiting.properties["SecretString"])
    assert json.loads(reveal(waiting.properties["SecretString"])) == {"openai": "", "google": ""}
    given = document(secrets={"keys": {"members": ["openai"], "value": {"openai": "sk"}}})
    assert not get(given, SECRET, "keys").awaits_value
    assert "SecretString" not in get(given, SECRET, "keys").properties


@pytest.mark.parametrize(("value", "message"), [({"google": "x"}, "has no openai"), ("sk", "is text")])
def test_a_value_has_the_members_that_are_named(value: Any, message: str) -> None:
    (problem,) = problems(secrets={"keys": {"members": ["openai"], "value": value}})
    assert problem.startswith("secrets.keys.value: ") and message in problem


@pytest.mark.parametrize(
    "sections",
    [
        {"secrets": {"stripe": "hunter2"}},
        {"secrets": ["hunter2"]},
        {"clusters": {"c": {}}, "services": {"api": {"cluster": "c", "port": 80, "secrets": {"KEY": "hunter2"}}}},
        {
            "clusters": {"c": {}},
            "services": {"api": {"cluster": "c", "port": 80, "secrets": {"KEY": {"value": "hunter2"}}}},
        },
        {"certificates": {"web": {"domain": "example.com", "import": "hunter2"}}},
    ],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(sections: dict[str, Any]) -> None:
    found = problems(**sections)
    assert found and "hunter2" not in str(found)
