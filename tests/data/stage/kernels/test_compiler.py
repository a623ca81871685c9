"""Without numba there is one clear error; kernels forget what older sources compiled."""

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from animatic.data.stage.kernels import compiler
from animatic.errors import UserError


def test_a_missing_numba_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    spec = spec_from_file_location("fresh_compiler", compiler.__file__)
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(UserError, match=r"pip install 'animatic\[stage\]'"):
        spec.loader.exec_module(module_from_spec(spec))


def test_kernels_older_than_a_source_are_forgotten_and_newer_ones_kept(tmp_path):
    cache = tmp_path / "kernels/__pycache__"
    cache.mkdir(parents=True)
    for name, time_s in (("old.nbi", 100), ("new.nbi", 300)):
        (cache / name).touch()
        os.utime(cache / name, (time_s, time_s))
    source = tmp_path / "kernels/part.py"
    source.touch()
    os.utime(source, (200, 200))
    unrelated = tmp_path / "captions.py"
    unrelated.touch()
    compiler._forget_stale_kernels(tmp_path)
    assert [path.name for path in cache.iterdir()] == ["new.nbi"]
