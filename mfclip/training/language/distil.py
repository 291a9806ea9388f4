"""A text tower that has learned from MiniLM how sentences lie to each other, before any face is seen.

The target of a sentence is its MiniLM embedding, centred (the mean of sentences about pictures says only that they are
about pictures) and reduced by PCA of such sentences to the tower's width. The tower's feature at the end token, before
the text projection, is drawn towards it in cosine, and the cosines among a batch towards MiniLM's own.

The token table is MiniLM's embedding of every CLIP token, read as a word by itself, times one matrix (384, width) that
is learned with the tower: the table moves only as a whole, so a token that the corpus never holds moves along with
its synonyms.
"""

import dataclasses
import hashlib
import json
import logging
import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from open_clip.tokenizer import SimpleTokenizer
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from mfclip.config import Config, TextConfig
from mfclip.language import SEAM, LanguageEncoder
from mfclip.prompts import LEVELS
from mfclip.tokens import VOCABULARY, Tokens, tokenize
from mfclip.training.language import teacher
from mfclip.training.language.corpus import Corpus, about_pictures, build_corpus
from mfclip.training.language.probe import probe
from mfclip.training.recipes import Recipe
from mfclip.training.schedule import one_cycle

logger = logging.getLogger(__name__)

FOLDER = "language"
"""Folder of the cache for the teacher's embeddings and distilled towers."""

BATCH = 128
POOL = 16  # batches that are sorted by length together, so that little is padded
LEARNING_RATE = 2e-3
GRAM = 10.0
"""Weight of the squared error of the cosines within a batch, which is about a tenth of the loss of the rest."""

TABLE_SCALE = 0.5
"""Root mean square of the token table at the start, about that of what a fresh block adds to it."""

BAG = 4.0
"""What the first block of a fresh student adds to the end token: this many times the mean of its sentence's tokens."""

QUIET = 0.2
"""What the other parts of a fresh student add, as a share of open_clip's own start."""

VERSION = 1
"""Raised whenever the way a tower is made changes, so that none from a cache is taken for another."""


class Student(nn.Module):
    """The tower with an identity for its projection, and its token table as vectors (V, 384) times one matrix."""

    vectors: Tensor

    def __init__(self, text: TextConfig, vectors: Tensor, reduce: Tensor) -> None:
        super().__init__()
        self.encoder = LanguageEncoder(text, text.width)
        tower = self.encoder.tower
        with torch.no_grad():
            tower.text_projection.copy_(torch.eye(text.width))
            tower.positional_embedding.normal_(std=0.02)
        self._begin_as_bag_of_words()
        for fixed in (tower.text_projection, tower.token_embedding.weight):
            fixed.requires_grad_(False)
        self.register_buffer("vectors", vectors)
        self.reduce = nn.Parameter(reduce.clone())
        # The tokens that start and end a sentence are no words: their rows are learned by themselves.
        self.marks = nn.Parameter(torch.randn(VOCABULARY - len(vectors), text.width) * 0.1)

    @torch.no_grad()
    def _begin_as_bag_of_words(self) -> None:
        """Let the first attention take the mean of all tokens, and all else add little: a far better start."""
        blocks = list(self.encoder.tower.transformer.resblocks)
        width = blocks[0].attn.embed_dim
        for block in blocks:
            block.mlp.c_proj.weight *= QUIET
            block.attn.out_proj.weight *= QUIET
        first = blocks[0].attn
        first.in_proj_weight[: 2 * width] *= QUIET
        first.in_proj_weight[2 * width :] = torch.eye(width)
        first.out_proj.weight.copy_(torch.eye(width) * BAG)

    def forward(self, tokens: Tokens) -> Tensor:
        """N sentences → features (N, W) at the end token, before any projection."""
        words = self.vectors[tokens.ids.clamp(max=len(self.vectors) - 1)] @ self.reduce
        mark = (tokens.ids - len(self.vectors)).clamp(min=0)
        embedded = torch.where((tokens.ids < len(self.vectors))[..., None], words, self.marks[mark])
        return self.encoder.read(embedded, tokens.end)[0]

    def tower_state(self, embed_dim: int) -> dict[str, Tensor]:
        """State of the tower with its table multiplied out and a projection (W, embed_dim) that keeps all angles.

        The projection is a random one of orthonormal rows (columns, if embed_dim is the smaller).
        """
        state = {key: value.detach().clone() for key, value in self.encoder.tower.state_dict().items()}
        table = torch.cat([self.vectors @ self.reduce, self.marks]).detach()
        state["token_embedding.weight"] = table.contiguous()
        width = state["text_projection"].shape[0]
        state["text_projection"] = nn.init.orthogonal_(torch.empty(width, embed_dim))
        return state


