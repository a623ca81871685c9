"""Folders of clips and their numbers: what must rank as expected, and what is refused."""

import json
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from animatic.errors import UserError
from animatic.metrics.lpips import Lpips
from animatic.pipelines.evaluation import run
from animatic.pipelines.evaluation.composition import KINETICS, hits
from animatic.pipelines.evaluation.counterfactual import counterfactual
from animatic.pipelines.evaluation.eyes import Eyes, Look, Window, observe, stage_net
from animatic.pipelines.evaluation.gallery import nearest_names
from animatic.pipelines.evaluation.job import Job
from animatic.pipelines.evaluation.measures import MEASURES
from animatic.pipelines.evaluation.plots import plot_composition
from animatic.pipelines.evaluation.run import evaluate
from animatic.pipelines.evaluation.sets import Sets
from animatic.pipelines.evaluation.sources import FolderClips, Shown, chosen
from animatic.pipelines.judge import ACTIONS, SCENES
from animatic.storage import codec

CPU = torch.device("cpu")


def disc(number, frames=16, size=32):
    """A disc that moves over a background, both of a colour that depends on the number."""
    random = np.random.default_rng(number)
    first, speed = random.uniform(6, 12, 2), random.uniform(0.5, 1.5, 2)
    inside, outside = random.integers(0, 255, (2, 3))
    rows, columns = np.mgrid[:size, :size]
    clip = np.empty((frames, size, size, 3), np.uint8)
    for t in range(frames):
        y, x = first + speed * t
        near = (rows - y) ** 2 + (columns - x) ** 2 < 25
        clip[t] = np.where(near[..., None], inside, outside)
    return clip


def write(folder, clips, fps=12.0):
    folder.mkdir(parents=True, exist_ok=True)
    for number, clip in enumerate(clips):
        codec.encode(folder / f"{number:03d}.mp4", clip, fps, codec.TRAINING)
    return folder


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    return write(tmp_path_factory.mktemp("real"), [disc(n) for n in range(40)])


def value(folder, against, metric, num=20, **more):
    job = Job(str(folder), against, metrics=[metric], num=num, device="cpu", **more)
    return evaluate(job)[0].number


def test_what_is_worse_is_further_away(real, tmp_path):
    clean = [disc(n) for n in range(100, 120)]
    random = np.random.default_rng(0)

    def noised(strength):
        noise = [random.normal(0, strength, c.shape) for c in clean]
        pairs = zip(clean, noise, strict=True)
        return [(c + n).clip(0, 255).astype(np.uint8) for c, n in pairs]

    sets = {
        "clean": clean,
        "some": noised(20),
        "more": noised(80),
        "frozen": [np.repeat(c[:1], 16, 0) for c in clean],
    }
    found = {
        name: value(write(tmp_path / name, clips), real, "kvd-stage").value
        for name, clips in sets.items()
    }
    assert found["clean"] < found["some"] < found["more"]
    assert found["clean"] < found["frozen"]


def test_a_number_has_an_error_and_a_floor_and_names_do_not_matter(real, tmp_path):
    clips = [disc(n) for n in range(100, 120)]
    once = value(write(tmp_path / "a", clips), real, "fvd-stage")
    again = value(write(tmp_path / "b", clips[::-1]), real, "fvd-stage")
    assert once.value == pytest.approx(again.value, rel=1e-3)
    assert once.error > 0
    assert once.floor > 0


def test_the_card_says_how_to_get_the_number_again(real, tmp_path):
    out = tmp_path / "scores.json"
    evaluate(
        Job(
            str(write(tmp_path / "made", [disc(n) for n in range(100, 120)])),
            real,
            metrics=["fvd-stage"],
            num=20,
            out=out,
            device="cpu",
        )
    )
    (row,) = json.loads(out.read_text())["rows"]
    card = row["card"]
    assert len(card["weights"]) == 64
    assert card["made"]["n"] == card["real"]["n"] == card["floor"]["n"] == 20
    assert "mp4" in card["made"]["container"]
    assert card["made"]["resolution"] == "32x32"
    assert any("loss of its files" in warning for warning in card["warnings"])
    assert any("20 clips" in warning for warning in card["warnings"])


