"""A report as one HTML file: plotly.js inlined once, figures as data, and a policy that forbids it to ask anybody.

The scripts are allowed by their hashes and nothing else is, so that no name, sentence or note that found its way into
the page could run. Everything a person may have written passes through Jinja's escaping.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from explain import figures
from explain.figures.frame import signed
from explain.figures.inline import as_data, plotly_script
from explain.figures.raster import data_url
from explain.report import Report, plain
from explain.report_words import ENGLISH, Voice
from explain.result import Receipt, Result
from explain.targets import MARGIN
from mfclip.config import DecisionConfig

LAST = ("audit",)
"""Methods that close a report, whatever their place in the register."""

PALE = 3.0
"""A map whose own scale is so many times smaller than the page's is drawn a second time, folded up and labelled."""

THEMES = ("light", "dark")
"""A figure is drawn for both: the reader's machine chooses."""


def to_html(report: Report, voice: Voice = ENGLISH) -> str:
    """The whole file as text, in the words of a voice. With the face only if the report says so."""
    face = np.ascontiguousarray(report.verdict.face.crop.face) if report.with_face else None
    record = report.record
    pictures: dict[str, str] = {}
    parts = list(_parts(report, face, pictures, voice))
    return rendered(
        "report.html",
        voice,
        verdict=report.verdict,
        target=report.target,
        explained=None if report.target == MARGIN else next((r.explained for r in report.results), None),
        against=report.against,
        failing=[
            voice.title(name) for name, receipt in report.receipts.items() if receipt.verdict == "fails"
        ],
        face=None if face is None else data_url(face),
        parts=parts,
        pictures=pictures,
        refused=report.refused,
        descriptions=sorted(report.verdict.descriptions, key=lambda row: -row.similarity),
        record=record,
        facts=[(voice.said(name), voice.said(value)) for name, value in facts(report)],
    )


def rendered(template: str, voice: Voice = ENGLISH, **values: Any) -> str:
    """A page that extends page.html, with the scripts and the style that all of them hold."""
    plotly, script = plotly_script(), resource("report.js")
    return (
        templates()
        .get_template(template)
        .render(
            policy=policy(plotly, script),
            style=Markup(resource("report.css")),
            plotly=Markup(plotly),
            script=Markup(script),
            voice=voice,
            say=voice.words,
            **values,
        )
    )


def policy(*scripts: str) -> str:
    """Content security policy of a page that may run these inline scripts, style itself and show its own pictures."""
    hashes = " ".join(
        "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii") + "'"
        for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def weights_facts(
    checkpoint: str, configuration: str, revision: str | None, sha256: str | None
) -> Iterator[tuple[str, str]]:
    """Which weights judged, as rows of (name, value)."""
    yield "Checkpoint", f"{checkpoint} (configuration {configuration})"
    yield "Revision", revision or "none: a folder on this machine"
    yield "Weights, SHA-256", sha256 or "none: weights that were never written to a file"


def cut_offs(decision: DecisionConfig) -> tuple[str, str]:
    """The band of uncertainty, as a row of (name, value)."""
    return "Cut-offs", f"uncertain between {decision.low:.4f} and {decision.high:.4f}; {decision.origin}"


def facts(report: Report) -> Iterator[tuple[str, str]]:
    """The record as rows of (name, value), in the order in which a reader looks for them."""
    record, decision = report.record, report.detector.config.decision
    yield from weights_facts(
        record["checkpoint"], record["configuration"], record["revision"], record["weights_sha256"]
    )
    yield (
        "Decision",
        (
            f"margin = {decision.a:.6g} · head {signed(report.verdict.head, 4)} + {decision.b:.6g} · language "
            f"{signed(report.verdict.language, 4)} + {decision.c:.6g}; P(fake) = σ(margin / {decision.temperature:.6g})"
        ),
    )
    yield cut_offs(decision)
    x0, y0, x1, y1 = record["crop"]["region"]
    found = len(report.verdict.faces)
    several = f"the chosen one of {found} faces found" if found > 1 else "one face found"
    yield "Crop", f"x {x0}–{x1}, y {y0}–{y1} of the photo, {several if found else 'given as a crop'}"
    kind = "the photo's own pixels" if record["crop"]["native_windows"] else "cut from the enlarged face"
    yield (
        "Noise window",
        f"window {record['crop']['window'] + 1} of {len(report.verdict.patch.homogeneity)}, {kind}",
    )
    if report.conditions:
        yield "File", report.conditions.sentence
        yield "File, SHA-256", report.conditions.sha256
    yield "Target", f"{report.target}"
    yield "Seed", str(report.seed)
    yield "Made", f"{record['made']} on {record['device']}, Python {record['python']}"
    yield "Versions", ", ".join(f"{name} {version}" for name, version in record["versions"].items())


