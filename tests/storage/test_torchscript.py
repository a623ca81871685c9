"""Tensors out of a program, without the program."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

from animatic.errors import UserError
from animatic.storage.torchscript import read_torchscript

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")


def saved():
    module = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3))
    module[0].weight.data = module[0].weight.data.transpose(2, 3)
    content = io.BytesIO()
    torch.jit.save(torch.jit.trace(module.eval(), torch.rand(1, 2, 5, 5)), content)
    return module, content.getvalue()


def test_tensors_come_back_with_their_names_and_strides():
    module, content = saved()
    found = read_torchscript(content)
    assert set(found) == set(module.state_dict())
    for name, value in module.state_dict().items():
        np.testing.assert_array_equal(found[name], value.numpy())


class Harmful:
    def __reduce__(self):
        return os.getcwd, ()


def test_an_archive_that_would_run_something_is_refused():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a/data.pkl", pickle.dumps({"a": Harmful()}))
    with pytest.raises(UserError, match=r"asks for posix\.getcwd"):
        read_torchscript(content.getvalue())


@pytest.mark.parametrize("cut", [0, 100, 1000])
def test_a_damaged_archive_is_one_line(cut):
    with pytest.raises(UserError, match="no TorchScript archive"):
        read_torchscript(saved()[1][:cut])
