"""Configurations: frozen, complete, refused when a key is unknown or missing.

A configuration has no defaults. It is either one of the named literals at the end of this file or the whole of a
checkpoint's config.json; a setting that nobody reads does not exist.
"""

import dataclasses
import math
import typing
from dataclasses import dataclass
from typing import Any, Self

from mfclip.preprocess import FACE_SIZE, WINDOW
from mfclip.prompts import LEVELS, Hierarchy, published_hierarchy, shown


def _build(cls: type, values: Any, where: str) -> Any:
    """Build a dataclass from JSON values, refusing unknown and missing keys with both lists in the sentence."""
    if not isinstance(values, dict):
        raise ValueError(
            f"{where} is {shown(values)}; a JSON object with the keys of {cls.__name__} is expected."
        )
    hints = typing.get_type_hints(cls)
    unknown = sorted(set(values) - set(hints), key=str)
    missing = sorted(set(hints) - set(values))
    if unknown or missing:
        raise ValueError(
            f"{where}: unknown keys {shown(unknown)}, missing keys {missing}. Allowed are {sorted(hints)}; "
            "use the config.json that was written with the weights."
        )
    return cls(**{key: _value(hints[key], values[key], f"{where}.{key}") for key in hints})


def _value(hint: Any, value: Any, where: str) -> Any:
    if hint is Hierarchy:
        return Hierarchy.from_json(value)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _build(hint, value, where)
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{where} is {shown(value)}; a list is expected.")
        return tuple(_value(typing.get_args(hint)[0], item, where) for item in value)
    if typing.get_origin(hint) is typing.Literal:
        _one_of(where, value, typing.get_args(hint))
        return value
    number = int | float if hint is float else hint
    if not isinstance(value, number) or (hint in (int, float) and isinstance(value, bool)):
        raise ValueError(f"{where} is {shown(value)}; a value of type {hint.__name__} is expected.")
    if (
        hint is float and not abs(value) < math.inf
    ):  # as it stands: a whole number may be larger than any float
        raise ValueError(f"{where} is {shown(value)}; a finite number is expected.")
    try:
        return hint(value)
    except OverflowError:
        raise ValueError(f"{where} is {shown(value)}; a number below 1.8e308 is expected.") from None


def _one_of(name: str, value: Any, allowed: tuple) -> None:
    if value not in allowed:
        raise ValueError(f"{name} is {shown(value)}; allowed are {', '.join(map(repr, allowed))}.")


def _positive(owner: Any, *names: str) -> None:
    for name in names:
        value = getattr(owner, name)
        if value <= 0:
            raise ValueError(f"{type(owner).__name__}.{name} is {shown(value)}; it must be above 0.")


def _sizes(owner: Any, *names: str) -> None:
    """Sizes of a part: above 0, and no larger than a network that anybody has trained would need."""
    _positive(owner, *names)
    for name in names:
        value = getattr(owner, name)
        if value > LARGEST[name]:
            raise ValueError(
                f"{type(owner).__name__}.{name} is {shown(value)}; at most {LARGEST[name]} is allowed."
            )


def _unused(owner: Any, *names: str) -> None:
    """A part that is not there has no sizes: numbers that nobody reads would only mislead."""
    told = {name: getattr(owner, name) for name in names if getattr(owner, name)}
    if told:
        raise ValueError(
            f"{type(owner).__name__}.kind is 'none', and {told} would be read by nobody; set them to 0, a stem to []."
        )


def _needs_stem(owner: Any) -> None:
    stages, channels = LARGEST["stages"], LARGEST["channels"]
    if not 1 <= len(owner.stem) <= stages or not all(1 <= width <= channels for width in owner.stem):
        raise ValueError(
            f"{type(owner).__name__}.stem is {shown(owner.stem)}; give a convolutional stem 1 to {stages} stages, "
            f"each of 1 to {channels} channels."
        )


def _published(owner: Any, stages: int, embed_dim: int) -> None:
    """The published streams: stems of a fixed depth, and tokens that are handed on as they are."""
    if len(owner.stem) != stages:
        raise ValueError(
            f"{type(owner).__name__}.stem is {owner.stem}; the published stem has {stages} stages: "
            f"give {stages} numbers of channels."
        )
    if owner.width != embed_dim:
        raise ValueError(
            f"{type(owner).__name__}.width is {owner.width} and embed_dim {embed_dim}; the published streams hand on "
            "their tokens as they are: set both to the same number."
        )


def _tiles(owner: Any, side: int) -> None:
    if side % owner.patch:
        raise ValueError(
            f"{type(owner).__name__}.patch is {owner.patch}; tokens of that size do not fill {side} px: it must "
            f"divide {side}."
        )


def _divides(owner: Any) -> None:
    if owner.width % owner.heads:
        raise ValueError(
            f"{type(owner).__name__}: width {owner.width} is not a multiple of heads {owner.heads}; change one."
        )


