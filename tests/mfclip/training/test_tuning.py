"""What moves: frozen text, norms, low-rank updates; and clip-b16 with open_clip's shapes, whole."""

import dataclasses
import json
import subprocess
import sys

import pytest
import torch

from mfclip.config import CLIP_B16, TINY
from mfclip.convert import TRUNK
from mfclip.errors import CheckpointError
from mfclip.hub import read_checkpoint, write_checkpoint
from mfclip.model import MFCLIP
from mfclip.training.start import open_clip_towers, starting_model
from mfclip.training.tuning import TOWER_RATES, TRUNK_RATE, merged, parameter_groups, tune
from mfclip.training.variants import variant
from tests.mfclip.training.made_up import SHORT, make_caches, narrow

SMALL_CLIP = dataclasses.replace(
    CLIP_B16,
    embed_dim=32,
    text=dataclasses.replace(CLIP_B16.text, width=32, layers=1, heads=2),
    image=dataclasses.replace(CLIP_B16.image, width=32, layers=2, heads=2),
    noise=dataclasses.replace(CLIP_B16.noise, stem=(4, 4, 8, 16), width=16, layers=1, heads=2),
)


def recipe(tuned: str):
    return dataclasses.replace(SHORT, tune=tuned)


@pytest.fixture
def model():
    torch.manual_seed(1)
    return MFCLIP(SMALL_CLIP)


@pytest.fixture
def faces():
    return torch.randint(
        0, 256, (2, 224, 224, 3), generator=torch.Generator().manual_seed(0), dtype=torch.uint8
    )


def moving(model: MFCLIP, part: str = "") -> set[str]:
    return {name for name, value in model.named_parameters() if value.requires_grad and name.startswith(part)}


def test_norms_move_what_normalises_and_places(model):
    tune(model, recipe("norms"))
    tower = "image.tower."
    moved = {name.removeprefix(tower) for name in moving(model, tower)}
    fixed = {
        name.removeprefix(tower) for name, _ in model.named_parameters() if name.startswith(tower)
    } - moved
    assert {"class_embedding", "positional_embedding", "proj", "ln_pre.weight", "ln_post.bias"} <= moved
    assert all("ln_" in name for name in moved - {"class_embedding", "positional_embedding", "proj"})
    assert not any("ln_" in name for name in fixed) and "conv1.weight" in fixed
    for part in ("noise.", "head.", "predictor.", "alignment."):
        assert moving(model, part) == {name for name, _ in model.named_parameters() if name.startswith(part)}


def test_low_rank_updates_begin_as_nothing_and_are_merged_into_plain_weights(model, faces):
    plain = {key: value.clone() for key, value in model.state_dict().items()}
    model.eval()
    before = model.encode_faces(faces).image
    tune(model, recipe("lora"))
    assert torch.allclose(model.encode_faces(faces).image, before, atol=1e-6)
    moved = moving(model, "image.tower.")
    assert moved and all("lora_" in name or "parametrizations.in_proj_weight.0" in name for name in moved)
    optimiser = torch.optim.SGD(parameter_groups(model, recipe("lora")), 1.0)
    for _ in range(2):  # the outer factor first, which is zero; then the inner one has a gradient too
        optimiser.zero_grad()
        model.encode_faces(faces).image.square().sum().backward()
        assert all(value.grad is not None for name, value in model.named_parameters() if name in moved)
        for group in optimiser.param_groups:
            group["lr"] = 0.05
        optimiser.step()
    after = model.encode_faces(faces).image
    assert (after - before).abs().max() > 1e-3
    again = merged(model)
    assert set(again.state_dict()) == set(plain)
    assert torch.allclose(again.encode_faces(faces).image, after, atol=1e-5)
    changed = {key for key, value in plain.items() if not torch.equal(value, again.state_dict()[key])}
    assert {key.rpartition("resblocks.")[2].partition(".")[2] for key in changed if "tower" in key} == {
        "attn.in_proj_weight",
        "attn.out_proj.weight",
        "mlp.c_fc.weight",
        "mlp.c_proj.weight",
    }
    assert moving(model, "image.tower.") == moved, "the model that is trained on stays as it was"


