"""Class-conditional video synthesis with a spatial and a temporal discriminator.

Source: Clark, Donahue, Simonyan 2019, arXiv:1907.06571.
"""

from animatic.contracts import Family
from animatic.families.dvd_gan.config import PRESETS, DvdGanConfig
from animatic.families.dvd_gan.learner import DvdGanLearner
from animatic.families.dvd_gan.memory import training_bytes
from animatic.families.dvd_gan.sampler import DvdGanCritic, DvdGanSampler

FAMILY = Family(
    name="dvd_gan",
    summary="a class to a clip, or first frames to what follows: recurrence at every resolution",
    source="Clark et al. 2019, arXiv:1907.06571",
    configs=(DvdGanConfig,),
    presets=PRESETS,
    learner=DvdGanLearner,
    sampler=DvdGanSampler,
    critic=DvdGanCritic,
    training_bytes=training_bytes,
)
