import numpy as np
import pytest
import torch

from animatic.data.batches import Batches, open_clips, permutation
from animatic.data.clips import Example
from animatic.errors import UserError
from animatic.types import ClipShape

GOLDEN = [8, 3, 0, 9, 6, 1, 2, 4, 5, 7]


class Numbered:
    """Clips whose every pixel is their number, with captions and a stretch drawn from `random`."""

    def __init__(self, num_clips, captions=3, labelled=True):
        self.num_clips, self.captions, self.labelled = num_clips, captions, labelled

    label_names = ()

    def __len__(self):
        return self.num_clips

    def get(self, index, random):
        frames = np.full((2, 4, 4, 3), index, np.uint8)
        frames[0, 0, 0] = 200 + random.integer(20)
        texts = tuple(f"{index} {caption}" for caption in range(self.captions))
        return Example(frames, texts, index if self.labelled else None)


def same(first, second):
    return first.texts == second.texts and bool((first.clips == second.clips).all())


def test_every_clip_comes_once_an_epoch_and_epochs_differ():
    batches = Batches(Numbered(30), seed=1, batch_size=6)
    epochs = []
    for epoch in range(2):
        labels = [batches.batch_at(5 * epoch + step).labels.tolist() for step in range(5)]
        epochs.append([label for batch in labels for label in batch])
        assert sorted(epochs[-1]) == list(range(30))
    assert epochs[0] != epochs[1]
    assert epochs[0] != list(range(30))


def test_the_order_never_changes_from_one_version_to_the_next():
    assert permutation(7, 0, 10).tolist() == GOLDEN
    assert permutation(8, 0, 10).tolist() != GOLDEN


@pytest.mark.parametrize("num_threads", [1, 3])
def test_resuming_in_the_middle_of_an_epoch_goes_on_exactly(num_threads):
    batches = Batches(Numbered(23), seed=3, batch_size=4, mirrored=True)
    stream = batches.from_step(0)
    whole = [next(stream) for _ in range(14)]
    stream.close()
    resumed = Batches(Numbered(23), seed=3, batch_size=4, mirrored=True).from_step(8, num_threads)
    for batch in whole[8:]:
        assert same(batch, next(resumed))
    resumed.close()


def test_two_processes_together_see_what_one_sees():
    one = Batches(Numbered(23), seed=3, batch_size=8, mirrored=True)
    two = [Batches(Numbered(23), 3, 4, rank, world_size=2, mirrored=True) for rank in range(2)]
    for step in range(9):
        whole, parts = one.batch_at(step), [half.batch_at(step) for half in two]
        assert whole.texts == parts[0].texts + parts[1].texts
        assert torch.equal(whole.clips, torch.cat([part.clips for part in parts]))
        assert torch.equal(whole.labels, torch.cat([part.labels for part in parts]))


def test_captions_vary_with_the_epoch_and_are_the_clips_own():
    batches = Batches(Numbered(2), seed=0, batch_size=2)
    seen = set()
    for step in range(20):
        batch = batches.batch_at(step)
        seen |= set(batch.texts)
        assert [int(text.split()[0]) for text in batch.texts] == batch.labels.tolist()
    assert len(seen) == 6


def test_fewer_clips_than_a_batch_come_round_again():
    labels = Batches(Numbered(3), seed=0, batch_size=8).batch_at(0).labels.tolist()
    assert sorted(labels[:3]) == sorted(labels[3:6]) == [0, 1, 2]


def test_about_half_of_the_clips_are_mirrored_when_asked():
    class Halves(Numbered):
        def get(self, index, random):
            frames = np.zeros((2, 4, 4, 3), np.uint8)
            frames[:, :, 2:] = 255
            return Example(frames)

    for mirrored, low, high in ((True, 0.35, 0.65), (False, 1.0, 1.0)):
        clips = Batches(Halves(50), 0, 100, mirrored=mirrored).batch_at(0).clips
        straight = (clips[:, 0, 0, 0, 3] == 1).float().mean()
        assert low <= straight <= high
        assert ((clips[:, 0, 0, 0, 0] + clips[:, 0, 0, 0, 3]) == 0).all()


def test_what_no_clip_has_is_none():
    batch = Batches(Numbered(5, captions=0, labelled=False), 0, 4).batch_at(0)
    assert batch.texts is None
    assert batch.labels is None
    assert batch.clips.shape == (4, 3, 2, 4, 4)
    assert batch.clips.dtype == torch.float32


def test_an_error_in_a_clip_reaches_the_loop():
    class Broken(Numbered):
        def get(self, index, random):
            raise UserError("clip 7 is damaged")

    with pytest.raises(UserError, match="clip 7"):
        next(Batches(Broken(5), 0, 4).from_step(0))


def test_a_folder_that_is_no_data_set_is_refused(tmp_path):
    shape = ClipShape(2, 16, 16, 12.0)
    with pytest.raises(UserError, match="does not exist"):
        open_clips(tmp_path / "gone", shape)
    with pytest.raises(UserError, match="neither clips"):
        open_clips(tmp_path, shape)
    with pytest.raises(UserError, match="no split 'heldout'"):
        open_clips(tmp_path, shape, "heldout")