def test_a_pretrained_tower_moves_at_its_own_rate(model):
    for tuned, share in TOWER_RATES.items():
        torch.manual_seed(1)
        model = MFCLIP(SMALL_CLIP)
        tune(model, recipe(tuned))
        groups = parameter_groups(model, recipe(tuned))
        rates = {"image": share, "language": TOWER_RATES["norms"]}
        of_tower = {
            id(value): rates[name.partition(".")[0]]
            for name, value in model.named_parameters()
            if name.partition(".")[2].startswith("tower.")
        }
        for group in groups:
            inside = {of_tower.get(id(value), 1) for value in group["params"]}
            assert len(inside) == 1
            assert group["lr"] == pytest.approx(SHORT.learning_rate * inside.pop())


def test_a_pretrained_text_tower_that_is_trained_whole_moves_as_slowly_as_a_whole_image_tower(model):
    trained = dataclasses.replace(recipe("norms"), text="trained")
    tune(model, trained)
    block = model.language.tower.transformer.resblocks[0].mlp.c_fc.weight
    (rate,) = (g["lr"] for g in parameter_groups(model, trained) if any(p is block for p in g["params"]))
    assert rate == pytest.approx(SHORT.learning_rate * TOWER_RATES["all"])


def test_late_moves_the_later_half_of_a_tower(model):
    tune(model, recipe("late"))
    tower = "image.tower."
    moved = {name.removeprefix(tower) for name in moving(model, tower)}
    blocks = {name for name, _ in model.image.tower.named_parameters() if name.startswith("transformer")}
    assert moved & blocks == {name for name in blocks if "resblocks.1." in name}
    assert moved - blocks == {"ln_post.weight", "ln_post.bias", "proj"}


def test_late_moves_what_mixes_channels_on_a_trunk_s_last_grid_at_its_own_rate():
    trunk = dataclasses.replace(TINY.image, stem=(4, 4, 4, 4, 4, 4), width=16, layers=1, heads=2)
    model = MFCLIP(dataclasses.replace(TINY, image=trunk))
    tune(model, recipe("late"))
    blocks = {name.removeprefix(TRUNK).rpartition(".")[0] for name in moving(model, TRUNK)}
    assert blocks == {f"blocks.{number}.{part}" for number in range(6, 11) for part in ("expand", "project")}
    for part in ("image.stem.1.", "image.grid.", "noise."):
        assert moving(model, part) == {name for name, _ in model.named_parameters() if name.startswith(part)}
    of_trunk = {id(value) for name, value in model.named_parameters() if name.startswith(TRUNK)}
    for group in parameter_groups(model, recipe("late")):
        inside = {id(value) in of_trunk for value in group["params"]}
        assert group["lr"] == pytest.approx(SHORT.learning_rate * (TRUNK_RATE if inside.pop() else 1))
        assert not inside, "trunk and the rest do not share a group"


def test_late_on_a_network_from_scratch_trains_all_of_it(tmp_path):
    model = MFCLIP(narrow(*make_caches(tmp_path)))
    tune(model, recipe("late"))
    assert moving(model, "image.") == {
        name for name, _ in model.named_parameters() if name.startswith("image.")
    }


def test_only_a_pretrained_tower_can_be_tuned_in_part(tmp_path):
    model = MFCLIP(narrow(*make_caches(tmp_path)))
    for tuned in ("norms", "lora"):
        with pytest.raises(ValueError, match="has no pretrained image tower; use tune 'all' or 'late'"):
            tune(model, recipe(tuned))


def test_a_tower_or_checkpoint_of_other_shapes_is_refused_in_a_sentence(model, tmp_path):
    config = narrow(*make_caches(tmp_path))
    with pytest.raises(CheckpointError, match="distilled text tower does not fit configuration 'tiny'"):
        starting_model(config, 0, tower={"text_projection": torch.zeros(2, 2)})
    other = dataclasses.replace(SMALL_CLIP, embed_dim=16)
    write_checkpoint(tmp_path / "other", other.to_dict(), MFCLIP(other).state_dict(), "card")
    with pytest.raises(
        CheckpointError, match="has features of 16 numbers and configuration 'clip-b16' of 32"
    ):
        starting_model(SMALL_CLIP, 0, checkpoint=read_checkpoint(tmp_path / "other"))


