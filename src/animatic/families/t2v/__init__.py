"""Text to video in two stages: a sketch of every frame, then details.

Source: Li, Min, Shen, Carlson, Carin 2018, arXiv:1710.00421.
"""

from animatic.contracts import Critic, Engine, Family, Learner, Sampler, Tools
from animatic.families.t2v.gist.config import GIST_PRESETS, GistConfig
from animatic.families.t2v.gist.learner import GistLearner
from animatic.families.t2v.gist.sampler import GistCritic, GistSampler
from animatic.families.t2v.sketch.config import SKETCH_PRESETS, SketchConfig
from animatic.families.t2v.sketch.learner import SketchLearner
from animatic.families.t2v.sketch.sampler import SketchCritic, SketchSampler
from animatic.types import Weights

Config = SketchConfig | GistConfig


def learner(config: Config, engine: Engine, tools: Tools) -> Learner:
    """Return the learner of a configuration."""
    if isinstance(config, GistConfig):
        return GistLearner(config, engine, tools)
    return SketchLearner(config, engine, tools)


def sampler(config: Config, weights: Weights, tools: Tools) -> Sampler:
    """Return the sampler of a configuration."""
    if isinstance(config, GistConfig):
        return GistSampler(config, weights, tools)
    return SketchSampler(config, weights, tools)


def critic(config: Config, weights: Weights, tools: Tools) -> Critic:
    """Return the critic of a configuration."""
    if isinstance(config, GistConfig):
        return GistCritic(config, weights, tools)
    return SketchCritic(config, weights, tools)


FAMILY = Family(
    name="t2v",
    summary="words to a clip: a sketch of every frame, then details",
    source="Li et al. 2018, arXiv:1710.00421",
    configs=(SketchConfig, GistConfig),
    presets={**SKETCH_PRESETS, **GIST_PRESETS},
    learner=learner,
    sampler=sampler,
    critic=critic,
)
