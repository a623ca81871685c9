"""The folder of one training run: what it is, where it stands, and what it looks like.

run.json             family, configuration, data, seed: what the run is
state.pt             networks, optimisers and the step, to resume
model.safetensors    averaged weights, to use, with model.json beside
log.jsonl            losses, one line a report
samples/             grids of generated clips
events.*             TensorBoard
"""

import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from animatic.errors import UserError
from animatic.storage.atomic import replacing, write_text


class RunFolder:
    """Reads and writes the files of a run. Every file appears whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.model_path = path / "model.safetensors"
        self.samples_path = path / "samples"
        self._state_path = path / "state.pt"
        self._about_path = path / "run.json"

    def about(self) -> dict[str, Any]:
        """Return what a run wrote of itself; nothing of a new one."""
        return json.loads(self._about_path.read_text()) if self._about_path.exists() else {}

    def open(self, about: Mapping[str, Any]) -> None:
        """Begin a run, or go on with the same one.

        Raises:
            UserError: if another run lives in the folder, or it cannot be written.
        """
        about = json.loads(json.dumps(about))
        former = self.about()
        if former:
            self._compare(former, about)
            return
        try:
            self.samples_path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"cannot make the run folder {self.path}: {error.strerror}") from error
        write_text(self._about_path, json.dumps(about, indent=2) + "\n")

    def save_state(self, step: int, learner: Mapping[str, Any]) -> None:
        """Replace the state from which a run resumes; the old one stays until this is whole.

        Raises:
            UserError: if it cannot be written, as on a full disk.
        """
        with replacing(self._state_path) as unfinished:
            torch.save({"step": step, "learner": learner}, unfinished)

    def load_state(self) -> tuple[int, Mapping[str, Any]] | None:
        """Return the number of finished steps and the learner's state, or None for a new run.

        Raises:
            UserError: if the state is damaged.
        """
        if not self._state_path.exists():
            return None
        try:
            state = torch.load(self._state_path, map_location="cpu", weights_only=True)
        except (RuntimeError, EOFError, pickle.UnpicklingError, OSError) as error:
            raise UserError(f"{self._state_path} is damaged; remove it to start again") from error
        return state["step"], state["learner"]

    def _compare(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        for name in sorted(set(old) | set(new)):
            if old.get(name) != new.get(name):
                raise UserError(
                    f"{self.path} holds another run: its {name} is {_brief(old.get(name))}, not "
                    f"{_brief(new.get(name))}; give another --out"
                )


def append_log(folder: Path, row: Mapping[str, float | int]) -> None:
    """Append one report of losses to a run's log."""
    with (folder / "log.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")


def _brief(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