def test_corrupt_clips_are_named_and_counted(real, tmp_path):
    folder = write(tmp_path / "made", [disc(n) for n in range(100, 120)])
    (folder / "005.mp4").write_bytes(b"nothing")
    out = tmp_path / "scores.json"
    evaluate(Job(str(folder), real, metrics=["kvd-stage"], num=20, out=out, device="cpu"))
    made = json.loads(out.read_text())["rows"][0]["card"]["made"]
    assert made["n"] == 19
    assert list(made["skipped"]) == ["005.mp4"]


def test_clips_that_differ_are_refused(real, tmp_path):
    mixed = write(tmp_path / "mixed", [disc(0), disc(1, size=48), disc(2)])
    with pytest.raises(UserError, match="32x32 at 12 fps and 48x48 at 12 fps"):
        value(mixed, real, "kvd-stage")
    faster = write(tmp_path / "faster", [disc(n) for n in range(8)], fps=24.0)
    with pytest.raises(UserError, match=r"fps of the two sets differs: 24\.0 and 12\.0"):
        value(faster, real, "kvd-stage")


@pytest.mark.parametrize(
    ("count", "more", "line"),
    [
        (1, {}, "needs 3 clips at least, not 1"),
        (3, {"window": Window(30)}, "no clip has the 30 frames"),
        (3, {"window": Window(0)}, "frames 0 and stride 1 must be at least 1"),
        (3, {"num": 1}, "num 1 must be at least 2"),
    ],
)
def test_too_little_is_refused_in_one_line(real, tmp_path, count, more, line):
    folder = write(tmp_path / "made", [disc(n) for n in range(count)])
    with pytest.raises(UserError, match=line):
        value(folder, real, "kvd-stage", **{"num": 20, **more})


