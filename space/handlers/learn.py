"""The lesson: what each step measures on the visitor's face, and the card that comes of it.

Steps 1 to 4 take tenths of a second. Step 5 builds a narrow copy of the published configuration and step 6 a copy of
the detector with mixed-up weights; both are made once and kept.
"""

import copy
import hashlib
import itertools
from dataclasses import replace
from threading import Lock

import numpy as np
import torch
from torch import Tensor, nn

from explain import METHODS, Result, Subject, explain
from explain.audit import CANNOT, CONTROL
from explain.benchmark.controls import edges
from explain.figures.palette import channels, inks
from explain.figures.raster import data_url, enlarged, grey, painted
from explain.metrics.randomised import ALIKE_RANDOMISED, alike, made_pictures, randomised
from mfclip import Detector, Verdict
from mfclip.alignment import OpenGate
from mfclip.config import AUTHORS
from mfclip.losses import GATE_FLOOR
from mfclip.model import MFCLIP
from mfclip.preprocess import FACE_SIZE, WINDOWS_PER_SIDE
from mfclip.prompts import LEVELS, Description
from mfclip.tokens import CONTEXT, tokenize
from space import lesson
from space.components.lesson_card import lesson_card
from space.components.markup import png
from space.lesson import Step
from space.lesson_facts import Map, Maps, Noise, Pair, Pairs, Probe, Published, Shares, Sight
from space.session import SHOWN, Session, short_labels
from space.text import words
from space.text.toolkit import spoken

WIDTH, HEADS, STEM, NOISE_STEM = 32, 2, (4, 4, 8, 8, 16), (4, 8)
"""Sizes of the narrow copy of the published configuration; depths, tokens and everything else are as published."""

SEED = 0
SETTLING = 4  # made pictures that the narrow copy's batch normalisation sees
TABLED = 3  # pairs in step 4's table
OVER_FACE = 0.85  # opacity of the strongest cell, as in the figures

_published: list[Detector] = []
_lock = Lock()


def number_of(value: object) -> int:
    """A step's number as the page sent it, 1 to lesson.COUNT; anything else is the first."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= lesson.COUNT:
        return int(value)
    return 1


def show(detector: Detector, session: Session, number: int) -> str:
    """HTML of a step's card, measured on the face at hand."""
    return lesson_card(step(detector, session, number), _named(session))


def step(detector: Detector, session: Session, number: int) -> Step:
    """A step, 1 to lesson.COUNT, measured on the face at hand under the visitor's own descriptions.

    Without a judged face, or where the detector lacks the part in question, the step comes with the sentence why it
    asks nothing.
    """
    verdict = session.now or session.start
    if verdict is None:
        return lesson.untold(number, _text(detector, number), words.LESSON_NO_FACE)
    try:
        return _BUILDERS[number - 1](detector, verdict)
    except ValueError as error:
        return lesson.untold(number, _text(detector, number), spoken(str(error)))


def sight(detector: Detector, verdict: Verdict) -> Step:
    """Step 1 of a verdict."""
    scale = float(detector.model.scale)
    views = verdict.descriptions
    return lesson.sight(
        Sight(
            names=tuple(_name(view.description) for view in views),
            fake=tuple(view.description.fake for view in views),
            cosines=tuple(view.similarity / scale for view in views),
            scale=scale,
            language=verdict.language,
            size=detector.config.embed_dim,
        )
    )


def noise(detector: Detector, verdict: Verdict) -> Step:
    """Step 2 of a verdict."""
    subject = Subject.of(detector, verdict)
    with torch.no_grad():
        sizes = subject.residual_of(subject.windows).abs().mean(dim=(1, 2, 3)).tolist()
    ledger = explain(detector, verdict, "ledger")
    return lesson.noise(
        Noise(
            homogeneity=verdict.patch.homogeneity,
            residuals=tuple(sizes),
            patches=tuple(png(window) for window in verdict.face.crop.windows),
            index=verdict.patch.index,
            margin=ledger.explained,
            without=ledger.explained - float(ledger.values["ablation"][1]),
        )
    )


def shares(detector: Detector, verdict: Verdict) -> Step:
    """Step 3 of a verdict."""
    ledger = explain(detector, verdict, "ledger")
    contributions = ledger.values["contributions"].tolist()
    streams = len(contributions) - len(LEVELS)
    return lesson.shares(
        Shares(
            levels=tuple(contributions[streams:]),
            streams=tuple(contributions[:streams]),
            base=float(ledger.values["base"][0]),
            margin=ledger.explained,
            weights=tuple(detector.model.language.level_weights.tolist()),
        )
    )


