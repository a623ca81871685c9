"""Plans are balanced, training never sees a held-out pair, and twins differ in one thing."""

from collections import Counter

import pytest

from animatic.data.stage.phrases import ACTION_PHRASES, SCENE_PHRASES
from animatic.data.stage.splits import HELD_OUT, PAIRS, SEEN, counterfactuals, plan
from animatic.errors import UserError


def pairs_of(jobs, *splits):
    return Counter((job.action, job.scene) for job in jobs if job.split in splits)


def test_each_action_is_held_out_once_and_each_scene_twice():
    assert Counter(action for action, _ in HELD_OUT) == dict.fromkeys(ACTION_PHRASES, 1)
    assert Counter(scene for _, scene in HELD_OUT) == dict.fromkeys(SCENE_PHRASES, 2)


def test_the_two_famous_pairs_are_held_out():
    assert {("golf", "pool"), ("sailing", "snow")} <= HELD_OUT


@pytest.mark.parametrize(
    "pair", [("swimming", "pool"), ("golf", "grass"), ("skiing", "snow"), ("hockey", "ice")]
)
def test_plausible_pairs_are_seen(pair):
    assert pair in SEEN


def test_seen_and_held_out_pairs_are_all_pairs():
    assert len(PAIRS) == 128
    assert set(SEEN) | HELD_OUT == set(PAIRS)
    assert not set(SEEN) & HELD_OUT


@pytest.mark.parametrize("num_clips", [1, 30, 1000, 20_000])
def test_training_and_validation_never_see_a_held_out_pair(num_clips):
    jobs = plan(num_clips)
    assert len(jobs) == num_clips
    assert not set(pairs_of(jobs, "train", "validation")) & HELD_OUT
    assert set(pairs_of(jobs, "heldout")) <= HELD_OUT


def test_pairs_are_balanced_in_every_split():
    jobs = plan(20_000)
    for splits, pairs in (
        (("train", "validation"), SEEN),
        (("train",), SEEN),
        (("validation",), SEEN),
        (("heldout",), HELD_OUT),
    ):
        counts = pairs_of(jobs, *splits)
        assert set(counts) == set(pairs)
        assert max(counts.values()) - min(counts.values()) <= 1 + (splits == ("train",))


def test_splits_have_their_shares():
    counts = Counter(job.split for job in plan(20_000))
    assert counts["heldout"] == 800
    assert counts["validation"] == pytest.approx(19_200 / 20, rel=0.02)


def test_a_small_plan_shows_every_action_and_scene():
    counts = pairs_of(plan(60), "train")
    assert {action for action, _ in counts} == set(ACTION_PHRASES)
    assert {scene for _, scene in counts} == set(SCENE_PHRASES)


def test_a_larger_plan_begins_with_the_smaller_one():
    assert plan(500)[:200] == plan(200)


def test_keys_and_seeds_are_unique_and_apart_from_the_counterfactuals():
    jobs = [*plan(2000), *(job for twins in counterfactuals(50) for job in twins)]
    planned = {job.seed for job in jobs if job.split != "counterfactual"}
    assert len({job.key for job in plan(2000)}) == len(planned) == 2000
    assert not planned & {job.seed for job in jobs if job.split == "counterfactual"}


def test_other_seeds_show_the_same_pairs():
    first, second = plan(100), plan(100, first_seed=7000)
    assert [job.key for job in first] == [job.key for job in second]
    assert [job.seed + 7000 for job in first] == [job.seed for job in second]


def test_counterfactual_twins_share_a_seed_and_differ_in_one_thing():
    for index, (first, second) in enumerate(counterfactuals(40)):
        assert first.seed == second.seed
        assert (first.action != second.action) == (index % 2 == 1)
        assert (first.scene != second.scene) == (index % 2 == 0)
        assert not {(first.action, first.scene), (second.action, second.scene)} & HELD_OUT


@pytest.mark.parametrize(("num_clips", "first_seed"), [(0, 0), (-3, 0), (10, -1), (10, 1 << 32)])
def test_impossible_plans_are_refused(num_clips, first_seed):
    with pytest.raises(UserError, match=r"give"):
        plan(num_clips, first_seed)
