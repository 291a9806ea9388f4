"""Every sentence a visitor reads, by language; `words` gives those of the language that is being spoken.

A language is a set of modules with the same names as the English ones; a test compares them. What the toolkit says by
itself is put into the page's words by `space.text.toolkit`, from the tables of the modules said_….

One word for one thing, in both languages (tests/space/test_languages.py holds the others off):

    attention 注意力 · audit 输入排查 · baseline 基线 · band of uncertainty 不确定区间 · cell 格子 · checkpoint 检查点
    description 描述 · evidence 证据 · face 人脸 · fake 伪造 · forgery 伪造 · gate 门控值 · generator 生成器
    head 分类头 · heat map 热图 · homogeneity 同质性 · image stream 图像流 · language 语言 · ledger 账目 · level 级
    logit logit · margin 间隔 · noise stream 噪声流 · pair 样本对 · patch 图块 · photo 照片 · prompt 提示词
    readout 读数 · real 真实 · receipt 检验凭证 · residual 残差 · sample pair attention 样本对注意力 · sentence 句子
    share 份额 · similarity 相似度 · spectrum 频谱 · stream 流 · token (of text) 词元 · verdict 判定 · weights 权重
    word 词 · you 你
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any

from space.text import (
    about_en,
    about_zh,
    en,
    explain_en,
    explain_zh,
    lab_en,
    lab_zh,
    lesson_en,
    lesson_zh,
    report_en,
    report_zh,
    said_en,
    said_errors_zh,
    said_figures_zh,
    said_methods_zh,
    said_notes_zh,
    said_report_zh,
    trust_en,
    trust_zh,
    zh,
)

LANGUAGES: dict[str, tuple[ModuleType, ...]] = {
    "en": (en, explain_en, lab_en, trust_en, lesson_en, about_en, report_en, said_en),
    "zh": (
        *(zh, explain_zh, lab_zh, trust_zh, lesson_zh, about_zh, report_zh),
        *(said_methods_zh, said_notes_zh, said_figures_zh, said_errors_zh, said_report_zh),
    ),
}
DEFAULT = "en"

_spoken: ContextVar[str] = ContextVar("spoken", default=DEFAULT)


class Words:
    """The sentences by name, in the language that `speaking` set for the thread at hand."""

    def __getattr__(self, name: str) -> Any:
        if name.isupper():
            for module in LANGUAGES[_spoken.get()]:
                if hasattr(module, name):
                    return getattr(module, name)
        raise AttributeError(f"There is no sentence called {name!r} in {_spoken.get()!r}.")


words = Words()


def joined(*sentences: str) -> str:
    """Sentences one after the other, empty ones left out, as the language that is spoken sets them apart."""
    return str(words.SENTENCE_JOIN).join(filter(None, sentences))


def language() -> str:
    """The key in LANGUAGES of the language that is being spoken."""
    return _spoken.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language inside the block; one that there is none of is the default's."""
    before = _spoken.get()
    _spoken.set(language if language in LANGUAGES else DEFAULT)
    try:
        yield
    finally:
        # Not by a token: gradio takes every step of a generator in another context, where it would be refused.
        _spoken.set(before)
