import pytest
import torch
import torch.nn.functional as F

from animatic.families.t2v.gist.config import GIST_PRESETS, GistConfig
from animatic.families.t2v.gist.networks import (
    GistModel,
    TextHead,
    TextToFilter,
    VideoCritic,
    VideoModel,
    blend,
    filter_each,
)

TINY = GIST_PRESETS["paper-tiny"]


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def make(batch_size: int = 3) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    gist = torch.rand(batch_size, 3, 16, 16) * 2 - 1
    return gist, torch.randn(batch_size, TINY.text_dim), torch.randn(batch_size, TINY.noise_dim)


def test_each_image_meets_its_own_filter() -> None:
    images = torch.randn(3, 3, 10, 12)
    filters = torch.randn(3, 7, 3, 5, 5)
    alone = [
        F.conv2d(image[None], filter_, padding=2)
        for image, filter_ in zip(images, filters, strict=True)
    ]
    torch.testing.assert_close(filter_each(images, filters), torch.cat(alone))


def test_the_filter_is_one_full_transposed_convolution_of_the_text() -> None:
    to_filter = TextToFilter(TINY)
    text = torch.randn(2, TINY.text_dim)
    size, channels = TINY.filter_size, TINY.filter_channels
    weight = to_filter.matrix.weight.T.reshape(TINY.text_dim, channels, 3, size, size)
    point = text.reshape(2, TINY.text_dim, 1, 1, 1)
    expected = F.conv_transpose3d(point, weight) + to_filter.matrix.bias.view(
        channels, 3, size, size
    )
    torch.testing.assert_close(to_filter(text), expected)


def test_one_clips_text_leaves_its_neighbours_alone() -> None:
    model = VideoModel(TINY).eval()
    gist, text, noise = make()
    before = model(gist, text, noise).clips
    text[1] += 1
    after = model(gist, text, noise).clips
    assert torch.equal(before[[0, 2]], after[[0, 2]])
    assert not torch.equal(before[1], after[1])


def test_a_clip_has_the_right_shape_and_range() -> None:
    scene = VideoModel(TINY)(*make())
    assert scene.clips.shape == (3, 3, 8, 16, 16)
    assert scene.clips.abs().max() <= 1
    assert 0 <= scene.mask.min() <= scene.mask.max() <= 1


def test_the_papers_size_fits_together() -> None:
    paper = GistConfig(image_width=2, video_width=2, critic_width=2, filter_channels=4)
    text, noise = torch.randn(1, paper.text_dim), torch.randn(1, paper.noise_dim)
    clips = VideoModel(paper).eval()(torch.zeros(1, 3, 64, 64), text, noise).clips
    assert clips.shape == (1, 3, 32, 64, 64)
    scores = VideoCritic(paper, 6)(clips, torch.randn(1, 2, 5, 6), torch.ones(1, 2, 5).bool())
    assert scores.shape == (1, 2)


def test_a_full_mask_shows_the_foreground_only_and_an_empty_one_the_background() -> None:
    foreground, background = torch.rand(2, 3, 4, 5, 5), torch.rand(2, 3, 5, 5)
    full = torch.ones(2, 1, 4, 5, 5)
    assert torch.equal(blend(full, foreground, background), foreground)
    still = blend(0 * full, foreground, background)
    assert torch.equal(still, background[:, :, None].expand(2, 3, 4, 5, 5))


def test_the_background_stands_still_where_the_foreground_moves() -> None:
    scene = VideoModel(TINY).eval()(*make())
    assert scene.background.shape == (3, 3, 16, 16)
    assert (scene.foreground[:, :, 0] != scene.foreground[:, :, -1]).any()


def test_what_stands_after_the_last_token_is_not_read() -> None:
    head = TextHead(6, 8)
    tokens, mask = torch.randn(2, 5, 6), torch.tensor([[True] * 3 + [False] * 2, [True] * 5])
    changed = tokens.clone()
    changed[0, 3:] += 9
    assert torch.equal(head(tokens, mask), head(changed, mask))
    changed[0, 2] += 1
    assert not torch.equal(head(tokens, mask)[0], head(changed, mask)[0])


def test_recognition_scatters_the_latent_by_its_variance() -> None:
    model = GistModel(TINY, 6).eval()
    with torch.no_grad():
        model.recognition.posterior.bias[TINY.gist_latent_dim :] = -2.0
    drawn = []
    model.decoder.register_forward_pre_hook(lambda _, inputs: drawn.append(inputs[0]))
    images, tokens = torch.rand(1, 3, 16, 16), torch.randn(1, 5, 6)
    mask = torch.ones(1, 5, dtype=torch.bool)
    drawings = [model(images, tokens, mask) for _ in range(400)]
    latents = torch.cat(drawn)
    mean, variance = drawings[0].mean[0], drawings[0].log_variance[0].exp()
    torch.testing.assert_close(latents.mean(0), mean, atol=0.25, rtol=0)
    torch.testing.assert_close(latents.var(0), variance, atol=0, rtol=0.35)


def test_a_critic_scores_each_pair_of_clip_and_sentence_as_if_alone() -> None:
    critic = VideoCritic(TINY, 6).eval()
    clips, tokens = torch.rand(2, 3, 8, 16, 16), torch.randn(2, 2, 5, 6)
    mask = torch.ones(2, 2, 5, dtype=torch.bool)
    scores = critic(clips, tokens, mask)
    for clip in range(2):
        for text in range(2):
            one = critic(
                clips[clip, None], tokens[clip, text, None, None], mask[clip, text, None, None]
            )
            torch.testing.assert_close(one[0, 0], scores[clip, text])


def test_a_sentence_weighs_differently_for_different_clips() -> None:
    critic = VideoCritic(TINY, 6).eval()
    clips = torch.stack([torch.full((3, 8, 16, 16), -1.0), torch.full((3, 8, 16, 16), 1.0)])
    tokens = torch.randn(2, 5, 6).expand(2, 2, 5, 6)
    scores = critic(clips, tokens, torch.ones(2, 2, 5, dtype=torch.bool))
    assert (scores[0, 0] - scores[0, 1] - scores[1, 0] + scores[1, 1]).abs() > 1e-5
