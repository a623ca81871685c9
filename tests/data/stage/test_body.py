"""A seed keeps its person in any clothes, and skinning bends the body with its bones."""

import dataclasses

import numpy as np
import pytest

from animatic.data.stage.anatomy import figure_of, strongest
from animatic.data.stage.assets import load_pack
from animatic.data.stage.body import ADULT_HEIGHT_M, CHILD_HEIGHT_M, cast_person
from animatic.data.stage.geometry import about_y, vector
from animatic.data.stage.looks import Outfit
from animatic.data.stage.random_streams import Stream
from animatic.data.stage.skeleton import HEAD, LEFT_FOREARM, LEFT_HAND, NUM_SEGMENTS


@pytest.fixture(scope="module")
def pack():
    return load_pack()


def cast(pack, seed, outfit=Outfit.SPORT, **options):
    return cast_person(Stream(seed, "actor"), pack, outfit, **options)


def face_of(person, pack):
    """Return the colours of the vertices at the front of the head, which no clothes cover."""
    weights = pack.bodies["lodW_lo"]
    front = person.rest.vertices[:, 2] > person.skeleton.joints[HEAD, 2] + 0.03
    low = person.rest.vertices[:, 1] < person.skeleton.joints[HEAD, 1] + 0.1
    return person.rest.colours[(weights.argmax(1) == HEAD) & front & low]


@pytest.mark.parametrize("seed", range(5))
def test_an_outfit_changes_neither_body_nor_skin_nor_colours(pack, seed):
    first = cast(pack, seed)
    for outfit in Outfit:
        other = cast(pack, seed, outfit, helmet_share=1.0)
        assert other.wardrobe == first.wardrobe
        assert other.height_m == first.height_m
        np.testing.assert_array_equal(other.skeleton.joints, first.skeleton.joints)
        np.testing.assert_array_equal(face_of(other, pack), face_of(first, pack))
        assert np.abs(other.rest.vertices - first.rest.vertices).max() < 0.05


def test_people_are_as_tall_as_people(pack):
    for seed in range(60):
        person = cast(pack, seed)
        low, high = CHILD_HEIGHT_M if person.age == "child" else ADULT_HEIGHT_M
        assert low <= person.height_m <= high
        tall = np.ptp(person.posed(person.skeleton.neutral()).vertices[:, 1])
        assert tall == pytest.approx(person.height_m, abs=0.06)


def test_swimmers_without_a_top_have_no_shirt_colour(pack):
    swimmers = [cast(pack, seed, Outfit.SWIMWEAR) for seed in range(60)]
    bare = [p for p in swimmers if p.shirt_colour is None]
    assert 10 < len(bare) < 45
    assert all(p.gender == "male" for p in bare)
    assert all(cast(pack, seed).shirt_colour is not None for seed in range(20))


def test_the_shirt_colour_is_what_most_of_the_chest_shows(pack):
    for seed in range(20):
        person = cast(pack, seed)
        shown = (person.rest.colours == person.shirt_colour).all(axis=1).mean()
        assert shown > 0.1


def test_a_helmet_is_worn_by_the_share_that_wears_one(pack):
    def wears(seed, share):
        person = cast(pack, seed, helmet_share=share)
        return bool((person.rest.colours == person.wardrobe.helmet).all(axis=1).any())

    assert all(wears(seed, 1.0) for seed in range(10))
    assert not any(wears(seed, 0.0) for seed in range(10))


def test_skinning_agrees_with_a_plain_sum_over_segments(pack):
    person = cast(pack, 3)
    pose = person.skeleton.neutral().placed(about_y(0.5), vector(0.1, 0.2, 0.3))
    turns = pose.rotations @ person.straightening
    away = person.rest.vertices[:, None] - person.skeleton.joints[None, :NUM_SEGMENTS]
    moved = np.einsum("bij,nbj->nbi", turns, away) + pose.origins
    weights = np.zeros((len(away), NUM_SEGMENTS))
    np.put_along_axis(weights, person.influences, person.weights, axis=1)
    expected = (weights[:, :, None] * moved).sum(1)
    np.testing.assert_allclose(person.posed(pose).vertices, expected, atol=1e-9)


def test_a_turned_head_turns_only_the_head(pack):
    person = cast(pack, 4)
    pose = person.skeleton.neutral()
    still = person.posed(pose).vertices
    pose.rotations[HEAD] = about_y(0.8)
    moved = np.linalg.norm(person.posed(pose).vertices - still, axis=1)
    head = pack.bodies["lodW_lo"][:, HEAD]
    assert moved[head > 0.9].max() > 0.03
    assert moved[head < 0.01].max() < 1e-3


def test_normals_have_length_one_in_any_pose(pack):
    person = cast(pack, 5)
    sizes = np.linalg.norm(person.posed(person.skeleton.neutral()).normals, axis=1)
    np.testing.assert_allclose(sizes, 1.0, atol=1e-6)


def test_four_segments_carry_nearly_all_the_weight(pack):
    weights = pack.bodies["lodW_lo"].astype(np.float64)
    segments, kept = strongest(weights)
    assert np.take_along_axis(weights, segments, axis=1).sum(1).min() > 0.9
    np.testing.assert_allclose(kept.sum(1), 1.0)


def test_the_detailed_body_is_the_same_person(pack):
    low, high = cast(pack, 6), cast(pack, 6, detail="high")
    assert len(high.rest.vertices) > 2 * len(low.rest.vertices)
    assert dataclasses.asdict(high.wardrobe) == dataclasses.asdict(low.wardrobe)
    np.testing.assert_allclose(high.skeleton.joints, low.skeleton.joints, atol=0.01)


def test_along_a_limb_counts_from_its_joint_to_its_end(pack):
    figure = figure_of(pack, 0, 1.75, "low")
    near_hand = figure.along(LEFT_FOREARM)[figure.segments() == LEFT_HAND]
    assert near_hand.mean() > 0.9