@dataclasses.dataclass(frozen=True)
class Lesson:
    """What is learned: sentences, their centred embeddings (N, 384) of length 1, and targets (N, W) of length 1."""

    sentences: tuple[str, ...]
    centred: Tensor
    targets: Tensor


def token_words() -> list[str]:
    """The text of every CLIP token but the two that start and end a sentence, spaces gone."""
    tokenizer = SimpleTokenizer()
    ordinary = range(VOCABULARY - len(tokenizer.all_special_ids))
    return [tokenizer.decode([number]).strip() for number in ordinary]


def _components(rows: Tensor, width: int) -> Tensor:
    """(384, width): the leading principal directions of centred rows (N, 384), each with a fixed sign."""
    _, directions = torch.linalg.eigh((rows.T @ rows).double())
    leading = directions.flip(-1)[:, :width].float()
    signs = leading.gather(0, leading.abs().argmax(dim=0, keepdim=True)).sign()
    return leading * signs


def _remembered(path: Path, sentences: tuple[str, ...], told: str) -> Tensor:
    """The teacher's embeddings of the sentences, kept in a file that is named by them."""
    if path.is_file():
        kept: Tensor = torch.load(path, weights_only=True)
        return kept.float()
    embeddings = teacher.embed(sentences, told)
    _save(path, embeddings.half())
    return embeddings.half().float()  # as it will be read next time


def _save(path: Path, content: Tensor | dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    torch.save(content, partial)
    partial.replace(path)


def _batches(ends: Tensor, generator: torch.Generator) -> Iterator[Tensor]:
    """Index batches without end: every sentence once a round, those of a batch about equally long."""
    size = min(BATCH, len(ends))
    while True:
        order = torch.randperm(len(ends), generator=generator)
        for pool in order.split(size * POOL):
            batches = pool[ends[pool].argsort()].split(size)
            for number in torch.randperm(len(batches), generator=generator).tolist():
                yield batches[number]


def _loss(features: Tensor, targets: Tensor, centred: Tensor) -> Tensor:
    features = F.normalize(features.float(), dim=-1)
    cosine = 1 - (features * targets).sum(dim=-1).mean()
    return cosine + GRAM * (features @ features.T - centred @ centred.T).square().mean()


def _joined(lesson: Lesson, rows: Tensor) -> tuple[list[str], Tensor, Tensor]:
    """Texts of four sentences each for a tower that reads them jointly, with the means of what is said of each."""
    groups = torch.stack([rows, *(rows[torch.randperm(len(rows))] for _ in LEVELS[1:])], dim=1)
    texts = [SEAM.join(lesson.sentences[i] for i in group) for group in groups.tolist()]
    targets, centred = (
        F.normalize(table[groups].mean(dim=1), dim=-1) for table in (lesson.targets, lesson.centred)
    )
    return texts, targets, centred


def train_student(student: Student, lesson: Lesson, steps: int) -> None:
    """AdamW on a one-cycle schedule for `steps` batches; draws from torch's global random state."""
    matrices = [p for p in student.parameters() if p.requires_grad and p.ndim > 1]
    others = [p for p in student.parameters() if p.requires_grad and p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, LEARNING_RATE, betas=(0.9, 0.98))
    schedule = one_cycle(optimiser, LEARNING_RATE, steps)
    joint = student.encoder.levels == "joint"
    tokens = tokenize(lesson.sentences)
    batches = _batches(tokens.end, torch.Generator().manual_seed(torch.initial_seed()))
    bar = tqdm(range(steps), desc="distilling the text tower", unit="step")
    for step in bar:
        rows = next(batches)
        targets, centred = lesson.targets[rows], lesson.centred[rows]
        ends = tokens.end[rows]
        batch = Tokens(tokens.ids[rows, : int(ends.max()) + 1], ends)
        if joint:
            texts, targets, centred = _joined(lesson, rows)
            batch = student.encoder.tokens(texts)
        with torch.autocast(targets.device.type, dtype=torch.bfloat16):
            features = student(batch)
        loss = _loss(features, targets, centred)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([*matrices, *others], 1.0)
        optimiser.step()
        schedule.step()
        if step % 50 == 0:
            bar.set_postfix(loss=f"{loss.item():.3f}")


@torch.inference_mode()
def features_of(student: Student, sentences: Sequence[str]) -> Tensor:
    """Features (N, W) of N sentences, before any projection."""
    parts = [sentences[start : start + BATCH] for start in range(0, len(sentences), BATCH)]
    return torch.cat([student(tokenize(part)) for part in parts])


def _hash(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, default=list).encode()).hexdigest()[:16]


