import base64
import hashlib
import html
import json
import re
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import mfclip
from explain import METHODS
from explain import __main__ as cli
from explain import report as reports
from explain.against import evidence_against
from explain.conditions import Conditions, nearest_quality
from explain.report import make_report
from explain.report_html import to_html
from explain.subject import Subject
from mfclip import __main__ as mfclip_cli
from mfclip.errors import CheckpointError
from tests.explain.conftest import make_small
from tests.explain.figures.made_up import corner, ledger, receipt, result, words

HOSTILE = "a<script>alert(1)</script> & 'b' \"{{7*7}}\".jpg".replace("/", "⁄")


@pytest.fixture(scope="module")
def small():
    return make_small()


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    from skimage import data

    path = tmp_path_factory.mktemp("photo") / HOSTILE
    Image.fromarray(np.ascontiguousarray(data.astronaut()[..., :3])).save(path, quality=83)
    return path


@pytest.fixture(scope="module")
def made(small, photo):
    return make_report(small, photo, ["ledger", "grid", "words", "audit"], seed=3, quick=True)


@pytest.fixture(scope="module")
def page(made):
    return to_html(made)


def text_of(page: str) -> str:
    """What a reader sees, without scripts and styles."""
    bare = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", bare)))


def test_the_verdict_comes_first_then_what_speaks_against_it(made, page):
    said = text_of(page)
    places = [
        said.rindex(part)  # what speaks against the verdict names some of them, too
        for part in (
            made.verdict.sentence,
            "Strongest evidence against",
            "Ledger",
            "Model's cells",
            "Words",
            "Audit",
            "Record",
        )
    ]
    assert places == sorted(places)


def test_the_record_holds_what_the_numbers_were_made_with(small, made, page):
    said, decision = text_of(page), small.config.decision
    for fact in (
        "random" if "random" in small.name else small.name,
        f"between {decision.low:.4f} and {decision.high:.4f}; {decision.origin}",
        "JPEG, 512 × 512 px, RGB",
        "JPEG quality 83, colours 4:2:0",
        made.conditions.sha256,
        "weights that were never written to a file",
        "Seed 3",
        f"torch {reports.versions()['torch']}",
    ):
        assert fact in said, fact
    x0, y0, x1, y1 = made.verdict.face.crop.region
    assert f"x {x0}–{x1}, y {y0}–{y1} of the photo, one face found" in said


def test_a_checkpoints_hash_and_revision_are_held(made):
    stored = type("Stored", (), {"revision": "ab" * 20, "sha256": "cd" * 32})()
    detector = type("Loaded", (), {**{n: getattr(made.detector, n) for n in ("name", "config", "model")}})()
    detector.checkpoint = stored
    page = text_of(to_html(replace(made, detector=detector, results=(), receipts={})))
    assert "ab" * 20 in page and "cd" * 32 in page


def test_a_hostile_name_stays_a_name(page):
    assert "<script>alert" not in page and "{{7*7}}" in text_of(page) and HOSTILE in text_of(page)


def test_nothing_but_its_own_scripts_may_run(page):
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.S)
    hashes = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
    assert len(scripts) == 2 and all(f"'sha256-{one}'" in policy for one in hashes)
    assert policy.startswith("default-src 'none'") and "unsafe-eval" not in policy
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=[\"'](?!data:)", page)


def test_every_figure_has_its_data_in_both_themes(made, page):
    named = re.findall(r'data-figure="([^"]+)"', page)
    data = dict(
        re.findall(r'<script type="application/json" data-for="([^"]+)">(.*?)</script>', page, flags=re.S)
    )
    assert set(named) == set(data) and {result.method for result in made.results} <= set(named)
    assert all(set(json.loads(one)) == {"light", "dark"} for one in data.values())


def test_without_the_face_no_picture_and_no_fine_array_is_there(small, made, page):
    pictures = re.compile(r"data:image")
    shown = re.sub(r"<script>.*?</script>", "", page, flags=re.S)
    assert not pictures.search(shown) and "The face is left out" in page
    with_face = re.sub(r"<script>.*?</script>", "", to_html(replace(made, with_face=True)), flags=re.S)
    assert len(pictures.findall(with_face)) >= 2 and "The face is left out" not in with_face
    pixels = METHODS["pixels"].run(Subject.of(small, made.verdict), steps=8, limit=8)
    told = json.loads(replace(made, results=(pixels,)).to_json())["results"][0]
    assert set(told["omitted"]) == {"pixels", "residual"} and "pixels" not in told["values"]
    assert np.shape(told["values"]["map"]) == (14, 14)