def test_folders_without_clips_and_unknown_metrics_are_refused(real, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no videos"):
        value(tmp_path / "empty", real, "kvd-stage")
    with pytest.raises(UserError, match="no metric 'fid9'; there are fvd"):
        value(real, real, "fid9")
    with pytest.raises(UserError, match="kvd compares with real clips"):
        evaluate(Job(str(real), metrics=["kvd"]))
    with pytest.raises(UserError, match="action and scene are known"):
        value(real, None, "composition")


def test_the_true_distance_needs_its_network(real, tmp_path, monkeypatch):
    monkeypatch.setenv("ANIMATIC_CACHE", str(tmp_path))
    with pytest.raises(UserError, match="run: animatic weights fetch i3d"):
        value(real, real, "fvd")


def test_places_are_drawn_and_the_rest_are_others():
    first, rest = chosen(40, 15), chosen(40, 15, rest=True)
    assert first == chosen(40, 15)
    assert len({*first, *rest}) == 30
    assert chosen(40, 30, rest=True) == sorted({*range(40)} - {*chosen(40, 30)})
    assert chosen(3, 5) == [0, 1, 2]
    assert chosen(3, 5, rest=True) == []


def test_places_do_not_keep_step_with_what_repeats():
    """Of 1,000 clips whose pairs repeat every 8, a draw of 125 takes some of each."""
    assert {place % 8 for place in chosen(1000, 125)} == set(range(8))


class Told:
    """Clips whose brightness says what they are."""

    def __init__(self, pairs):
        self.pairs = pairs

    def about(self):
        return {"container": "none"}

    def __len__(self):
        return len(self.pairs)

    def labels(self):
        return self.pairs

    def clips(self):
        for number, pair in enumerate(self.pairs):
            yield Shown(str(number), np.full((4, 8, 8, 3), number, np.uint8), pair)


def sees(verdicts):
    """Eyes that name the pairs of a list, one clip after the other."""

    def look(clip):
        number = int((clip[0, 0, 0, 0, 0].item() + 1) * 127.5 + 0.5)
        action, scene = verdicts[number]
        logits = torch.zeros(1, len(ACTIONS) + len(SCENES))
        logits[0, ACTIONS.index(action)] = logits[0, len(ACTIONS) + SCENES.index(scene)] = 1
        return Look(torch.full((1, 2), float(number)), logits)

    return Eyes("stage-net", look, {}, whole=True)


def test_memory_holds_one_clip_at_a_time():
    alive = weakref.WeakSet()

    class Counted(Told):
        def clips(self):
            for shown in super().clips():
                assert len(alive) <= 1
                alive.add(owner := Owner(shown.frames))
                yield Shown(shown.name, owner, shown.labels)
                del owner, shown

    pairs = [(ACTIONS[0], SCENES[0])] * 20
    assert len(observe(Counted(pairs), [sees(pairs)], Window(4), "", CPU)) == 20


class Owner(np.ndarray):
    """An array that a weak set may hold."""

    def __new__(cls, frames):
        return frames.copy().view(cls)

    __hash__ = object.__hash__


def test_composition_counts_actions_scenes_and_both():
    a, b, s, t = ACTIONS[0], ACTIONS[1], SCENES[0], SCENES[1]
    wanted, named = [(a, s), (a, s), (b, t), (b, t)], [(a, s), (a, t), (b, t), (a, s)]
    seen = observe(Told(wanted), [sees(named)], Window(4), "", CPU)
    assert {name: found.tolist() for name, found in hits(seen, "stage-net").items()} == {
        "action": [True, True, True, False],
        "scene": [True, False, True, False],
        "joint": [True, False, True, False],
    }
    numbers = MEASURES["composition"].take(Sets(seen, None, None), "stage-net")
    assert numbers["action"].value == pytest.approx(0.75)
    assert numbers["joint"].error == pytest.approx(0.25)


def test_diversity_is_the_distance_within_prompts():
    a, s, t = ACTIONS[0], SCENES[0], SCENES[1]
    pairs = [(a, s), (a, t), (a, s), (a, t)]
    seen = observe(Told(pairs), [sees(pairs)], Window(4), "", CPU)
    number = MEASURES["diversity"].take(Sets(seen, None, None), "stage-net")[""]
    assert number.value == pytest.approx(2 * 2**0.5)


def test_a_copied_clip_is_found(real, tmp_path):
    copied = write(tmp_path / "copied", [disc(n) for n in range(0, 40, 2)])
    assert value(copied, real, "memorised", num=40).value == 1
    other = write(tmp_path / "other", [disc(n) for n in range(100, 120)])
    assert value(other, real, "memorised", num=40).value < 0.3


def test_a_folder_is_read_in_the_order_of_its_names(real):
    names = [shown.name for shown in FolderClips(real, 100).clips()]
    assert names == sorted(names)


def test_pairs_are_compared_by_name(real, tmp_path):
    few = write(tmp_path / "few", [disc(0), disc(1)])
    (row,) = evaluate(Job(str(few), real, metrics=["ssim"], device="cpu"))
    assert row.number.value == pytest.approx(1)
    assert row.card["equal_frames"] == 32
    with pytest.raises(UserError, match="psnr has no limit"):
        value(few, real, "psnr")
    swapped = write(tmp_path / "swapped", [disc(1), disc(0)])
    rows = evaluate(Job(str(swapped), real, metrics=["psnr", "ssim"], device="cpu"))
    assert rows[0].number.value < 30
    assert rows[1].number.value < 0.9
    assert rows[0].card["made"]["n"] == 2


def test_equal_frames_are_left_out_of_the_ratio(real, tmp_path):
    half = disc(0)
    half[8:] = disc(1)[8:]
    made = write(tmp_path / "made", [half, disc(5)])
    (made / "001.mp4").rename(made / "alone.mp4")
    (row,) = evaluate(Job(str(made), real, metrics=["psnr"], device="cpu"))
    assert row.number.value < 40
    assert row.card["made"]["without_partner"] == ["alone.mp4"]
    assert any("1 clips have no partner" in warning for warning in row.card["warnings"])


def test_lpips_looks_through_the_network_of_its_name(real, tmp_path, monkeypatch):
    monkeypatch.setenv("ANIMATIC_CACHE", str(tmp_path))
    with pytest.raises(UserError, match="animatic weights fetch lpips-vgg"):
        value(real, real, "lpips-vgg")
    save_file(Lpips("alex").state_dict(), tmp_path / "lpips.safetensors")
    with pytest.raises(UserError, match="lpips needs 35 pixels each way"):
        value(real, real, "lpips")
    large = write(tmp_path / "large", [disc(0, size=48)])
    assert value(large, large, "lpips").value == pytest.approx(0, abs=1e-6)
    (tmp_path / "lpips.safetensors").write_bytes(b"nothing")
    with pytest.raises(UserError, match="is damaged; fetch or add lpips again"):
        value(large, large, "lpips")


def test_pairs_that_do_not_match_are_refused(real, tmp_path):
    other = write(tmp_path / "other", [disc(0, size=48)])
    with pytest.raises(UserError, match=r"named 000\.mp4 differ: 16x48x48 and 16x32x32"):
        value(other, real, "psnr")
    (other / "000.mp4").rename(other / "x.mp4")
    with pytest.raises(UserError, match=r"no clip of .* has a partner"):
        value(other, real, "psnr")
    with pytest.raises(UserError, match="two folders"):
        value(other, None, "ssim")


def test_the_grid_shows_what_was_asked_for(tmp_path):
    from PIL import Image

    a, b, s, t = ACTIONS[0], ACTIONS[1], SCENES[0], SCENES[1]
    wanted, named = [(a, s), (a, s), (b, t), (b, t)], [(a, s), (a, t), (b, t), (a, s)]
    seen = observe(Told(wanted), [sees(named)], Window(4), "", CPU)
    paths = plot_composition(tmp_path, "validation", seen, "stage-net")
    assert [path.name for path in paths] == ["grid-validation.png", "confusion-validation.png"]
    for path in paths:
        assert np.asarray(Image.open(path)).std() > 10


def test_the_first_clips_stand_above_the_real_ones_nearest_to_them(real, tmp_path):
    copies = write(tmp_path / "made", [disc(7), disc(31), *(disc(n) for n in range(100, 110))])
    (tmp_path / "plots").mkdir()
    evaluate(Job(str(copies), real, metrics=["kvd-stage"], num=40, plots=tmp_path / "plots"))
    assert (tmp_path / "plots" / "nearest-all.png").is_file()
    made, known = FolderClips(copies), FolderClips(real)
    eyes = [stage_net(CPU)]
    sets = Sets(
        observe(made, eyes, Window(), "", CPU), observe(known, eyes, Window(), "", CPU), None
    )
    names = nearest_names(sets, "stage-net")
    assert [partner for _, partner, _ in names[:2]] == ["007.mp4", "031.mp4"]
    assert len(names) == 8


def test_subfolders_are_labels(tmp_path):
    action, scene = ACTIONS[0], SCENES[1]
    write(tmp_path / action / scene, [disc(0), disc(1)])
    assert {shown.labels for shown in FolderClips(tmp_path).clips()} == {(action, scene)}
    job = Job(str(tmp_path), metrics=["composition"], device="cpu")
    assert [row.metric for row in evaluate(job)][-1] == "composition joint"


def test_clips_of_other_lengths_are_not_seen_whole(real, tmp_path):
    short = write(tmp_path / "short", [disc(n, frames=12) for n in range(4)])
    with pytest.raises(UserError, match="theirs differ in frames: 12, 16"):
        value(short, real, "kvd-stage", window=Window(8))


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"out": Path("nowhere/a.json")}, "folder nowhere does not exist"),
        ({"sheet": Path("a.mp4")}, r"must end in \.png"),
        ({"plots": Path("nowhere")}, "folder nowhere does not exist"),
        ({"metrics": []}, "no metric"),
        ({"metrics": ["psnr"], "sheet": Path("a.png")}, "no picture belongs to psnr"),
    ],
)
def test_what_cannot_be_written_is_refused_first(real, more, line):
    with pytest.raises(UserError, match=line):
        evaluate(Job(str(real), real, **{"metrics": ["kvd-stage"], **more}))


