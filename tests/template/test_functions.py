"""Every function: runtime, logs, alias, and a handler file worth the name."""

import re

from tests.template.stack import ROOT, Stack, names_in, translated

FUNCTION = "AWS::Serverless::Function"
_HANDLER_LINES = 60


def _handler_file(properties: dict[str, str]) -> str:
    return properties["CodeUri"] + properties["Handler"].removesuffix(".handler") + ".py"


def test_every_function_runs_on_python_313_on_arm(stack: Stack) -> None:
    functions = stack.made("AWS::Lambda::Function")
    assert functions
    assert {(each["Runtime"], *each["Architectures"]) for each in functions.values()} == {
        ("python3.13", "arm64")
    }


def test_every_function_logs_to_its_own_group_that_forgets(stack: Stack) -> None:
    groups = stack.made("AWS::Logs::LogGroup")
    used = [each["LoggingConfig"]["LogGroup"]["Ref"] for each in stack.made("AWS::Lambda::Function").values()]
    assert len(used) == len(set(used))
    assert set(used) <= groups.keys()
    assert not [name for name, each in groups.items() if "RetentionInDays" not in each]


def test_every_function_publishes_on_any_change(stack: Stack) -> None:
    forgotten = [
        name
        for name, each in stack.written(FUNCTION).items()
        if each.get("AutoPublishAliasAllProperties") is not True
    ]
    assert not forgotten


def test_a_change_in_the_layer_alone_reaches_every_alias(stack: Stack) -> None:
    changed = translated("ContentUri=another-layer.zip")
    versions, changed_versions = stack.made("AWS::Lambda::Version"), changed.made("AWS::Lambda::Version")
    assert len(versions) == len(changed_versions) == len(stack.written(FUNCTION))
    assert not versions.keys() & changed_versions.keys()


def test_every_trigger_goes_to_the_alias(stack: Stack) -> None:
    functions = stack.made("AWS::Lambda::Function").keys()
    targets = {
        **{
            name: each["FunctionName"] for name, each in stack.made("AWS::Lambda::EventSourceMapping").items()
        },
        **{name: each["Target"]["Arn"] for name, each in stack.made("AWS::Scheduler::Schedule").items()},
        **{name: each["Body"]["paths"] for name, each in stack.made("AWS::ApiGatewayV2::Api").items()},
    }
    assert len(targets) > 2
    assert not {name for name, target in targets.items() if functions & set(names_in(target))}


def test_gradual_deployments_watch_alarms() -> None:
    gradual = translated("GradualDeployment=true")
    groups = gradual.made("AWS::CodeDeploy::DeploymentGroup")
    assert len(groups) == len(gradual.written(FUNCTION))
    assert all(each["AlarmConfiguration"]["Enabled"] for each in groups.values())


def test_the_first_deployment_needs_no_code_deploy(stack: Stack) -> None:
    assert not stack.made("AWS::CodeDeploy::DeploymentGroup")


def test_handler_files_and_functions_belong_together(stack: Stack) -> None:
    named = {_handler_file(each) for each in stack.written(FUNCTION).values()}
    assert named == {path.relative_to(ROOT).as_posix() for path in (ROOT / "functions").glob("*/*.py")}


def test_a_handler_file_is_read_in_a_minute() -> None:
    for path in (ROOT / "functions").glob("*/*.py"):
        text = path.read_text()
        assert text.count("\n") < _HANDLER_LINES, path
        assert re.search(r"^(def handler\(|handler = )", text, re.MULTILINE), path
