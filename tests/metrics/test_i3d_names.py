"""The port of the FVD's network names real clips rightly.

Runs where the weights were fetched (`animatic weights fetch i3d`) and ANIMATIC_REAL_CLIPS is the
unpacked Debian source of pytorch-vision 0.14.1, which carries a few clips of UCF-101, HMDB-51 and
Kinetics.
"""

import os
from pathlib import Path

import pytest
import torch

from animatic.metrics.i3d import I3D
from animatic.pipelines.weights import load_weights, weights_path
from animatic.storage.codec import read_video
from animatic.types import to_clip

CLIPS = os.environ.get("ANIMATIC_REAL_CLIPS", "")

pytestmark = pytest.mark.skipif(
    not (CLIPS and weights_path("i3d").is_file()), reason="no real clips or no weights here"
)

NAMES = {
    "R6llTwEh07w.mp4": {"using segway": 375},
    "SOX5yA1l24A.mp4": {"using segway": 375},
    "v_SoccerJuggling_g23_c01.avi": {"juggling soccer ball": 171},
    "v_SoccerJuggling_g24_c01.avi": {"juggling soccer ball": 171},
    "basketball.mp4": {"dunking basketball": 107},
    "hmdb51_Turnk_r_Pippi_Michel_cartwheel_f_cm_np2_le_med_6.avi": {
        "cartwheeling": 45,
        "gymnastics tumbling": 147,
    },
}


@pytest.mark.parametrize("name", NAMES)
def test_a_real_clip_is_named(name):
    net = I3D()
    net.load_state_dict(load_weights("i3d"))
    (path,) = Path(CLIPS).rglob(name)
    clip = to_clip(read_video(path, 32, (224, 224), 25.0).frames)[None]
    with torch.inference_mode():
        named = net.eval()(clip).argmax().item()
    assert named in NAMES[name].values()
