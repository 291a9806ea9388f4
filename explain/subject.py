"""What an explanation works on: one judged face, its descriptions and the model, as pure functions of tensors.

A subject leaves nothing on the model: no hook, no mode, no gradient flag. Its tensors are copies made outside
inference mode, so that gradients may pass through them; weights never ask for gradients (the detector froze them).
Everything is float32.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import torch
from torch import Tensor

from explain.targets import MARGIN, Target
from mfclip.detector import Detector
from mfclip.model import MFCLIP
from mfclip.prompts import Hierarchy
from mfclip.verdict import Verdict


@dataclass(frozen=True, eq=False)
class Subject:
    """A verdict with the tensors it was made from, and the number of it that is explained."""

    detector: Detector
    verdict: Verdict
    target: Target = MARGIN

    @classmethod
    def of(cls, detector: Detector, verdict: Verdict, target: Target | str = MARGIN) -> Self:
        """Checked: raises ValueError for a verdict of another checkpoint or a target that the hierarchy lacks."""
        if verdict.checkpoint != detector.name:
            raise ValueError(
                f"The verdict was given by {verdict.checkpoint} and the detector is {detector.name}; "
                "explain a verdict with the detector that gave it."
            )
        target = Target.parse(target) if isinstance(target, str) else target
        target.check(verdict.hierarchy)
        return cls(detector, verdict, target)

    @property
    def model(self) -> MFCLIP:
        """The detector's network, in evaluation mode."""
        return self.detector.model

    @property
    def hierarchy(self) -> Hierarchy:
        """The descriptions that the verdict compared the face with."""
        return self.verdict.hierarchy

    @cached_property
    def face(self) -> Tensor:
        """(1, 3, 224, 224) RGB 0..255: what the image stream saw."""
        return self._pixels(self.verdict.face.crop.face[None])

    @cached_property
    def windows(self) -> Tensor:
        """(N, 3, 112, 112) RGB 0..255: the candidates of the noise stream."""
        return self._pixels(self.verdict.face.crop.windows)

    @cached_property
    def residual(self) -> Tensor:
        """(1, 3, 112, 112): the SRM residual of the chosen window."""
        return self.residual_of(self.windows[self.patch_index][None])

    @property
    def patch_index(self) -> int:
        """The window that was chosen; explanations keep it unless they ask what another one would have said."""
        return self.verdict.patch.index

    @cached_property
    def image(self) -> Tensor:
        """(1, D): the image stream's feature."""
        return self.verdict.features.image[:1].clone()

    @cached_property
    def noise(self) -> Tensor:
        """(1, D): the noise stream's feature."""
        return self.verdict.features.noise[:1].clone()

    @cached_property
    def text(self) -> Tensor:
        """(K, D): the descriptions' features, not normalised."""
        return self.detector.language_features(self.hierarchy).clone()

    def _pixels(self, pictures: np.ndarray) -> Tensor:
        # Mirrored pictures have negative strides, which torch does not take; those from Pillow are read-only: a copy.
        tensor = torch.tensor(np.ascontiguousarray(pictures), dtype=torch.float32, device=self.model.device)
        return tensor.movedim(-1, -3).contiguous()

    def residual_of(self, windows: Tensor) -> Tensor:
        """Windows (B, 3, 112, 112) RGB 0..255 → their SRM residuals (B, 3, 112, 112), differentiable."""
        return self.model.noise.residual(windows)

    def image_of(self, faces: Tensor) -> Tensor:
        """Faces (B, 3, 224, 224) RGB 0..255 → image features (B, D), differentiable."""
        return self.model.image(faces)[0]

    def noise_of(self, residuals: Tensor) -> Tensor:
        """Residuals (B, 3, 112, 112) → noise features (B, D), differentiable."""
        return self.model.noise(residuals)[0]

    def value(self, fused: Tensor, text: Tensor | None = None) -> Tensor:
        """Fused features (B, D) → the target's value (B,), with other description features (K, D) if passed."""
        return self.target.value(self.model, fused, self.text if text is None else text, self.hierarchy)

    def value_of_pixels(self, faces: Tensor, residuals: Tensor) -> Tensor:
        """Faces (B, 3, 224, 224) and residuals (B, 3, 112, 112) → the target's value (B,); the patch is frozen."""
        return self.value(self.image_of(faces) + self.noise_of(residuals))

    @cached_property
    def explained(self) -> float:
        """The target's value on the face as it is."""
        with torch.no_grad():
            return float(self.value(self.image + self.noise)[0])

    def seen_as(self, face: Tensor | None = None, residual: Tensor | None = None) -> Self:
        """This subject with another face (1, 3, 224, 224) or residual (1, 3, 112, 112) before the streams.

        The features are computed anew; candidates, patch and description features stay.
        """
        face = self.face if face is None else face.detach()
        residual = self.residual if residual is None else residual.detach()
        with torch.no_grad():
            image, noise = self.image_of(face), self.noise_of(residual)
        # Embeddings of its own, so that nothing remembered of the one face is taken for the other's.
        features = replace(self.verdict.features, image=image, noise=noise)
        changed = replace(self, verdict=replace(self.verdict, features=features))
        vars(changed).update(face=face, residual=residual)
        return changed

    def under(self, detector: Detector) -> Self:
        """The same face, patch and descriptions under other weights; its verdict is not judged anew."""
        return replace(self, detector=detector).seen_as()

    def sentence_features(self, sentences: Sequence[str]) -> dict[str, Tensor]:
        """Features (D,) of sentences, not normalised, without gradients; the detector remembers them."""
        return self.detector.sentence_features(sentences)
