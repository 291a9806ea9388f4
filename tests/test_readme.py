"""The Space's front matter says what is installed, and nothing that the Hub would refuse."""

import json
import re
from pathlib import Path

import gradio
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# hub-docs, "Spaces Configuration Reference", and the model card keys that the Hub reads on Spaces.
KEYS = set(
    "title emoji colorFrom colorTo sdk python_version sdk_version app_file base_path fullWidth header "
    "short_description models datasets tags thumbnail pinned hf_oauth disable_embedding startup_duration_timeout "
    "custom_headers preload_from_hub suggested_hardware license".split()
)
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


@pytest.fixture(scope="module")
def front() -> dict:
    match = re.match(r"---\n(.*?)\n---\n", README, re.S)
    assert match, "README.md must start with the Space's front matter"
    return yaml.safe_load(match[1])


def test_every_key_is_one_the_hub_knows(front):
    assert set(front) <= KEYS
    assert {"title", "emoji", "sdk", "sdk_version", "app_file", "python_version", "license"} <= set(front)
    assert {front["colorFrom"], front["colorTo"]} <= COLOURS
    assert front["sdk"] == "gradio" and front["license"] == "mit"


def test_the_short_description_fits(front):
    assert 0 < len(front["short_description"]) <= 60


def test_one_version_of_gradio_everywhere(front):
    pins = dict(
        line.split("==")
        for name in ("requirements.txt", "constraints.txt")
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
        if line.startswith("gradio==")
    )
    assert str(front["sdk_version"]) == gradio.__version__ == pins["gradio"]
    for name in ("requirements.txt", "constraints.txt"):
        assert f"gradio=={gradio.__version__}\n" in (ROOT / name).read_text(encoding="utf-8")


def test_the_python_of_the_space_is_supported(front):
    assert isinstance(front["python_version"], str), "3.10 without quotes would be read as 3.1"
    floor = re.search(
        r'requires-python = ">=(\d+)\.(\d+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )
    assert tuple(map(int, front["python_version"].split("."))) >= tuple(map(int, floor.groups()))


def test_constraints_pin_what_the_space_asks_for_and_no_accelerator():
    def names(path: str) -> set[str]:
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        return {
            re.split(r"[=<>\[]", line)[0].lower().replace("-", "_")
            for line in lines
            if line and line[0] != "#"
        }

    assert names("requirements.txt") <= names("constraints.txt")
    assert not [name for name in names("constraints.txt") if name.startswith(("nvidia", "cuda", "triton"))]


def test_the_readme_shows_the_two_commands():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in ("app", "test"):
        assert f"make {command}" in README and f"\n{command}:" in makefile


def test_the_results_are_the_measured_ones():
    """Every row of README's table holds what the evaluation wrote beside the weights, to the digit."""
    results = json.loads((ROOT / "checkpoints" / "tiny" / "results.json").read_text(encoding="utf-8"))
    told = README.split("<!-- results -->")[1].split("<!-- end of results -->")[0]
    table = results["conditions"]["re-saved"]
    for generator, row in table["generators"].items():
        ours, theirs = (
            f"{row[name]['value']:.2f} [{row[name]['low']:.2f}, {row[name]['high']:.2f}]"
            for name in ("detector", "baseline")
        )
        assert f"| {generator} | {row['forgeries']} | {ours} | {theirs} |" in told
    assert f"on {table['above_baseline']} of {len(table['generators'])}" in told