def test_parts_that_a_variant_makes_otherwise_stay_fresh(model, tmp_path):
    write_checkpoint(tmp_path / "full", SMALL_CLIP.to_dict(), model.state_dict(), "card")
    checkpoint = read_checkpoint(tmp_path / "full")
    begun, origin = starting_model(variant("no-gate", SMALL_CLIP), 0, checkpoint=checkpoint)
    assert origin is not None and origin["fresh"] == ["alignment"]
    ours = begun.state_dict()
    assert not any(key.startswith("alignment.") for key in ours)
    assert all(torch.equal(value, model.state_dict()[key]) for key, value in ours.items())


def test_a_file_that_holds_no_clip_weights_is_refused(tmp_path):
    (tmp_path / "weights.pt").write_bytes(b"none")
    with pytest.raises(CheckpointError, match="were not loaded"):
        open_clip_towers(str(tmp_path / "weights.pt"))
    with pytest.raises(ValueError, match="is neither a file nor pretrained weights that open_clip has"):
        open_clip_towers("openay")


WHOLE = """
import dataclasses, json, resource, sys
from pathlib import Path
import open_clip, torch
torch.set_num_threads(1)
from mfclip.config import CLIP_B16
from mfclip.data.held_out import Batch
from mfclip.data.cache import Entry
from mfclip.hub import read_checkpoint, write_checkpoint
from mfclip.detector import build_model
from mfclip.prompts import describe_forgery, describe_real
from mfclip.training.loop import Run
from mfclip.training.recipes import Recipe
from mfclip.training.start import starting_model

folder = Path(sys.argv[1])
clip = open_clip.create_model("ViT-B-16-quickgelu")
recipe = Recipe(name="clip", steps=4, reals=1, pairs=1, forgeries=0, tune=sys.argv[2], paraphrases=0.0, precision="no")
model, _ = starting_model(CLIP_B16, 0, clip=clip)
before = clip.visual.transformer.resblocks[0].attn.in_proj_weight.detach().clone()
assert torch.equal(model.image.tower.transformer.resblocks[0].attn.in_proj_weight, before)
del clip
run = Run(model, recipe, folder / "run")
rows = describe_real(), describe_forgery("entire_face_synthesis", "diffusion", "SDXL")
entries = tuple(Entry(0, 224, "x", "y", r.sentences, r.fake, "g", "train", 0 if r.fake else None) for r in rows)
batch = Batch(torch.randint(0, 256, (2, 224, 224, 3), dtype=torch.uint8),
              torch.randint(0, 256, (2, 1, 112, 112, 3), dtype=torch.uint8), entries)
losses = [float(run.take_step(batch)["loss"]) for _ in range(2)]
silent = [n for n, v in run.model.named_parameters() if v.requires_grad and v.grad is None]
status = Path("/proc/self/status")
if status.is_file():  # a child's ru_maxrss begins with its parent's on Linux, and pytest may have grown large
    peak = int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
shipped, trained = run.shipped(), sum(v.numel() for v in run.trained)
del run
write_checkpoint(folder / "checkpoint", shipped.config.to_dict(), shipped.state_dict(), "card")
again = build_model(read_checkpoint(folder / "checkpoint"))
equal = all(torch.equal(v, shipped.state_dict()[k]) for k, v in again.state_dict().items())
after = again.image.tower.transformer.resblocks[0].attn.in_proj_weight
print(json.dumps({
    "losses": losses, "silent": silent, "equal": equal, "moved": not torch.equal(after, before),
    "trained": trained, "peak": peak,
}))
"""


@pytest.mark.parametrize(
    ("tuned", "moved", "trained", "peak"), [("lora", True, 12e6, 2.8e9), ("all", True, 100e6, 4e9)]
)
def test_clip_b16_with_open_clip_s_shapes_trains_saves_and_loads(tmp_path, tuned, moved, trained, peak):
    """In a process of its own, so that training's peak of memory is its own: batch of 2."""
    done = subprocess.run(
        [sys.executable, "-c", WHOLE, str(tmp_path), tuned], capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert all(loss < 100 for loss in told["losses"]) and not told["silent"] and told["equal"]
    assert told["moved"] is moved
    assert 0.2 * trained < told["trained"] < trained
    assert told["peak"] < peak, f"{told['peak'] / 1e9:.2f} GB"