def pairs(detector: Detector, verdict: Verdict) -> Step:
    """Step 4 of a verdict: judged twice, the second time by a model without pair attention."""
    subject = Subject.of(detector, verdict)
    result = explain(detector, verdict, "pair_attention")
    similarity, gate, weight = (result.values[name][0] for name in ("similarity", "gate", "weight"))
    change = np.nan_to_num(result.values["change"][0])
    # the nearest description, the one that training would have pressed most and the one it would have freed most
    rows = list(dict.fromkeys([int(similarity.argmax()), int(change.argmax()), int(change.argmin())]))
    rows += [row for row in range(len(similarity)) if row not in rows]
    names = [_name(row) for row in verdict.hierarchy]
    return lesson.pairs(
        Pairs(
            pairs=tuple(
                Pair(names[row], float(similarity[row]), float(gate[row]), float(weight[row]))
                for row in rows[:TABLED]
            ),
            # both sides anew and alike, or the two could differ by what a batch's order of sums makes of float32
            margin=subject.under(detector).explained,
            without=subject.under(ungated(detector)).explained,
            absent=detector.config.alignment.kind == "none",
            slots=AUTHORS.alignment.slots,
            floor=GATE_FLOOR,
        )
    )


def ungated(detector: Detector) -> Detector:
    """The detector with sample pair attention taken out; every weight is shared with it."""
    bare = copy.copy(detector.model)
    bare._modules = dict(detector.model._modules)
    bare.alignment = OpenGate()
    return Detector(bare, detector.name)


def published(detector: Detector, verdict: Verdict) -> Step:
    """Step 5 of a verdict: its face before the published computation, with random weights."""
    authors = published_detector()
    judged = authors(verdict.face.crop.face, cropped=True)
    of_verdict = explain(authors, judged, "audit", target="margin")
    of_language = explain(authors, judged, "audit", target="language")
    features = feature_changes(authors)
    rows = [row.sentences for row in authors.hierarchy]
    with torch.no_grad():
        text = authors.model.encode_descriptions(rows)
    levels = [f"level {number}: {name}" for number, name in enumerate(LEVELS, start=1)]
    return lesson.published(
        Published(
            levels=tuple(
                _probe(shown, name, of_verdict, of_language, change)
                for shown, name, change in zip(words.LESSON_LEVELS, levels, features, strict=True)
            ),
            others=tuple(
                _probe(shown, name, of_verdict, of_language)
                for shown, name in zip(
                    words.LESSON_PUBLISHED_INPUTS,
                    ("face pixels", "residual of the chosen patch"),
                    strict=True,
                )
            ),
            moving=_moving(of_verdict, levels),
            speaking=_moving(of_language, levels),
            descriptions=len(rows),
            distinct=len(torch.unique(text, dim=0)),
            tokens=len(LEVELS) * CONTEXT,
            parameters=parameters(),
        )
    )


def parameters() -> int:
    """How many numbers the narrow copy has."""
    return sum(weight.numel() for weight in published_detector().model.parameters())


def published_detector() -> Detector:
    """Configuration `authors`, narrow, with random weights that are the same at every start; made once, thread-safe.

    Its batch normalisation has seen made pictures once, since fresh statistics let nothing of a face through sixteen
    convolutions.
    """
    with _lock:
        if not _published:
            _published.append(_narrow())
        return _published[0]


