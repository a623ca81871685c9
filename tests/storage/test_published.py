"""Other people's files: only the right ones, and nothing in them is run."""

import hashlib
import io
import os
import pickle
import tarfile

import numpy as np
import pytest

from animatic.errors import UserError
from animatic.storage.published import check_hash, download, read_arrays, read_member


def silent(done, total):
    pass


def test_arrays_come_back_in_their_nests():
    nested = {"params": {"layer": {"kernel": np.arange(6.0).reshape(2, 3)}}}
    found = read_arrays(pickle.dumps(nested))
    np.testing.assert_array_equal(
        found["params"]["layer"]["kernel"], nested["params"]["layer"]["kernel"]
    )


class Harmful:
    def __reduce__(self):
        return os.getcwd, ()


def test_a_pickle_that_would_run_something_is_refused():
    with pytest.raises(UserError, match=r"asks to run posix\.getcwd"):
        read_arrays(pickle.dumps({"a": Harmful()}))


@pytest.mark.parametrize("damaged", [b"", b"no pickle", pickle.dumps(np.ones(9))[:40]])
def test_a_damaged_pickle_is_one_line(damaged):
    with pytest.raises(UserError, match="no pickled arrays"):
        read_arrays(damaged)


def packed(path, name="inside/weights.ckpt", content=b"abc"):
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return path


def test_a_member_is_read_out_of_an_archive(tmp_path):
    path = packed(tmp_path / "a.tar.gz")
    assert read_member(path, "inside/weights.ckpt") == b"abc"
    with pytest.raises(UserError, match="no archive with other"):
        read_member(path, "other")
    path.write_bytes(b"nonsense")
    with pytest.raises(UserError, match="no archive with"):
        read_member(path, "inside/weights.ckpt")


def test_a_file_appears_only_with_the_right_hash(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"content")
    right = hashlib.sha256(b"content").hexdigest()
    with pytest.raises(UserError, match="has the hash"):
        download(source.as_uri(), target, "0" * 64, silent)
    assert list(tmp_path.iterdir()) == [source]
    download(source.as_uri(), target, right, silent)
    check_hash(target, right, "it")


def test_no_connection_is_one_line(tmp_path):
    with pytest.raises(UserError, match="cannot fetch"):
        download("http://127.0.0.1:1/none", tmp_path / "a", "0" * 64, silent)
