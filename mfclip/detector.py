"""The detector: a photo goes in, a verdict comes out."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mfclip import decision as rule
from mfclip.config import Config
from mfclip.errors import CheckpointError, NoFace
from mfclip.faces import FaceBox, find_faces
from mfclip.hub import Checkpoint, read_checkpoint
from mfclip.model import MFCLIP
from mfclip.photo import Photo, read_photo
from mfclip.precision import keep_float32_whole, verdict_precision, with_streams_in
from mfclip.preprocess import FaceCrop, crop_twice
from mfclip.prompts import Hierarchy, shown
from mfclip.tree import build_tree, description_probabilities
from mfclip.verdict import DescriptionView, FaceFeatures, FaceView, PatchView, Scores, Verdict
from mfclip.words import seen_words, words_of, words_of_all

REMEMBERED_FACES = 64
REMEMBERED_SENTENCES = 4096
BATCH = 16

PAIRS_A_THREAD = 4
"""Faces that a thread of the CPU encodes at once: fewer spend more time between operations, more gain nothing."""

NO_FACE = (
    "No face was found in {name}. Use a photo in which a face is at least a twentieth of the picture's width and "
    "looks roughly upright, or, if the picture is a face crop already, choose the pre-cropped mode."
)


class _Memory:
    """A bounded, locked table of what was computed last; the oldest entry goes first."""

    def __init__(self, size: int) -> None:
        self._items: OrderedDict[Any, Any] = OrderedDict()
        self._size, self._lock = size, Lock()

    def get(self, key: Any) -> Any:
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
            return self._items.get(key)

    def put(self, key: Any, value: Any) -> None:
        with self._lock:
            self._items[key] = value
            while len(self._items) > self._size:
                self._items.popitem(last=False)


@dataclass(frozen=True, eq=False)
class Reading(Scores):
    """The scores of a verdict on one face, without its views.

    similarities: (K,) float32 on the CPU, s·v̂·t̂ with each description.
    """

    similarities: Tensor


@dataclass(frozen=True, eq=False)
class _Cut:
    """A face cut out of its photo, both ways, and the key its embeddings are remembered by."""

    photo: Photo
    box: FaceBox | None
    faces: tuple[FaceBox, ...]
    crop: FaceCrop
    again: FaceCrop
    key: bytes


class Detector:
    """A model with its decision rule, ready for photos. Calls are safe from several threads."""

    def __init__(
        self,
        model: MFCLIP,
        name: str,
        checkpoint: Checkpoint | None = None,
        precision: torch.dtype | None = None,
    ) -> None:
        self.model = model.eval().requires_grad_(False)
        self.name, self.checkpoint = name, checkpoint
        self._precision = precision
        self._faces = _Memory(REMEMBERED_FACES)
        self._sentences = _Memory(REMEMBERED_SENTENCES)
        seen = seen_words(checkpoint.folder) if checkpoint else None
        self._seen_words = words_of_all(self.hierarchy.sentences) if seen is None else seen

    @property
    def config(self) -> Config:
        """The configuration that the weights carry, with the decision rule and the default hierarchy."""
        return self.model.config

    @property
    def precision(self) -> torch.dtype:
        """What the vision streams of a verdict compute in; explanations always use float32, through `model`."""
        return self._precision or verdict_precision(self.model.device)

    @property
    def hierarchy(self) -> Hierarchy:
        """The hierarchy a verdict uses when none is passed."""
        return self.config.hierarchy

    def __call__(
        self,
        photo: "str | Path | bytes | Image.Image | np.ndarray | Photo",
        hierarchy: Hierarchy | None = None,
        cropped: bool = False,
        face: int = 0,
    ) -> Verdict:
        """Judge one face of a photo.

        photo: path, file content, PIL image or uint8 RGB array. hierarchy: the descriptions to compare with; a face
        judged before is not encoded again for it. cropped: the picture is a face crop, do not look for faces.
        face: which of the faces, counted from 0 by size. Raises NoFace, or ValueError for an unreadable photo, a
        sentence over 77 tokens or a face number that does not exist.
        """
        cut = self._cut(read_photo(photo), cropped, face)
        return self._verdict(cut, self._encode([cut])[0], hierarchy or self.hierarchy)

    def batch(
        self, photos: Sequence[Any], hierarchy: Hierarchy | None = None, cropped: bool = False
    ) -> list[Verdict]:
        """Judge the largest face of each photo; same numbers as one by one, in the order given.

        Raises as a call does, at the first photo that cannot be judged.
        """
        verdicts = []
        for start in range(0, len(photos), BATCH):
            cuts = [self._cut(read_photo(photo), cropped, 0) for photo in photos[start : start + BATCH]]
            features = self._encode(cuts)
            verdicts += [
                self._verdict(cut, found, hierarchy or self.hierarchy)
                for cut, found in zip(cuts, features, strict=True)
            ]
        return verdicts

    def encode(self, pairs: Sequence[tuple[FaceCrop, FaceCrop]]) -> list[FaceFeatures]:
        """Embeddings of faces, in the order given; nothing is remembered.

        pairs: each face as cut, and the same one saved once more (`crop_twice`). Rows are independent of their
        neighbours to 1e-4 in float32. In half precision a batch that leaves its range is computed again in float32.
        """
        on_cpu = self.model.device.type == "cpu"
        at_once = PAIRS_A_THREAD * torch.get_num_threads() if on_cpu else max(1, len(pairs))
        return [
            features
            for start in range(0, len(pairs), at_once)
            for features in self._encode_at_once(pairs[start : start + at_once])
        ]

    def _encode_at_once(self, pairs: Sequence[tuple[FaceCrop, FaceCrop]]) -> list[FaceFeatures]:
        faces = np.stack([crop.face for pair in pairs for crop in pair])
        windows = np.stack([crop.windows for pair in pairs for crop in pair])
        with torch.inference_mode():
            encoding = with_streams_in(self.model, self.precision).encode_faces(faces, windows)
            if self.precision != torch.float32 and not bool(encoding.fused.isfinite().all()):
                encoding = self.model.encode_faces(faces, windows)
            indices, richness = encoding.patch_index.tolist(), encoding.homogeneity.tolist()
        return [
            FaceFeatures(
                encoding.image[row : row + 2].clone(),
                encoding.noise[row : row + 2].clone(),
                indices[row],
                tuple(richness[row]),
            )
            for row in range(0, 2 * len(pairs), 2)
        ]

    def read(self, features: Sequence[FaceFeatures], hierarchy: Hierarchy | None = None) -> list[Reading]:
        """What `encode` gave → the numbers and words of a verdict on each face, all in one pass."""
        hierarchy = hierarchy or self.hierarchy
        decision, text = self.config.decision, self.language_features(hierarchy)
        if not features:
            return []
        with torch.inference_mode():
            fused = torch.cat([face.fused for face in features])
            similarities = self.model.similarities(fused, text).cpu()
            heads = rule.head_margin(self.model.head_logits(fused)).cpu().double()
            languages = rule.language_margin(similarities, hierarchy.fake).double()
            margins = rule.margin(decision, heads, languages)
            chances = rule.probability(decision, margins).tolist()
        readings = []
        for row in range(0, len(fused), 2):
            head, language = float(heads[row]), float(languages[row])
            disagree = rule.readouts_disagree(decision, head, language)
            reasons = rule.doubts(decision, chances[row], disagree, chances[row + 1])
            readings.append(
                Reading(
                    probability=chances[row],
                    margin=float(margins[row]),
                    head=head,
                    language=language,
                    recompressed=chances[row + 1],
                    evidence=rule.evidence(chances[row], reasons),
                    doubts=reasons,
                    similarities=similarities[row],
                )
            )
        return readings

    def revise(self, verdict: Verdict, hierarchy: Hierarchy) -> Verdict:
        """The verdict on the same face under another hierarchy; only sentences not met before are encoded."""
        return self._decide(verdict.features, hierarchy, self._views(verdict))

    def language_features(self, hierarchy: Hierarchy) -> Tensor:
        """Description features (K, D) of a hierarchy; every sentence is encoded once and remembered."""
        rows = [row.sentences for row in hierarchy]
        known = self.sentence_features(self.model.sentences_read(rows))
        with torch.inference_mode():
            return self.model.combine_sentences(rows, known)

    def sentence_features(self, sentences: Sequence[str]) -> dict[str, Tensor]:
        """Features (D,) of sentences, not normalised, each encoded once and remembered; not to be written to.

        sentences: texts as `MFCLIP.sentences_read` gives them (whole descriptions where levels are read jointly). The
        features carry no gradient, but are no inference tensors: what follows from them may be differentiated. Safe
        from several threads. Raises ValueError for a sentence over 77 tokens.
        """
        known = {sentence: self._sentences.get(sentence) for sentence in sentences}
        new = [sentence for sentence, feature in known.items() if feature is None]
        if new:
            # Also for a caller in inference mode: what is remembered must serve callers who differentiate.
            with torch.inference_mode(mode=False), torch.no_grad():
                features = self.model.encode_sentences(new)
            for sentence, feature in zip(new, features, strict=True):
                known[sentence] = feature
                self._sentences.put(sentence, feature)
        return known

    def unseen_words(self, sentence: str) -> list[str]:
        """The words of a sentence, lower-cased, in order, that no face was ever trained with.

        Known are the words of the checkpoint's words.json, or, where it has none, those of its own hierarchy.
        """
        return [word for word in words_of(sentence) if word not in self._seen_words]

    def _cut(self, photo: Photo, cropped: bool, face: int) -> _Cut:
        box: FaceBox | None = None
        faces: tuple[FaceBox, ...] = ()
        if not cropped:
            faces = find_faces(photo.rgb)
            if not faces:
                raise NoFace(NO_FACE.format(name=photo.name))
            if not 0 <= face < len(faces):
                raise ValueError(
                    f"Face {face + 1} was asked for and {photo.name} has {len(faces)}; choose 1 to {len(faces)}."
                )
            box = faces[face]
        crop, again = crop_twice(photo.rgb, box.edges if box else None)
        key = hashlib.sha256(crop.face.tobytes() + crop.windows.tobytes()).digest()
        return _Cut(photo, box, faces, crop, again, key)

    def _encode(self, cuts: Sequence[_Cut]) -> list[FaceFeatures]:
        # Kept apart from the shared memory, from which another thread may push entries out meanwhile.
        found = {cut.key: self._faces.get(cut.key) for cut in cuts}
        new = list({cut.key: cut for cut in cuts if found[cut.key] is None}.values())
        for cut, features in zip(new, self.encode([(cut.crop, cut.again) for cut in new]), strict=True):
            found[cut.key] = features
            self._faces.put(cut.key, features)
        return [found[cut.key] for cut in cuts]

    def _verdict(self, cut: _Cut, features: FaceFeatures, hierarchy: Hierarchy) -> Verdict:
        index = features.patch_index
        with torch.inference_mode():
            window = torch.from_numpy(cut.crop.windows[index]).permute(2, 0, 1)[None].float()
            residual = self.model.noise.residual(window.to(self.model.device))[0].cpu().numpy()
        views = {
            "name": cut.photo.name,
            "note": cut.photo.note,
            "face": FaceView(cut.box, cut.crop),
            "faces": cut.faces,
            "patch": PatchView(index, features.homogeneity, cut.crop.window_frames[index], residual),
        }
        return self._decide(features, hierarchy, views)

    @staticmethod
    def _views(verdict: Verdict) -> dict[str, Any]:
        return {name: getattr(verdict, name) for name in ("name", "note", "face", "faces", "patch")}

    def _decide(self, features: FaceFeatures, hierarchy: Hierarchy, views: dict[str, Any]) -> Verdict:
        reading = self.read([features], hierarchy)[0]
        shares = description_probabilities(reading.similarities, hierarchy.fake, reading.probability).tolist()
        return Verdict(
            **reading.scores,
            descriptions=tuple(
                DescriptionView(row, float(similarity), share)
                for row, similarity, share in zip(hierarchy, reading.similarities, shares, strict=True)
            ),
            tree=build_tree(hierarchy, shares),
            hierarchy=hierarchy,
            features=features,
            checkpoint=self.name,
            **views,
        )


def build_model(checkpoint: Checkpoint) -> MFCLIP:
    """The model of a verified checkpoint, strictly.

    Raises CheckpointError naming unknown or missing configuration keys, missing or extra weights, wrong shapes.
    """
    try:
        config = Config.from_dict(checkpoint.config)
        # Shapes first, without memory for them: a wrong configuration may ask for gigabytes.
        with torch.device("meta"):
            ours = MFCLIP(config).state_dict()
    except ValueError as error:
        raise CheckpointError(f"{checkpoint.folder}/config.json: {error}") from None
    missing, extra = sorted(set(ours) - set(checkpoint.state)), sorted(set(checkpoint.state) - set(ours))
    shapes = [
        f"{key} {tuple(checkpoint.state[key].shape)} instead of {tuple(value.shape)}"
        for key, value in ours.items()
        if key in checkpoint.state and checkpoint.state[key].shape != value.shape
    ]
    if missing or extra or shapes:
        raise CheckpointError(
            f"The weights of {checkpoint.name} do not fit its configuration: missing {shown(missing or 'none')}, "
            f"extra {shown(extra or 'none')}, wrong shapes {shown(shapes or 'none')}. Get config.json and "
            "model.safetensors from the same place."
        )
    if any(not bool(torch.isfinite(value).all()) for value in checkpoint.state.values()):
        raise CheckpointError(f"The weights of {checkpoint.name} hold NaN or infinity; get them again.")
    model = MFCLIP(config)
    model.load_state_dict(checkpoint.state, strict=True)
    return model


def load(name: "str | Path | None" = None, device: "str | torch.device | None" = None) -> Detector:
    """Load a detector.

    name: a folder, "owner/name@<40 hex commit>" on the Hub, or None for the bundled checkpoint (or the one that the
    environment variable MFCLIP_CHECKPOINT names). device: CUDA if there is one, else the CPU, unless given.
    Raises CheckpointError with what is wrong and the remedy. Of the weights as they were read, the detector's
    checkpoint keeps shapes and types alone, on the device "meta": their numbers are the model's.
    """
    checkpoint = read_checkpoint(name)
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if torch.device(device).type == "cuda":
        keep_float32_whole()
    model = build_model(checkpoint).to(device)
    # Tensors of the file keep all of it mapped: 34 MB of `tiny` in memory a second time.
    shapes = {key: tensor.to("meta") for key, tensor in checkpoint.state.items()}
    return Detector(model, checkpoint.name, replace(checkpoint, state=shapes))