def test_the_score_does_not_depend_on_the_order_of_a_folder():
    """Class by class, each of ten lots would hold one class only."""
    logits = torch.eye(10).repeat_interleave(20, 0) * 50

    def look(clip):
        number = int((clip[0, 0, 0, 0, 0].item() + 1) * 127.5 + 0.5)
        return Look(logits[number : number + 1], logits[number : number + 1])

    pairs = [(ACTIONS[0], SCENES[0])] * 200
    seen = observe(Told(pairs), [Eyes("i3d", look, {}, whole=False)], Window(4), "", CPU)
    assert MEASURES["is"].take(Sets(seen, None, None), "i3d")[""].value > 7


def test_few_clips_of_a_prompt_are_refused_before_any_is_made():
    with pytest.raises(UserError, match="several prompts; raise --num"):
        evaluate(Job("t2v", metrics=["diversity"], num=113))


def test_probes_judge_by_real_clips_that_are_not_counted():
    """Features that tell the pairs apart let a probe name them; others do not."""
    pairs = [(ACTIONS[i % 2], SCENES[i // 2 % 2]) for i in range(40)]

    def telling(clip):
        number = int((clip[0, 0, 0, 0, 0].item() + 1) * 127.5 + 0.5)
        features = torch.tensor([[number % 2, number // 2 % 2]]).float()
        return Look(features, features)

    eyes = Eyes("i3d", telling, {}, whole=False)
    seen = observe(Told(pairs), [eyes], Window(4), "", CPU)
    other = observe(Told(pairs[::-1]), [eyes], Window(4), "", CPU)
    measure = MEASURES["composition-i3d"]
    good = measure.take(Sets(seen, seen, seen), "i3d")
    assert good["joint"].value == good["joint"].floor == 1
    assert measure.take(Sets(other, seen, seen), "i3d")["action"].value == 0
    with pytest.raises(UserError, match="composition-i3d needs real clips that are not counted"):
        measure.check("composition-i3d", Told(pairs), Told(pairs), None)


def test_what_clips_should_show_must_be_known_before_any_is_looked_at(real, tmp_path, monkeypatch):
    def look(*_):
        raise AssertionError("too late")

    monkeypatch.setattr(run, "observe", look)
    made = write(tmp_path / ACTIONS[0] / SCENES[0], [disc(n) for n in range(100, 104)])
    for what, against in ((tmp_path, real), (real, None)):
        with pytest.raises(UserError, match="whose action and scene are known"):
            value(what, against, "composition")
    with pytest.raises(UserError, match="kvd-stage needs 3 clips at least, not 2"):
        value(made, real, "kvd-stage", num=2)


def test_the_classes_of_kinetics_are_asked_as_groups():
    a, b = ACTIONS[0], ACTIONS[1]

    def look(clip):
        logits = torch.zeros(1, 400)
        logits[0, 399] = 9  # no action of Stage
        logits[0, KINETICS[a][-1]] = 1
        return Look(logits, logits)

    seen = observe(
        Told([(a, SCENES[0]), (b, SCENES[0])]), [Eyes("i3d", look, {}, False)], Window(4), "", CPU
    )
    assert MEASURES["kinetics"].take(Sets(seen, None, None), "i3d")["action"].value == 0.5
    assert set(KINETICS) == set(ACTIONS)


def painter(mixes):
    """Make clips whose pixels say the pair; `mixes` lets the action follow the scene."""

    def paint(pair, seed):
        action, scene = ACTIONS.index(pair[0]), SCENES.index(pair[1])
        return np.full((4, 8, 8, 3), (scene if mixes else action) * 8 + scene, np.uint8)

    return paint


@pytest.mark.parametrize("mixes", [False, True])
def test_a_model_that_mixes_its_factors_is_found_out(mixes):
    def look(clip):
        number = int((clip[0, 0, 0, 0, 0].item() + 1) * 127.5 + 0.5)
        logits = torch.zeros(1, len(ACTIONS) + len(SCENES))
        logits[0, number // 8] = logits[0, len(ACTIONS) + number % 8] = 1
        return Look(logits, logits)

    numbers, card = counterfactual(
        painter(mixes),
        "heldout",
        16,
        Eyes("stage-net", look, {}, whole=True),
        with_real=False,
        device=CPU,
    )
    values = {name: number.value for name, number in numbers.items()}
    assert values["scene follows"] == values["scene stays"] == 1
    assert values["action stays"] == (0 if mixes else 1)
    assert values["action follows"] < 0.3 if mixes else values["action follows"] == 1
    assert card["made"]["n"] == 16