def test_the_json_holds_the_same_and_is_strict(made):
    told = json.loads(made.to_json(), parse_constant=lambda word: pytest.fail(word))
    assert told["verdict"]["sentence"] == made.verdict.sentence and told["record"]["seed"] == 3
    assert [one["method"] for one in told["results"]] == ["ledger", "grid", "words", "audit"]
    assert set(told["receipts"]) == set(made.receipts) and told["receipts"]["ledger"]["verdict"] == "holds"
    shares = told["results"][0]["values"]
    assert sum(shares["contributions"]) + shares["base"][0] == pytest.approx(
        told["verdict"]["margin"], abs=1e-5
    )


def test_a_failed_receipt_greys_the_map_and_is_said_at_the_head(made):
    page = to_html(replace(made, receipts={"grid": replace(receipt("fails"), method="grid")}))
    assert re.search(r'<section id="grid" class="part fails">', page)
    assert "Model's cells: the receipt fails" in text_of(page) and text_of(page).count("receipt fails") >= 2
    assert 'data-figure="grid-proof"' in page


def test_a_method_that_refuses_and_a_result_without_receipt_say_why(made):
    page = text_of(
        to_html(replace(made, refused={"attention": "It has one token."}, unproven={"audit": "No cells."}))
    )
    assert "Attention Not explained: It has one token." in page and "No receipt. No cells." in page


def test_a_pale_map_is_shown_again_and_labelled(made):
    pale = replace(made.results[1], method="grid", values={"map": corner(14, 0.01)})
    strong = replace(made.results[1], method="occlusion", values={"map": corner(7, 0.5)})
    page = to_html(replace(made, results=(pale, strong), receipts={}))
    assert re.findall(r'data-figure="([^"]+)"', page) == ["grid", "grid-stronger", "occlusion"]
    assert "colours 50 times as strong" in page


class Judged:
    def __init__(self, probability: float) -> None:
        self.probability = probability


def test_evidence_against_is_the_largest_share_towards_the_other_side():
    shown = [result(map=corner(14, -0.3)), ledger(), words(), result("pairs", map=corner(7, -9.0))]
    forged = evidence_against(Judged(0.9), shown, {})
    assert [(piece.method, piece.value) for piece in forged] == [
        ("ledger", -0.2),
        ("pixels", -0.3),
        ("words", -0.1),
    ]
    assert forged[0].what == "noise stream" and "row 1, column 14 of 14 × 14 on the face" in forged[1].what
    real = evidence_against(Judged(0.1), shown, {})
    assert [(piece.method, piece.value) for piece in real] == [("ledger", 0.5), ("words", 0.2)]


def test_next_to_nothing_is_no_evidence_against():
    assert evidence_against(Judged(0.9), [result(map=corner(14, -0.019))], {}) == ()
    assert len(evidence_against(Judged(0.9), [result(map=corner(14, -0.021))], {})) == 1


def test_a_witness_whose_receipt_fails_is_not_heard():
    shown = [ledger(), result(map=corner(14, -0.3))]
    assert [p.method for p in evidence_against(Judged(0.9), shown, {"pixels": receipt("fails")})] == [
        "ledger"
    ]
    assert len(evidence_against(Judged(0.9), shown, {"pixels": receipt("weak")})) == 2


@pytest.mark.parametrize("quality", [1, 20, 50, 75, 83, 95, 100])
def test_a_jpegs_quality_is_read_from_its_tables(tmp_path, quality):
    Image.new("RGB", (40, 30), "gray").save(tmp_path / "a.jpg", quality=quality, subsampling=0)
    found = Conditions.of(tmp_path / "a.jpg")
    assert (found.quality, found.exact, found.subsampling, found.format) == (quality, True, "4:4:4", "JPEG")