LARGEST = {
    "width": 8192,
    "layers": 128,
    "heads": 256,
    "context": 4096,
    "patch": FACE_SIZE,
    "embed_dim": 8192,
    "rank": 8192,
    "slots": 4096,
    "stages": 7,
    "channels": 4096,
}
"""The largest sizes that are built: a file that asks for more is a mistake or an attack on time and memory."""

MOST_WEIGHTS = 3_000_000_000
"""About as many as the largest CLIP that was published has (ViT-bigG, 2.5 thousand million)."""

SENTENCE_CONTEXT = 77
"""Tokens that a sentence may have (CLIP); `tokens.CONTEXT`, said again because this file loads no torch."""

VOCABULARY = 49_408
"""Tokens there are (CLIP); `tokens.VOCABULARY`, likewise."""


@dataclass(frozen=True)
class TextConfig:
    """CLIP text tower. `levels`: how four sentences become one feature.

    'each' encodes them one by one and weighs them; 'first' is the published read-out; 'joint' (an ablation) lays them
    end to end and reads at the last end token, so it needs the places of four sentences.
    """

    width: int
    layers: int
    heads: int
    context: int
    activation: typing.Literal["gelu", "quick_gelu"]
    levels: typing.Literal["each", "first", "joint"]

    def __post_init__(self) -> None:
        _sizes(self, "width", "layers", "heads", "context")
        _divides(self)
        if self.context < SENTENCE_CONTEXT:
            raise ValueError(
                f"TextConfig.context is {self.context}; a sentence may have {SENTENCE_CONTEXT} tokens, so at least "
                f"{SENTENCE_CONTEXT} places are needed."
            )
        together = len(LEVELS) * SENTENCE_CONTEXT
        if self.levels == "joint" and self.context != together:
            raise ValueError(
                f"TextConfig.context is {self.context} and levels 'joint'; {len(LEVELS)} sentences end to end need "
                f"exactly {together} places: set context to {together}."
            )


@dataclass(frozen=True)
class ImageConfig:
    """Image encoder. `stem`: channels after each halving (conv, authors) or of each stage; `patch`: pixels a token.

    'efficientnet': the first stages of EfficientNet-Lite, which training begins from ImageNet's weights; 'conv': plain
    convolutions from scratch; 'clip': an open_clip visual tower; 'authors': the published stem.
    """

    kind: typing.Literal["efficientnet", "conv", "clip", "authors"]
    stem: tuple[int, ...]
    patch: int
    width: int
    layers: int
    heads: int
    activation: typing.Literal["gelu", "quick_gelu"]

    def __post_init__(self) -> None:
        _sizes(self, "width", "layers", "heads", "patch")
        _divides(self)
        if self.kind != "clip":
            _needs_stem(self)
        if self.kind != "authors":
            _tiles(self, FACE_SIZE)


@dataclass(frozen=True)
class NoiseConfig:
    """Noise encoder. `stem`: channels of the convolutional stem; `patch`: pixels a token along a side.

    'none' (an ablation) is a stream that says nothing: its other settings are 0 and empty.
    """

    kind: typing.Literal["grid", "authors", "none"]
    stem: tuple[int, ...]
    patch: int
    width: int
    layers: int
    heads: int

    def __post_init__(self) -> None:
        if self.kind == "none":
            _unused(self, "stem", "patch", "width", "layers", "heads")
            return
        _sizes(self, "width", "layers", "heads", "patch")
        _divides(self)
        _needs_stem(self)
        if self.kind != "authors":
            _tiles(self, WINDOW)


@dataclass(frozen=True)
class AlignmentConfig:
    """Sample pair attention. 'content': low-rank bilinear gate of `rank`; 'free': `slots` × `slots` numbers.

    'none' (an ablation) weighs every pair alike: rank and slots are 0.
    """

    kind: typing.Literal["content", "free", "none"]
    rank: int
    slots: int

    def __post_init__(self) -> None:
        if self.kind == "none":
            _unused(self, "rank", "slots")
        else:
            _sizes(self, "rank" if self.kind == "content" else "slots")