def _narrow() -> Detector:
    config = replace(
        AUTHORS,
        embed_dim=WIDTH,
        text=replace(AUTHORS.text, width=WIDTH, heads=HEADS),
        image=replace(AUTHORS.image, width=WIDTH, heads=HEADS, stem=STEM),
        noise=replace(AUTHORS.noise, width=WIDTH, heads=HEADS, stem=NOISE_STEM),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model = MFCLIP(config)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        model.train()
        model.encode_faces(made_pictures(SETTLING, FACE_SIZE, np.random.default_rng(SEED)))
    return Detector(model, config.name)


@torch.no_grad()
def feature_changes(authors: Detector) -> tuple[float, ...]:
    """(4,): the largest change of a description's text feature when the sentence of a level is replaced.

    A real and a fake description stand for all. The four sentences' 308 tokens are laid end to end, padded and read
    under the causal mask at level 1's end, as published: nothing is taken from `LanguageEncoder.read_of`, which leaves
    levels 2 to 4 out because of what this shows.
    """
    rows = [
        list(next(row for row in authors.hierarchy if row.fake is side).sentences) for side in (False, True)
    ]
    before = read_whole(authors.model, rows)
    changes = []
    for level in range(len(LEVELS)):
        other = [[*row[:level], CONTROL, *row[level + 1 :]] for row in rows]
        changes.append(float((read_whole(authors.model, other) - before).abs().max()))
    return tuple(changes)


@torch.no_grad()
def read_whole(model: MFCLIP, rows: list[list[str]]) -> Tensor:
    """K rows of four sentences → text features (K, D), all 4 × 77 tokens read under the mask, as published."""
    flat = tokenize([sentence for row in rows for sentence in row])
    padded = torch.zeros(len(flat.ids), CONTEXT, dtype=flat.ids.dtype)
    padded[:, : flat.ids.shape[1]] = flat.ids
    joined = padded.view(len(rows), len(LEVELS) * CONTEXT)
    return model.language.read(model.language.embed(joined), flat.end[:: len(LEVELS)])[0]


def maps(detector: Detector, verdict: Verdict) -> Step:
    """Step 6 of a verdict: its map, that of mixed-up weights and the face's edges, in an order that the face sets."""
    subject = Subject.of(detector, verdict)
    method = METHODS["grid"]
    trained = method.run(subject).values["map"]
    forgotten = method.run(subject.under(randomised(detector, SEED))).values["map"]
    face = verdict.face.crop.face
    cells = {"trained": trained, "forgotten": forgotten, "edges": edges(subject, SEED)}
    orders = list(itertools.permutations(cells))
    drawn = hashlib.sha256(np.ascontiguousarray(face).tobytes()).digest()[0]
    return lesson.maps(
        Maps(
            maps=tuple(_map(name, cells[name], face) for name in orders[drawn % len(orders)]),
            alike={
                (first, second): alike(np.abs(cells[first]), np.abs(cells[second]))
                for first, second in itertools.combinations(cells, 2)
            },
            signed=alike(trained, forgotten),
            line=ALIKE_RANDOMISED,
            side=len(trained),
            coloured=data_url(
                painted(trained, float(np.abs(trained).max()) or 1.0, face=face, side=FACE_SIZE)
            ),
        )
    )


def _map(name: str, cells: np.ndarray, face: np.ndarray) -> Map:
    sizes = np.abs(cells)
    row, column = np.unravel_index(int(sizes.argmax()), sizes.shape)
    peak = None if name == "edges" else float(sizes.max())
    return Map(name, _stretched(sizes, face), (int(row) + 1, int(column) + 1), peak)


def _stretched(sizes: np.ndarray, face: np.ndarray) -> str:
    """Data URL of sizes (H, W) over the grey face in one hue, stretched from their least to their largest."""
    spread = float(np.ptp(sizes)) or 1.0
    share = OVER_FACE * enlarged((sizes - sizes.min()) / spread, FACE_SIZE, smooth=False)[..., None]
    hue = np.array(channels(inks("light").unsigned), dtype=np.float32)
    under = grey(face).astype(np.float32)[..., None]
    return data_url(np.clip((1 - share) * under + share * hue, 0, 255).round().astype(np.uint8))


def _probe(
    shown: str, name: str, of_verdict: Result, of_language: Result, feature: float | None = None
) -> Probe:
    place = of_verdict.labels["change"].index(name)
    return Probe(
        shown,
        float(of_verdict.values["gradient"][place]),
        float(of_verdict.values["change"][place]),
        float(of_language.values["change"][place]),
        feature,
    )


def _moving(audit: Result, names: list[str]) -> int:
    findings = dict(zip(audit.labels["change"], audit.labels["findings"], strict=True))
    return sum(findings[name] != CANNOT for name in names)


def _named(session: Session) -> str:
    """A short name of the verdict that a card was measured on, of which nothing can be read."""
    verdict = session.now or session.start
    if verdict is None:
        return ""
    content = np.ascontiguousarray(verdict.face.crop.face).tobytes() + repr(verdict.hierarchy).encode()
    return hashlib.sha256(content).hexdigest()[:16]


def _name(row: Description) -> str:
    _, *finer = short_labels(row)
    return " · ".join(dict.fromkeys(finer)) if row.fake else row.sentences[0].strip()[:SHOWN]


def _text(detector: Detector, number: int) -> tuple[str, ...]:
    """A step's paragraphs where nothing was measured, filled with what is known without a face."""
    fields = {
        "size": detector.config.embed_dim,
        "count": WINDOWS_PER_SIDE**2,
        "slots": AUTHORS.alignment.slots,
        "floor": f"{GATE_FLOOR:g}",
        "tokens": len(LEVELS) * CONTEXT,
        "parameters": f"{parameters():,}" if number == 5 else "",
    }
    return tuple(sentence.format(**fields) for sentence in lesson.paragraphs(number))


_BUILDERS = (sight, noise, shares, pairs, published, maps)
