"""Pixel by pixel in subscale slices, with a likelihood.

Source: Weissenborn et al. 2020, arXiv:1906.02634.
"""

from animatic.contracts import Family
from animatic.families.video_transformer.coder import VideoTransformerCoder
from animatic.families.video_transformer.config import PRESETS, VideoTransformerConfig
from animatic.families.video_transformer.learner import VideoTransformerLearner
from animatic.families.video_transformer.likelihood import VideoTransformerLikelihood
from animatic.families.video_transformer.memory import training_bytes
from animatic.families.video_transformer.sampler import VideoTransformerSampler

FAMILY = Family(
    name="video_transformer",
    summary="first frames to what follows, pixel by pixel in slices, with a likelihood",
    source="Weissenborn et al. 2020, arXiv:1906.02634",
    configs=(VideoTransformerConfig,),
    presets=PRESETS,
    learner=VideoTransformerLearner,
    sampler=VideoTransformerSampler,
    critic=None,
    likelihood=VideoTransformerLikelihood,
    coder=VideoTransformerCoder,
    training_bytes=training_bytes,
)
