"""Devices by name."""

import pytest
import torch

from animatic.errors import UserError
from animatic.pipelines.device import choose_device, has_bf16, keep_memory


def test_auto_is_always_there():
    assert isinstance(choose_device("auto"), torch.device)
    assert choose_device("cpu").type == "cpu"


@pytest.mark.parametrize("name", ["toaster", "cuda:99", ""])
def test_a_device_that_is_not_here_is_refused(name):
    with pytest.raises(UserError, match="device"):
        choose_device(name)


def test_keeping_memory_changes_no_result():
    x = torch.randn(1000, 1000, generator=torch.Generator().manual_seed(0))
    before = (x @ x).sum()
    keep_memory()
    assert torch.equal(before, (x @ x).sum())


@pytest.mark.parametrize("able", [True, False])
def test_bf16_is_for_processors_that_multiply_in_it(monkeypatch, able):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: able)
    assert has_bf16(torch.device("cpu")) == able
