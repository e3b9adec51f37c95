"""Prints what `sam build` made and how large it is: `python tests/template/sizes.py .aws-sam/build`."""

import io
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

_SHOWN = 8
"""Parts of the layer named one by one; the rest is summed up."""


@dataclass(frozen=True)
class Size:
    name: str
    unzipped: int
    zipped: int

    def __str__(self) -> str:
        return f"{self.name:32} {self.unzipped / 1e6:8.2f} {self.zipped / 1e6:8.2f}"


def sizes(build: Path) -> list[Size]:
    """Functions and layer of a build, then the parts of the layer, largest first; bytes."""
    layer, functions = build / "CommonLayer", sorted(build.glob("*Function"))
    parts = sorted((_size(path) for path in (layer / "python").iterdir()), key=lambda size: -size.unzipped)
    rest = parts[_SHOWN:]
    others = Size("  others", sum(each.unzipped for each in rest), sum(each.zipped for each in rest))
    named = [Size(f"  {each.name}", each.unzipped, each.zipped) for each in parts[:_SHOWN]]
    return [*(_size(path) for path in functions), _size(layer), *named, others, compiled(layer)]


def compiled(layer: Path) -> Size:
    files = list(layer.rglob("*.pyc"))
    return Size("  of it compiled (.pyc)", sum(file.stat().st_size for file in files), _zipped(files, layer))


def _size(path: Path) -> Size:
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    return Size(path.name, sum(file.stat().st_size for file in files), _zipped(files, path.parent))


def _zipped(files: list[Path], root: Path) -> int:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.relative_to(root))
    return len(buffer.getvalue())


def table(build: Path) -> str:
    heading = f"{'megabytes':32} {'unzipped':>8} {'zipped':>8}"
    return "\n".join([heading, *(str(each) for each in sizes(build))])


if __name__ == "__main__":
    print(table(Path(sys.argv[1])))
