"""The compiled module keeps to itself."""
import shutil
import subprocess

import pytest

from windfall import _core


def test_only_the_entry_is_visible():
    if not shutil.which("nm"):
        pytest.skip("no nm here")
    listing = subprocess.run(["nm", "-D", "--defined-only", _core.__file__], capture_output=True, text=True, check=True)
    names = {line.split()[-1].split("@")[0] for line in listing.stdout.splitlines()}
    assert names == {"PyInit__core"}


def test_every_public_name_is_documented():
    import windfall

    undocumented = [name for name in windfall.__all__ if not getattr(windfall, name).__doc__]
    assert not undocumented