def _distil(folder: Path, recipe: Recipe, config: Config, corpus: Corpus) -> dict[str, Tensor]:
    """Train a student and measure it on what was held out; both go into the log and the tower's JSON file."""
    sentences = corpus.sentences[: recipe.distil_steps * BATCH]
    words = tuple(token_words())
    embeddings = _remembered(folder / f"corpus-{_hash(sentences)}.pt", sentences, "teacher reads the corpus")
    vectors = _remembered(folder / f"tokens-{_hash(words)}.pt", words, "teacher reads the tokens")
    pictures = embeddings[torch.tensor([about_pictures(sentence) for sentence in sentences])]
    mean = pictures.mean(dim=0)
    centred = embeddings - mean
    components = _components(pictures - mean, config.text.width)
    lesson = Lesson(sentences, F.normalize(centred, dim=-1), F.normalize(centred @ components, dim=-1))
    scale = TABLE_SCALE * math.sqrt(config.text.width)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        student = Student(config.text, vectors - vectors.mean(dim=0), components * scale)
        train_student(student, lesson, recipe.distil_steps)
        state = student.tower_state(config.embed_dim)
    figures: dict[str, Any] = {"sentences": len(sentences), "steps": recipe.distil_steps}
    for name, texts in (
        ("held_out_words", tuple(f"a photo of a {word} face" for word in corpus.held_out_words)),
        ("held_out_sentences", corpus.held_out_sentences),
    ):
        targets = (teacher.embed(texts, f"teacher reads {name}") - mean) @ components
        cosines = F.cosine_similarity(features_of(student, texts), targets)
        figures[f"cosine_on_{name}"] = round(float(cosines.mean()), 4)
    figures["development"] = {
        "tower": probe(lambda texts: features_of(student, texts)),
        "teacher": probe(lambda texts: teacher.embed(texts, "teacher's own probe") - mean),
    }
    logger.info("distilled text tower: %s", figures)
    (folder / f"{_key(recipe, config, corpus)}.json").write_text(
        json.dumps(figures, indent=1), encoding="utf-8"
    )
    return state


def _key(recipe: Recipe, config: Config, corpus: Corpus) -> str:
    text = dataclasses.asdict(config.text)
    told = _hash(VERSION, recipe.distil_steps, recipe.seed, text, config.embed_dim, corpus.sentences)
    return f"tower-{told}"


def prepare_tower(cache: Path, recipe: Recipe, config: Config) -> dict[str, Tensor]:
    """The state of `language.tower` for a configuration, distilled from MiniLM, from the cache if it is there.

    Kept under cache/language by steps, seed, shape of the tower and corpus; the text projection is a random one that
    keeps all angles. Raises ValueError if the teacher is not installed, or the tower is wider than its embeddings.
    """
    if config.text.width > teacher.WIDTH:
        raise ValueError(
            f"The text tower is {config.text.width} wide and MiniLM's embeddings {teacher.WIDTH}; distil a tower of at "
            f"most {teacher.WIDTH}, or train it with --text trained."
        )
    folder = cache / FOLDER
    corpus = build_corpus(teacher.vocabulary())
    path = folder / f"{_key(recipe, config, corpus)}.pt"
    if path.is_file():
        kept: dict[str, Tensor] = torch.load(path, weights_only=True)
        return kept
    folder.mkdir(parents=True, exist_ok=True)
    state = _distil(folder, recipe, config, corpus)
    _save(path, state)
    return state
