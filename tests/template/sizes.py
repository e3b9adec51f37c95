"""Prints what `sam build` made and how large it is: `python tests/template/sizes.py .aws-sam/build`."""

import io
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

_SHOWN = 8
"""Parts of the layer named one by one; the rest is summed up."""


@dataclass(frozen=True)
class Size:
    """In bytes; zipped without the archive's own table of contents."""

    name: str
    unzipped: int
    zipped: int

    def __str__(self) -> str:
        return f"{self.name:32} {self.unzipped / 1e6:8.2f} {self.zipped / 1e6:8.2f}"


def layer_size(build: Path) -> Size:
    return _sum("CommonLayer", _archived(build / "CommonLayer"))


def table(build: Path) -> str:
    """Functions and layer of a build, and what takes the space in the layer; megabytes."""
    functions = [_sum(folder.name, _archived(folder)) for folder in sorted(build.glob("*Function"))]
    layer = _archived(build / "CommonLayer")
    parts = sorted(_parts(layer), key=lambda size: -size.unzipped)
    rest = parts[_SHOWN:]
    others = Size("  others", sum(each.unzipped for each in rest), sum(each.zipped for each in rest))
    compiled = _sum("  of it compiled (.pyc)", (file for file in layer if file.filename.endswith(".pyc")))
    rows = [*functions, _sum("CommonLayer", layer), *parts[:_SHOWN], others, compiled]
    return "\n".join([f"{'megabytes':32} {'unzipped':>8} {'zipped':>8}", *(str(row) for row in rows)])


def _parts(layer: list[zipfile.ZipInfo]) -> Iterable[Size]:
    """One for each package in the layer."""
    for name, files in groupby(layer, lambda file: file.filename.split("/")[1]):
        yield _sum(f"  {name}", files)


def _sum(name: str, files: Iterable[zipfile.ZipInfo]) -> Size:
    sizes = [(file.file_size, file.compress_size) for file in files]
    return Size(name, sum(size for size, _ in sizes), sum(size for _, size in sizes))


def _archived(folder: Path) -> list[zipfile.ZipInfo]:
    """The folder's files as they lie in an archive of it, in order of their names."""
    with zipfile.ZipFile(io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
        return archive.infolist()


if __name__ == "__main__":
    print(table(Path(sys.argv[1])))
