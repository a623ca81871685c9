"""Clips keep the bits that they had when their version was named, on every processor."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SCRIPT = HERE.parents[2] / "scripts/stage_golden.py"
GOLDEN = json.loads((HERE / "golden.json").read_text())

PLAIN_PROCESSOR = {
    "NUMBA_CPU_NAME": "generic",
    "NUMBA_CPU_FEATURES": "",
    "OPENBLAS_CORETYPE": "Prescott",
}
"""No instructions beyond the oldest of this kind of processor, in kernels or in numpy."""


@pytest.mark.parametrize("processor", [{}, PLAIN_PROCESSOR], ids=["this", "plain"])
def test_clips_keep_their_bits(processor):
    # Kernels for another processor compile once, half a minute, and are kept afterwards.
    printed = subprocess.run(
        [sys.executable, SCRIPT],
        env={**os.environ, **processor},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(printed.stdout) == GOLDEN
