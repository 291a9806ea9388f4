"""MFCLIP: language encoder, multi-modal vision encoder, sample pair attention, predictor and head, composed.

The model knows no file, no picture format and no page. It takes faces and sentences and gives features, logits and
similarities; every row is independent of its neighbours and differentiable to its pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mfclip.alignment import sample_pair_attention
from mfclip.authors_vision import AuthorsImageEncoder, AuthorsNoiseEncoder
from mfclip.config import Config
from mfclip.language import LanguageEncoder
from mfclip.patches import choose_richest, quarters, take
from mfclip.preprocess import FACE_SIZE, WINDOW
from mfclip.prompts import LEVELS
from mfclip.vision import AbsentNoiseEncoder, ClipImageEncoder, ConvImageEncoder, GridNoiseEncoder

ImageEncoder = ConvImageEncoder | ClipImageEncoder | AuthorsImageEncoder
NoiseEncoder = GridNoiseEncoder | AuthorsNoiseEncoder | AbsentNoiseEncoder

IMAGE_ENCODERS: dict[str, type[ImageEncoder]] = {
    "conv": ConvImageEncoder,
    "efficientnet": ConvImageEncoder,
    "clip": ClipImageEncoder,
    "authors": AuthorsImageEncoder,
}
NOISE_ENCODERS: dict[str, type[NoiseEncoder]] = {
    "grid": GridNoiseEncoder,
    "authors": AuthorsNoiseEncoder,
    "none": AbsentNoiseEncoder,
}

INITIAL_LOGIT_SCALE = float(np.log(1 / 0.07))


@dataclass(frozen=True)
class FaceEncoding:
    """What the vision encoder makes of B faces.

    image, noise, fused: (B, D), fused = image + noise. patch_index: (B,) chosen candidate. homogeneity: (B, N), N = 4
    unless other candidates were passed. residual: (B, 3, 112, 112) of the chosen patch. attention: for 'image' and
    'noise', one (B, heads, L, L) tensor a layer, inside the gradient graph; empty unless asked for.
    """

    image: Tensor
    noise: Tensor
    fused: Tensor
    patch_index: Tensor
    homogeneity: Tensor
    residual: Tensor
    attention: dict[str, tuple[Tensor, ...]] = field(default_factory=dict)

    @property
    def direction(self) -> Tensor:
        """v̂ = fused / ‖fused‖, (B, D): what head, predictor and similarities read."""
        return F.normalize(self.fused, dim=-1)


def as_pixels(pictures: np.ndarray | Tensor, size: int, name: str) -> Tensor:
    """Channels-last pictures (..., size, size, 3), 0..255 → float32 (..., 3, size, size); gradients kept.

    Raises ValueError for any other shape.
    """
    if isinstance(pictures, np.ndarray):
        # A picture from Pillow is read-only, a mirrored one has negative strides: torch takes neither as it is.
        pictures = np.require(pictures, requirements=["C", "W"])
    tensor = torch.as_tensor(pictures)
    if tuple(tensor.shape[-3:]) != (size, size, 3):
        raise ValueError(
            f"{name} have shape {tuple(tensor.shape)}; (…, {size}, {size}, 3), RGB, 0..255 is needed. "
            "Cut them with mfclip.preprocess."
        )
    return tensor.float().movedim(-1, -3)


def _checked(index: Tensor, homogeneity: Tensor) -> Tensor:
    count, candidates = homogeneity.shape
    if tuple(index.shape) != (count,) or int(index.min()) < 0 or int(index.max()) >= candidates:
        raise ValueError(
            f"patch_index is {index.tolist()} for {count} faces with {candidates} candidates each; "
            f"one number of 0 to {candidates - 1} a face is needed."
        )
    return index


class MFCLIP(nn.Module):
    """The detector's network for a configuration; parts carry the names of the paper's figure."""

    image: ImageEncoder
    noise: NoiseEncoder

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.language = LanguageEncoder(config.text, config.embed_dim)
        self.image = IMAGE_ENCODERS[config.image.kind](config.image, config.embed_dim)
        self.noise = NOISE_ENCODERS[config.noise.kind](config.noise, config.embed_dim)
        self.alignment = sample_pair_attention(config.alignment, config.embed_dim)
        self.predictor = nn.Linear(config.embed_dim, config.embed_dim)
        self.head = nn.Sequential(nn.LayerNorm(config.embed_dim), nn.Linear(config.embed_dim, 2))
        self.logit_scale = nn.Parameter(torch.tensor(INITIAL_LOGIT_SCALE))

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.logit_scale.device

    @property
    def scale(self) -> Tensor:
        """s = exp(logit_scale), the factor of every similarity."""
        return self.logit_scale.exp()

    def encode_faces(
        self,
        faces: np.ndarray | Tensor,
        windows: np.ndarray | Tensor | None = None,
        patch_index: Tensor | None = None,
        need_weights: bool = False,
    ) -> FaceEncoding:
        """Encode B faces.

        faces: (B, 224, 224, 3) RGB 0..255, uint8, or float where gradients are wanted. windows: (B, N, 112, 112, 3)
        candidates of the noise stream from the photo's own pixels; the face's quarters if None. patch_index: (B,) to
        freeze the choice of candidate, as an explanation must. need_weights: also return every head's attention.
        Raises ValueError for other shapes or an index without a candidate.
        """
        face = as_pixels(faces, FACE_SIZE, "Faces").to(self.device)
        if face.ndim != 4:
            raise ValueError(f"Faces have {face.ndim} axes; a batch of 4 is needed: add the first axis.")
        if windows is None:
            candidates = quarters(face)
        else:
            candidates = as_pixels(windows, WINDOW, "Windows").to(self.device)
            if candidates.ndim != 5 or len(candidates) != len(face):
                raise ValueError(
                    f"Windows have shape {tuple(candidates.shape)} for {len(face)} faces; "
                    "one set of candidates a face, (B, N, 112, 112, 3), is needed."
                )
        homogeneity, richest = choose_richest(candidates)
        index = richest if patch_index is None else _checked(patch_index, homogeneity).to(self.device)
        residual = self.noise.residual(take(candidates, index))
        image, (_, image_weights) = self.image(face, need_weights)
        noise, (_, noise_weights) = self.noise(residual, need_weights)
        attention = {"image": image_weights, "noise": noise_weights} if need_weights else {}
        return FaceEncoding(image, noise, image + noise, index, homogeneity, residual, attention)

    def head_logits(self, fused: Tensor) -> Tensor:
        """Fused features (B, D), normalised here → logits (B, 2): 0 real, 1 fake."""
        return self.head(F.normalize(fused, dim=-1))

    def predict_text(self, fused: Tensor) -> Tensor:
        """Fused features (B, D), normalised here → the language feature that the predictor expects, (B, D)."""
        return self.predictor(F.normalize(fused, dim=-1))

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """N sentences, as `sentences_read` gives them → (N, D), not normalised.

        Raises ValueError for a sentence over 77 tokens.
        """
        return self.language(self.language.tokens(sentences))

    def encode_descriptions(self, rows: Sequence[Sequence[str]]) -> Tensor:
        """K rows of 4 sentences → (K, D). Each distinct sentence is encoded once.

        Under the published read-out only level 1 is encoded, because nothing else can reach the feature; read jointly,
        each distinct row is encoded as a whole.
        Raises ValueError for no row, a row without exactly four sentences or a sentence over 77 tokens.
        """
        if not rows:
            raise ValueError("There are 0 descriptions; at least 1 is needed: pass rows of four sentences.")
        for number, row in enumerate(rows, start=1):
            if len(row) != len(LEVELS):
                raise ValueError(f"Description {number} has {len(row)} sentences; {len(LEVELS)} are needed.")
        distinct = self.sentences_read(rows)
        return self.combine_sentences(rows, dict(zip(distinct, self.encode_sentences(distinct), strict=True)))

    def sentences_read(self, rows: Sequence[Sequence[str]]) -> list[str]:
        """What the tower encodes for K rows, each text once, in order of first appearance: the sentences that can
        reach a feature, or, read jointly, whole descriptions as one text each."""
        return list(dict.fromkeys(sentence for row in rows for sentence in self.language.read_of(row)))

    def combine_sentences(self, rows: Sequence[Sequence[str]], features: Mapping[str, Tensor]) -> Tensor:
        """K rows and the features (D,) of their sentences, from `encode_sentences` → description features (K, D)."""
        read = [torch.stack([features[s] for s in self.language.read_of(row)]) for row in rows]
        return self.language.combine(torch.stack(read))

    def similarities(self, fused: Tensor, descriptions: Tensor) -> Tensor:
        """s·v̂·t̂ of fused features (B, D) and description features (K, D) → (B, K)."""
        return self.scale * F.normalize(fused, dim=-1) @ F.normalize(descriptions, dim=-1).T
