import json
import tarfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from animatic.errors import UserError
from animatic.storage import shards
from animatic.storage.shards import ClipFacts, ShardReader


def facts(number, split="train"):
    return ClipFacts(
        f"{number:06d}", split, (f"caption {number}", "another"), 4, 8, 8, 12.0, number, {"seed": 7}
    )


def content(number):
    return bytes([number]) * (700 + number)


@pytest.fixture
def folder(tmp_path):
    for first in (0, 3):
        splits = ("train", "train", "validation")
        clips = [(facts(first + at, split), content(first + at)) for at, split in enumerate(splits)]
        shards.write_shard(tmp_path / f"{first:06d}.tar", clips)
    shards.write_index(tmp_path)
    return tmp_path


def test_every_clip_is_read_back_in_any_order(folder):
    reader = ShardReader(folder)
    assert len(reader) == 6
    for number in (5, 0, 3, 1, 4, 2):
        assert reader.read(number) == content(number)
        assert reader.rows[number].facts == facts(number, reader.rows[number].facts.split)


def test_a_split_holds_its_own_clips(folder):
    reader = ShardReader(folder, "validation")
    assert [reader.read(number) for number in range(len(reader))] == [content(2), content(5)]


def test_other_tools_find_the_videos_and_what_is_known_of_them(folder):
    with tarfile.open(folder / "000003.tar") as tar:
        assert tar.getnames()[:2] == ["000003.mp4", "000003.json"]
        member = tar.extractfile("000003.json")
        assert json.load(member)["captions"] == ["caption 3", "another"]


def test_equal_clips_give_equal_bytes(folder):
    clips = [(facts(0), content(0)), (facts(1), content(1))]
    written = []
    for name in ("a.tar", "b.tar"):
        shards.write_shard(folder / name, clips)
        written.append((folder / name).read_bytes())
    assert written[0] == written[1]


def test_a_reader_travels_to_another_process(folder):
    reader = ShardReader(folder)
    reader.read(0)
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        assert pool.submit(reader.read, 4).result() == content(4)
    reader.close()
    assert reader.read(1) == content(1)


def test_a_truncated_shard_is_told_before_training(folder):
    path = folder / "000003.tar"
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(UserError, match=r"000003\.tar is truncated"):
        ShardReader(folder)
    with pytest.raises(UserError, match=r"000003\.tar is damaged"):
        shards.write_index(folder)


def test_a_shard_that_shrinks_while_it_is_read_is_told(folder):
    reader = ShardReader(folder)
    (folder / "000000.tar").write_bytes(b"")
    with pytest.raises(UserError, match="truncated"):
        reader.read(0)


def test_a_missing_shard_or_index_is_told(folder):
    (folder / "000000.tar").unlink()
    with pytest.raises(UserError, match=r"000000\.tar is missing"):
        ShardReader(folder)
    (folder / shards.INDEX_NAME).unlink()
    with pytest.raises(UserError, match="not finished"):
        ShardReader(folder)


def test_a_damaged_line_of_the_index_is_told_with_its_number(folder):
    path = folder / shards.INDEX_NAME
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1][:50], *lines[2:]]))
    with pytest.raises(UserError, match=r"line 2 of .*index\.jsonl"):
        ShardReader(folder)


def test_an_unknown_split_names_the_known_ones(folder):
    with pytest.raises(UserError, match="its splits are: train, validation"):
        ShardReader(folder, "test")


def test_an_error_while_clips_are_made_leaves_no_shard(tmp_path):
    def clips():
        yield facts(0), content(0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shards.write_shard(tmp_path / "a.tar", clips())
    assert not list(tmp_path.iterdir())