def test_other_tables_and_formats_are_told_apart(tmp_path):
    with_table = [[7] * 64, [9] * 64]
    Image.new("RGB", (40, 30)).save(tmp_path / "b.jpg", qtables=with_table)
    other = Conditions.of(tmp_path / "b.jpg")
    assert not other.exact and f"about {other.quality}" in other.sentence and 80 < other.quality < 100
    Image.new("RGB", (40, 30)).save(tmp_path / "c.png")
    plain = Conditions.of(tmp_path / "c.png")
    assert plain.quality is None and plain.sentence.startswith("PNG, 40 × 30 px, RGB, ")
    (tmp_path / "d.jpg").write_text("no picture")
    with pytest.raises(ValueError, match=r"'d.jpg' has no header .* save it as one of these"):
        Conditions.of(tmp_path / "d.jpg")
    with pytest.raises(ValueError, match="64 numbers are needed"):
        nearest_quality(np.ones(3))


@pytest.fixture
def loaded(monkeypatch, small):
    def load(name=None):
        if name == "broken":
            raise CheckpointError("There is no checkpoint folder 'broken': give a folder.")
        return small

    monkeypatch.setattr(mfclip, "load", load)


@pytest.fixture
def mfclip_command(monkeypatch):
    """`python -m mfclip`; explain's command is run by name there, which warns of a module that is imported already."""
    monkeypatch.delitem(sys.modules, "explain.__main__", raising=False)
    return mfclip_cli.main


def test_the_command_writes_both_files_whole(mfclip_command, loaded, photo, tmp_path, capsys):
    page, told = tmp_path / "report.html", tmp_path / "report.json"
    given = [str(photo), "--out", str(page), "--json", str(told), "--methods", "ledger, audit", "--quick"]
    assert mfclip_command(["explain", *given]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{HOSTILE}: ") and err == ""
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [one["method"] for one in json.loads(told.read_text(encoding="utf-8"))["results"]] == [
        "ledger",
        "audit",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]


def test_json_goes_to_stdout_alone(loaded, photo, capsys):
    assert cli.main([str(photo), "--json", "-", "--methods", "ledger", "--target", "language"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["target"] == "language" and told["results"][0]["explained"] == pytest.approx(
        told["verdict"]["readouts"]["language"], abs=1e-5
    )


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ([], 2, "say where to write"),
        (["--out", "/nowhere/report.html"], 2, "a file in a folder that exists"),
        (["--json", "-", "--with-face"], 2, "--with-face concerns the HTML report"),
        (["--json", "-", "--methods", "ledger,tarot"], 2, "choose among ledger"),
        (["--json", "-", "--target", "mood"], 2, "it must be margin, head, language or description:ROW"),
        (["--json", "-", "--seed", "-1"], 2, "not a whole number from 0 on"),
        (["--json", "-", "--face", "0"], 2, "not a whole number from 1 on"),
        (["--json", "-", "--face", "2", "--cropped"], 2, "drop one of them"),
        (["--json", "-", "--checkpoint", "broken"], 3, "There is no checkpoint folder 'broken'"),
        (["--json", "-", "--face", "9", "--methods", "ledger"], 1, "Face 9 was asked for"),
        (["--json", "-", "--target", "description:99", "--methods", "ledger"], 1, "choose 0 to"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_a_code(loaded, photo, capsys, given, code, said):
    try:
        found = cli.main([str(photo), *given])
    except SystemExit as stop:
        found = stop.code
    out, err = capsys.readouterr()
    assert (found, out) == (code, "") and said in err and "Traceback" not in err


def test_no_face_and_no_picture_end_with_the_readers_sentence(
    mfclip_command, loaded, landscape, tmp_path, capsys
):
    Image.fromarray(landscape).save(tmp_path / "hills.png")
    (tmp_path / "notes.jpg").write_text("not a picture")
    for name, said in (("hills.png", "No face was found"), ("notes.jpg", "is not a picture")):
        assert mfclip_command(["explain", str(tmp_path / name), "--json", "-"]) == 1
        assert said in capsys.readouterr().err


def test_a_full_disk_is_said_and_leaves_nothing(loaded, photo, tmp_path, monkeypatch, capsys):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli.os, "replace", refuse)
    assert cli.main([str(photo), "--out", str(tmp_path / "r.html"), "--methods", "ledger"]) == 2
    assert "was not written (No space left on device): choose another file" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_help_of_mfclip_names_the_command(mfclip_command, capsys):
    with pytest.raises(SystemExit):
        mfclip_command(["--help"])
    assert "explain" in capsys.readouterr().out
    assert mfclip_command(["explain", "--help"]) == 0
    assert "--with-face" in capsys.readouterr().out
