"""Tables, bucket, key: encrypted, recoverable, and hard to lose."""

from typing import Any

import pytest

from tests.template.stack import Stack

_ON_EVERY_TABLE: list[tuple[str, Any]] = [
    ("BillingMode", "PAY_PER_REQUEST"),
    ("PointInTimeRecoverySpecification", {"PointInTimeRecoveryEnabled": True}),
    ("SSESpecification", {"SSEEnabled": True}),
    ("DeletionProtectionEnabled", {"Fn::If": ["IsProtected", True, False]}),
    ("KeySchema", [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]),
]


@pytest.mark.parametrize(("name", "value"), _ON_EVERY_TABLE)
def test_every_table_has(stack: Stack, name: str, value: Any) -> None:
    tables = stack.made("AWS::DynamoDB::Table")
    assert len(tables) == 4
    assert not [table for table, each in tables.items() if each.get(name) != value]


def test_tables_are_protected_unless_somebody_says_otherwise(stack: Stack) -> None:
    assert stack.source["Parameters"]["DeletionProtection"]["Default"] == "true"


def test_expired_claims_and_keys_go_by_themselves(stack: Stack) -> None:
    spec = stack.made("AWS::DynamoDB::Table")["ChannelsTable"]["TimeToLiveSpecification"]
    assert spec == {"AttributeName": "expires_at", "Enabled": True}


@pytest.mark.parametrize(
    "kind", ["AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::S3::Bucket", "AWS::Cognito::UserPool"]
)
def test_what_holds_data_says_what_becomes_of_it(stack: Stack, kind: str) -> None:
    holders = [each for each in stack.resources.values() if each["Type"] == kind]
    assert holders
    assert all(each.get("UpdateReplacePolicy") == "Retain" and "DeletionPolicy" in each for each in holders)


def test_every_bucket_is_private_and_encrypted(stack: Stack) -> None:
    buckets = stack.made("AWS::S3::Bucket")
    assert buckets.keys() == {"PayloadsBucket", "MediaBucket"}
    for bucket in buckets.values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]


def test_only_pages_of_named_origins_reach_files_from_a_browser(stack: Stack) -> None:
    buckets = stack.made("AWS::S3::Bucket")
    assert "CorsConfiguration" not in buckets["PayloadsBucket"]
    condition, given, otherwise = buckets["MediaBucket"]["CorsConfiguration"]["Fn::If"]
    assert (condition, otherwise) == ("HasUploadOrigins", {"Ref": "AWS::NoValue"})
    assert given["CorsRules"][0]["AllowedOrigins"] == {"Fn::Split": [",", {"Ref": "UploadOrigins"}]}
    assert stack.source["Parameters"]["UploadOrigins"]["Default"] == ""


def test_the_bucket_of_payloads_forgets_webhook_bodies(stack: Stack) -> None:
    (rule,) = stack.made("AWS::S3::Bucket")["PayloadsBucket"]["LifecycleConfiguration"]["Rules"]
    assert (rule["Prefix"], rule["ExpirationInDays"]) == ("inbound/", 30)


def test_every_bucket_answers_only_over_tls(stack: Stack) -> None:
    policies = stack.made("AWS::S3::BucketPolicy").values()
    assert {each["Bucket"]["Ref"] for each in policies} == stack.made("AWS::S3::Bucket").keys()
    for policy in policies:
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Condition"]) == (
            "Deny",
            {"Bool": {"aws:SecureTransport": "false"}},
        )


def test_the_secrets_key_turns(stack: Stack) -> None:
    (key,) = stack.made("AWS::KMS::Key").values()
    assert key["EnableKeyRotation"] is True