def _parts(
    report: Report, face: np.ndarray | None, pictures: dict[str, str], voice: Voice
) -> Iterator[dict[str, Any]]:
    """What the template shows of each result; pictures inside figures are put into `pictures` by name, each once."""
    scale = figures.scale_of(report.results)
    for result in sorted(report.results, key=lambda result: result.method in LAST):
        receipt = report.receipts.get(result.method)
        refuted = receipt is not None and receipt.verdict == "fails"
        drawn = themes(partial(_drawn, result, scale, face, refuted, voice), pictures)
        proof = _proof(receipt, pictures, voice)
        yield {
            "method": result.method,
            "id": result.method,
            "title": voice.title(result.method),
            "question": voice.question(result.method),
            "figure": drawn,
            "height": drawn["light"]["layout"].get("height", 300),
            "words": _words(result, scale, refuted) if voice.spans else None,
            **_stronger(result, scale, face, refuted, pictures, voice),
            "unproven": report.unproven.get(result.method),
            "receipt": receipt,
            "proof": proof,
            "proof_height": proof["light"]["layout"].get("height", 300) if proof else 0,
            "notes": [voice.said(note) for note in result.notes],
            "caveat": voice.said(result.caveat),
            "site": voice.clause(result.site),
            "sign": voice.clause(result.sign),
            "unit": voice.clause(result.unit),
            "gap": result.gap,
            "cost": result.cost,
            "seconds": result.seconds,
            "settings": ", ".join(f"{name} = {value}" for name, value in result.knobs.items()),
        }


def _drawn(
    result: Result, scale: float, face: np.ndarray | None, refuted: bool, voice: Voice, theme: str
) -> Any:
    return voice.figure(figures.draw(result, scale, theme, face=face, refuted=refuted), result.method)


def _stronger(
    result: Result,
    scale: float,
    face: np.ndarray | None,
    refuted: bool,
    pictures: dict[str, str],
    voice: Voice,
) -> dict[str, Any]:
    """The map on its own scale, where the page's leaves it pale, and how many times stronger its colours then are."""
    own = figures.own_scale(result)
    if result.method == "words" or not 0 < own * PALE < scale:
        return {"stronger": None, "times": 1.0}
    drawn = themes(partial(_drawn, result, own, face, refuted, voice), pictures)
    return {"stronger": drawn, "times": scale / own}


def themes(draw: Callable[[str], Any], pictures: dict[str, str]) -> dict[str, dict[str, Any]]:
    """A figure as data by theme, `draw` given its name; pictures inside of it are put into `pictures` by name."""
    told = {theme: plain(as_data(draw(theme))) for theme in THEMES}
    for figure in told.values():
        for image in figure["layout"].get("images", ()):
            # The face lies under many panels: the file holds it once.
            name = f"picture-{hashlib.sha256(image['source'].encode()).hexdigest()[:16]}"
            pictures[name], image["source"] = image["source"], name
    return told


def _proof(
    receipt: Receipt | None, pictures: dict[str, str], voice: Voice
) -> dict[str, dict[str, Any]] | None:
    if receipt is None or not figures.has_curves(receipt):
        return None
    return themes(lambda theme: voice.figure(figures.draw_receipt(receipt, theme), receipt.method), pictures)


def _words(result: Result, scale: float, refuted: bool) -> Markup | None:
    return Markup(figures.spans(result, scale, refuted=refuted)) if result.method == "words" else None


def resource(name: str) -> str:
    """Text of a file among the templates."""
    return (files("explain") / "templates" / name).read_text(encoding="utf-8")


def templates() -> Environment:
    """The templates, with everything escaped that is not marked as safe, and filters for numbers."""
    environment = Environment(
        loader=PackageLoader("explain"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(signed=signed)
    return environment
