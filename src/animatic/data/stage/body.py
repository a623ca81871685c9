"""A person: a body, sized and dressed, that linear blend skinning bends to any pose."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from animatic.data.stage.anatomy import Detail, figure_of, straightening, strongest
from animatic.data.stage.assets import Pack
from animatic.data.stage.kernels.compiler import compiled
from animatic.data.stage.looks import CUTS, Outfit, Wardrobe, fill_wardrobe
from animatic.data.stage.mesh import Colour, Mesh
from animatic.data.stage.random_streams import Stream
from animatic.data.stage.skeleton import NUM_SEGMENTS, Pose, Skeleton
from animatic.data.stage.tailor import dress

CHILD_HEIGHT_M = (1.20, 1.45)
ADULT_HEIGHT_M = (1.58, 1.90)


@dataclass(frozen=True, eq=False)
class Person:
    """A dressed body with its skeleton.

    `shirt_colour` is None where the chest is bare. `rest` is the body as it was modelled, with half
    raised arms; `straightening` lets its limbs hang.
    """

    gender: str
    age: str
    race: str
    height_m: float
    skeleton: Skeleton
    wardrobe: Wardrobe
    shirt_colour: Colour | None
    rest: Mesh
    straightening: Float[np.ndarray, "16 3 3"]
    influences: Int[np.ndarray, "n 4"]
    weights: Float[np.ndarray, "n 4"]

    def posed(self, pose: Pose) -> Mesh:
        """Return the surface of the body in a pose.

        Source: linear blend skinning; each vertex moves as the weighted mean of its segments.
        """
        vertices, normals = np.empty_like(self.rest.vertices), np.empty_like(self.rest.normals)
        motions = np.empty((NUM_SEGMENTS, 3, 4))
        _skin(
            (self.rest.vertices, self.rest.normals, self.influences, self.weights),
            (pose.rotations, self.straightening, pose.origins, self.skeleton.joints),
            motions,
            vertices,
            normals,
        )
        return Mesh(vertices, self.rest.faces, self.rest.colours, normals)


def cast_person(
    stream: Stream,
    pack: Pack,
    outfit: Outfit,
    helmet_share: float = 0.0,
    detail: Detail = "low",
) -> Person:
    """Draw a person and dress them.

    The same numbers are drawn whatever the outfit, so that a seed keeps its person in any action.

    Args:
        stream: the actor's random numbers.
        pack: where the bodies are.
        outfit: what the action is done in.
        helmet_share: how many people in a hundredth part wear a helmet for it.
        detail: "low" has 1,802 vertices, "high" 4,502.
    """
    kinds = pack.bodies["bodymeta"]
    index = stream.integer(len(kinds))
    gender, age, race = str(kinds[index]).split(",")
    height = stream.uniform(*(CHILD_HEIGHT_M if age == "child" else ADULT_HEIGHT_M))
    wardrobe = fill_wardrobe(stream, gender, age, race)
    figure = figure_of(pack, index, height, detail)
    cut = CUTS[outfit]
    bare_chest = outfit == Outfit.SWIMWEAR and not wardrobe.keeps_top
    shirt = wardrobe.suit if cut.one_piece else wardrobe.shirt
    influences, weights = strongest(figure.weights)
    return Person(
        gender=gender,
        age=age,
        race=race,
        height_m=height,
        skeleton=Skeleton(figure.joints),
        wardrobe=wardrobe,
        shirt_colour=None if bare_chest else shirt,
        rest=dress(figure, wardrobe, cut, bare_chest, wardrobe.helmet_for(helmet_share)),
        straightening=straightening(figure.joints),
        influences=influences,
        weights=weights,
    )


@compiled
def _skin(surface, bones, motions, vertices, normals):
    """Move vertices; sums run in a fixed order, so no processor or library changes a bit."""
    rest_vertices, rest_normals, influences, weights = surface
    _find_motions(bones, motions)
    blend = np.empty((3, 4))
    for i in range(len(vertices)):
        blend[:] = 0.0
        for k in range(influences.shape[1]):
            if weights[i, k] == 0.0:
                continue
            motion = motions[influences[i, k]]
            for j in range(3):
                for column in range(4):
                    blend[j, column] += weights[i, k] * motion[j, column]
        x, y, z = rest_vertices[i, 0], rest_vertices[i, 1], rest_vertices[i, 2]
        nx, ny, nz = rest_normals[i, 0], rest_normals[i, 1], rest_normals[i, 2]
        square = 0.0
        for j in range(3):
            vertices[i, j] = blend[j, 0] * x + blend[j, 1] * y + blend[j, 2] * z + blend[j, 3]
            normals[i, j] = blend[j, 0] * nx + blend[j, 1] * ny + blend[j, 2] * nz
            square += normals[i, j] * normals[i, j]
        normals[i] /= np.sqrt(square) + 1e-12


@compiled
def _find_motions(bones, motions):
    """Write each segment's motion from the modelled body to the pose: a turn, then a shift."""
    rotations, straight, origins, joints = bones
    for b in range(NUM_SEGMENTS):
        for i in range(3):
            for j in range(3):
                motions[b, i, j] = (
                    rotations[b, i, 0] * straight[b, 0, j]
                    + rotations[b, i, 1] * straight[b, 1, j]
                    + rotations[b, i, 2] * straight[b, 2, j]
                )
            motions[b, i, 3] = origins[b, i] - (
                motions[b, i, 0] * joints[b, 0]
                + motions[b, i, 1] * joints[b, 1]
                + motions[b, i, 2] * joints[b, 2]
            )
