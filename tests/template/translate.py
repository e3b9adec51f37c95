"""Runs inside .venv-aws: prints template.yaml as it stands and as CloudFormation gets it, as one JSON object.

Arguments are NAME=value: parameters that differ from their defaults. ContentUri=value stands for the name
of the layer's archive.
"""

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")  # the transform looks up a partition

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

_TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"


def main() -> None:
    logging.disable(logging.WARNING)
    chosen = dict(argument.split("=", 1) for argument in sys.argv[1:])
    layer = chosen.pop("ContentUri", "layer.zip")
    source = yaml_parse(_TEMPLATE.read_text())
    parameters = {name: str(each.get("Default", "")) for name, each in source["Parameters"].items()}
    unknown = chosen.keys() - parameters.keys()
    if unknown:
        sys.exit(f"template.yaml has no parameters {sorted(unknown)}")
    translated = Translator({}, Parser()).translate(_uploaded(layer), {**parameters, **chosen})
    json.dump({"source": source, "translated": translated}, sys.stdout, default=str)


def _uploaded(layer: str) -> dict[str, Any]:
    """The template with its local folders replaced, as `sam deploy` does before it hands it over."""
    template: dict[str, Any] = yaml_parse(_TEMPLATE.read_text())
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if "CodeUri" in properties:
            properties["CodeUri"] = "s3://code/function.zip"
        if "ContentUri" in properties:
            properties["ContentUri"] = f"s3://code/{layer}"
    return template


main()