@dataclass(frozen=True)
class DecisionConfig:
    """margin = a·m_head + b·m_lang + c, P(fake) = σ(margin / temperature), and the band of uncertainty.

    `low`, `high`: probabilities between which the verdict reads *uncertain*. `origin`: where the six numbers come
    from, in words, shown wherever they are used.
    """

    a: float
    b: float
    c: float
    temperature: float
    low: float
    high: float
    origin: str

    def __post_init__(self) -> None:
        for name in ("a", "b", "c", "temperature"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(
                    f"DecisionConfig.{name} is {getattr(self, name)}; a finite number is needed."
                )
        _positive(self, "temperature")
        if not 0 <= self.low <= self.high <= 1:
            raise ValueError(f"The band is {self.low}..{self.high}; 0 ≤ low ≤ high ≤ 1 is needed.")


@dataclass(frozen=True)
class Config:
    """Everything needed to build a model and read its verdict."""

    name: str
    embed_dim: int
    text: TextConfig
    image: ImageConfig
    noise: NoiseConfig
    alignment: AlignmentConfig
    decision: DecisionConfig
    hierarchy: Hierarchy

    def __post_init__(self) -> None:
        _sizes(self, "embed_dim")
        kinds = {self.image.kind == "authors", self.noise.kind == "authors", self.text.levels == "first"}
        if len(kinds) > 1:
            raise ValueError(
                f"image kind {self.image.kind!r}, noise kind {self.noise.kind!r} and text levels "
                f"{self.text.levels!r} mix the published computation with the repaired one; use all three or none."
            )
        if self.image.kind == "authors":
            _published(self.image, 5, self.embed_dim)
            _published(self.noise, 2, self.embed_dim)
        if self.weights > MOST_WEIGHTS:
            raise ValueError(
                f"The configuration describes a network of about {self.weights} weights; at most {MOST_WEIGHTS} are "
                "built: choose smaller widths or fewer layers."
            )

    @property
    def weights(self) -> int:
        """About how many numbers the network has: its transformers, stems and tables, to a tenth."""
        text, image, noise, size = self.text, self.image, self.noise, self.embed_dim
        blocks = sum(12 * part.layers * part.width**2 for part in (text, image, noise))
        stems = sum(18 * channels**2 for part in (image, noise) for channels in part.stem)
        # The published streams turn the whole of the stem's last map into one token.
        maps = (part.stem[-1] * (side >> len(part.stem)) ** 2 * size for part, side in self._single_tokens)
        tables = (VOCABULARY + text.context) * text.width + self.alignment.slots**2
        return blocks + stems + sum(maps) + tables + size * (size + 2 * self.alignment.rank)

    @property
    def _single_tokens(self) -> list[tuple[ImageConfig | NoiseConfig, int]]:
        sides: list[tuple[ImageConfig | NoiseConfig, int]] = [(self.image, FACE_SIZE), (self.noise, WINDOW)]
        return [(part, side) for part, side in sides if part.kind == "authors"]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Build from the content of a config.json.

        Raises ValueError naming every unknown and missing key, or the value and what is allowed.
        """
        return _build(cls, values, "config")

    def to_dict(self) -> dict[str, Any]:
        """The JSON-able content of config.json; `from_dict` gives the same configuration back."""
        values = dataclasses.asdict(self)
        values["hierarchy"] = self.hierarchy.to_json()
        return values


UNFITTED = DecisionConfig(
    a=0.5, b=0.5, c=0.0, temperature=1.0, low=0.5, high=0.5, origin="not fitted: fresh weights"
)

TINY = Config(
    name="tiny",
    embed_dim=256,
    text=TextConfig(width=128, layers=4, heads=4, context=77, activation="quick_gelu", levels="each"),
    image=ImageConfig(
        "efficientnet", (32, 16, 24, 40, 80, 112), patch=16, width=128, layers=3, heads=4, activation="gelu"
    ),
    noise=NoiseConfig(kind="grid", stem=(24, 32, 64, 128), patch=16, width=128, layers=2, heads=4),
    alignment=AlignmentConfig(kind="content", rank=16, slots=0),
    decision=UNFITTED,
    hierarchy=published_hierarchy(),
)

CLIP_B16 = Config(
    name="clip-b16",
    embed_dim=512,
    text=TextConfig(width=512, layers=12, heads=8, context=77, activation="quick_gelu", levels="each"),
    image=ImageConfig(
        kind="clip", stem=(), patch=16, width=768, layers=12, heads=12, activation="quick_gelu"
    ),
    noise=NoiseConfig(kind="grid", stem=(32, 48, 96, 192), patch=16, width=192, layers=3, heads=6),
    alignment=AlignmentConfig(kind="content", rank=32, slots=0),
    decision=UNFITTED,
    hierarchy=published_hierarchy(),
)

AUTHORS = Config(
    name="authors",
    embed_dim=512,
    text=TextConfig(width=512, layers=12, heads=8, context=308, activation="quick_gelu", levels="first"),
    image=ImageConfig(
        kind="authors",
        stem=(32, 64, 128, 256, 512),
        patch=224,
        width=512,
        layers=6,
        heads=8,
        activation="gelu",
    ),
    noise=NoiseConfig(kind="authors", stem=(32, 64), patch=112, width=512, layers=3, heads=8),
    alignment=AlignmentConfig(kind="free", rank=0, slots=24),
    decision=DecisionConfig(
        a=1.0,
        b=0.0,
        c=0.0,
        temperature=1.0,
        low=0.5,
        high=0.5,
        origin="the published inference code: softmax of the head, cut at one half",
    ),
    hierarchy=published_hierarchy(),
)

CONFIGURATIONS = {"tiny": TINY, "clip-b16": CLIP_B16, "authors": AUTHORS}
"""The named configurations; `authors` is the published computation, the others are the repaired family."""
