"""Deploys the real template.yaml into the embedded AWS and tells what came of it."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local.aws import REGION, Aws
from local.package import Archive, package_template
from local.processes import LocalStackError

STACK = "kanal"
_ARTEFACTS = "kanal-local-artefacts"
_SECONDS = 60.0


@dataclass(frozen=True)
class Deployment:
    """The stack as it was made: the translated template, and the physical name behind each logical id."""

    template: Mapping[str, Any]
    physical: Mapping[str, str]

    def of_type(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """Logical id -> properties, of the resources of that type that were made."""
        return {
            logical: resource.get("Properties", {})
            for logical, resource in self.template["Resources"].items()
            if resource["Type"] == kind and logical in self.physical
        }

    def single(self, kind: str) -> str:
        """The logical id of the one resource of that type."""
        found = list(self.of_type(kind))
        if len(found) != 1:
            raise LocalStackError(f"template.yaml should have one {kind}, and has {len(found)}.")
        return found[0]


def deploy(aws: Aws, parameters: Mapping[str, str]) -> Deployment:
    """Create the stack, or update it when it was kept from an earlier run. Raises LocalStackError."""
    _make_bucket(aws)
    template = package_template(parameters, lambda archive: _upload(aws, archive))
    # By URL, as the size limit of a template in the call itself is 51,200 bytes.
    aws.s3.put_object(Bucket=_ARTEFACTS, Key="template.yaml", Body=template.encode())
    _create_or_update(aws, f"{aws.url}/{_ARTEFACTS}/template.yaml", parameters)
    _wait(aws)
    summaries = aws.cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    answer = aws.cloudformation.get_template(StackName=STACK, TemplateStage="Processed")
    processed: Any = answer["TemplateBody"]
    return Deployment(
        template=json.loads(processed) if isinstance(processed, str) else processed,
        physical={each["LogicalResourceId"]: each["PhysicalResourceId"] for each in summaries},
    )


def _make_bucket(aws: Aws) -> None:
    try:
        aws.s3.create_bucket(Bucket=_ARTEFACTS, CreateBucketConfiguration={"LocationConstraint": REGION})
    except aws.s3.exceptions.BucketAlreadyOwnedByYou:
        return  # kept from an earlier run


def _upload(aws: Aws, archive: Archive) -> str:
    try:
        aws.s3.head_object(Bucket=_ARTEFACTS, Key=archive.key)
    except ClientError:
        aws.s3.put_object(Bucket=_ARTEFACTS, Key=archive.key, Body=archive.body)
    return f"s3://{_ARTEFACTS}/{archive.key}"


def _create_or_update(aws: Aws, template_url: str, parameters: Mapping[str, str]) -> None:
    formation = aws.cloudformation
    request: Any = {
        "StackName": STACK,
        "TemplateURL": template_url,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    try:
        formation.create_stack(**request)
    except formation.exceptions.AlreadyExistsException:
        try:
            formation.update_stack(**request)
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise LocalStackError(f"template.yaml was refused: {error}") from error
    except ClientError as error:
        raise LocalStackError(f"template.yaml was refused: {error}") from error


def _wait(aws: Aws) -> None:
    deadline = time.monotonic() + _SECONDS
    status = "not started"
    while time.monotonic() < deadline:
        status = str(aws.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"])
        if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            return
        if not status.endswith("_IN_PROGRESS") or "ROLLBACK" in status:
            break
        time.sleep(0.05)
    raise LocalStackError(f"The deployment of template.yaml ended as {status}:\n{_reasons(aws)}")


def _reasons(aws: Aws) -> str:
    events = aws.cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    return "\n".join(
        f"  {event.get('LogicalResourceId')}: {event.get('ResourceStatusReason')}"
        for event in reversed(events)
        if "FAILED" in event.get("ResourceStatus", "") and event.get("ResourceStatusReason")
    )
