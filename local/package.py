"""Packages the functions and the layer for the emulator: the folder names in template.yaml become archives.

The layer's archive only points at an unpacked copy under .build/, because MiniStack unpacks it anew for every
process that it starts (see docs/decisions/0004-local-aws-engine.md). The copy has what AWS gets: the locked
packages and the kanal package, compiled, and nothing of this repository's own environments.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from local.processes import LocalStackError

ROOT = Path(__file__).resolve().parent.parent
EMULATOR_PYTHON = ROOT / ".venv-aws" / "bin" / "python"
_UNPACKED = ROOT / ".build" / "local"
_LAYER_SOURCE = ROOT / "layers" / "common" / "src"
_CODE_FOLDERS = {"CodeUri", "ContentUri"}
_MONITORING = "AWS::CloudWatch::"
_KEPT_COPIES = 5
_ZIP_EPOCH = (2020, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Archive:
    """A zip named after its content, so that an unchanged one is neither uploaded nor deployed again."""

    body: bytes

    @property
    def key(self) -> str:
        return hashlib.sha256(self.body).hexdigest()[:32] + ".zip"


def package_template(parameters: Mapping[str, str], upload: Callable[[Archive], str]) -> str:
    """template.yaml, as JSON, each local code folder packaged, uploaded and replaced by its S3 address."""
    template = yaml.load((ROOT / "template.yaml").read_text(), _TemplateLoader)  # noqa: S506  # a SafeLoader
    # MiniStack transforms without the parameters, unlike AWS: a function's version then stays when only they
    # change. It does see defaults.
    for name, value in parameters.items():
        template["Parameters"][name]["Default"] = value
    # Nothing here feeds or reads metrics, and MiniStack refuses alarms on metric mathematics.
    resources = {
        name: each for name, each in template["Resources"].items() if not each["Type"].startswith(_MONITORING)
    }
    template["Globals"]["Function"].pop("DeploymentPreference", None)  # it names alarms
    addresses: dict[str, str] = {}
    for resource in resources.values():
        properties = resource.get("Properties", {})
        for name in _CODE_FOLDERS & properties.keys():
            folder = properties[name]
            if folder not in addresses:
                addresses[folder] = upload(archive(ROOT / folder))
            properties[name] = addresses[folder]
    return json.dumps({**template, "Resources": resources}, default=str)


class _TemplateLoader(yaml.SafeLoader):
    """Reads CloudFormation's short forms too: `!Ref x` becomes {"Ref": "x"}."""


def _short_form(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        value = value.split(".", 1) if name == "GetAtt" else value
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(cast("yaml.MappingNode", node), deep=True)
    return {name if name in {"Ref", "Condition"} else f"Fn::{name}": value}


_TemplateLoader.add_multi_constructor("!", _short_form)


def archive(folder: Path) -> Archive:
    if not folder.is_dir():
        raise LocalStackError(f"template.yaml names a code folder that does not exist: {folder}")
    return _pointer(_layer_folders()) if folder == _LAYER_SOURCE else _zip(_files(folder))


def _files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _zip(files: Mapping[str, bytes]) -> Archive:
    """The same files always give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), content)
    return Archive(buffer.getvalue())


def _pointer(folders: list[Path]) -> Archive:
    # MiniStack treats this folder of a layer as a site directory. Place 2 on the path comes right after the
    # function's own folder, where AWS has the layer.
    lines = (f"import sys; sys.path.insert(2, {str(folder)!r})\n" for folder in folders)
    return _zip({"python/lib/python3/site-packages/kanal-layer.pth": "".join(lines).encode()})


def _layer_folders() -> list[Path]:
    lock = (_LAYER_SOURCE / "requirements.txt").read_bytes()
    interpreter = (ROOT / ".venv-aws" / "pyvenv.cfg").read_bytes()
    packages = _unpacked("packages", _digest({"lock": lock, "interpreter": interpreter}), _install_packages)
    sources = {name: body for name, body in _files(_LAYER_SOURCE).items() if name.startswith("kanal/")}

    def copy_sources(target: Path) -> None:
        for name, body in sources.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(body)

    return [packages, _unpacked("kanal", _digest({**sources, "interpreter": interpreter}), copy_sources)]


def _digest(parts: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, body in parts.items():
        digest.update(f"{name}\0{len(body)}\0".encode() + body)
    return digest.hexdigest()[:16]


def _unpacked(kind: str, digest: str, fill: Callable[[Path], None]) -> Path:
    """The folder of that kind and content, made on first use; never half made, even if two stacks start."""
    folder = _UNPACKED / f"{kind}-{digest}"
    if folder.exists():
        os.utime(folder)
        return folder
    _UNPACKED.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_UNPACKED) as temporary:
        made = Path(temporary) / kind
        made.mkdir()
        fill(made)
        _python("-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", str(made))
        try:
            made.rename(folder)
        except OSError:
            if not folder.exists():  # otherwise another stack was quicker, with the same content
                raise
    _forget_old(kind)
    return folder


def _forget_old(kind: str) -> None:
    copies = sorted(_UNPACKED.glob(f"{kind}-*"), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in copies[_KEPT_COPIES:]:
        shutil.rmtree(folder, ignore_errors=True)


def _install_packages(target: Path) -> None:
    requirements = str(_LAYER_SOURCE / "requirements.txt")
    _python(
        *("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"),
        *("--only-binary", ":all:", "--require-hashes"),
        *("--target", str(target), "--requirement", requirements),
    )


def _python(*arguments: str) -> None:
    """The emulator's interpreter, which will run the functions: what is compiled for it must be so by it."""
    done = subprocess.run([EMULATOR_PYTHON, "-u", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LocalStackError(f"python {' '.join(arguments[:4])} failed:\n{done.stdout}{done.stderr}")
