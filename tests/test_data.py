"""What stands in data/: every file is in the manifest with its digest, its origin and how it was made, and is small."""

import hashlib
import json
from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "data"
MANIFEST = {entry["file"]: entry for entry in json.loads((DATA / "MANIFEST.json").read_text())}
FILES = sorted(p.relative_to(DATA).as_posix() for p in DATA.rglob("*") if p.is_file() and p.name != "MANIFEST.json")


def test_manifest_names_every_file() -> None:
    assert sorted(MANIFEST) == FILES


@pytest.mark.parametrize("name", FILES)
def test_file_is_what_the_manifest_says(name: str) -> None:
    entry = MANIFEST[name]
    assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == entry["sha256"]
    assert entry["origin"]
    assert entry["made_by"]


def test_data_stay_small() -> None:
    sizes = {name: (DATA / name).stat().st_size for name in FILES}
    assert max(sizes.values()) <= 5e6
    assert sum(sizes.values()) <= 30e6
