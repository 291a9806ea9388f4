"""The named endpoints as another program meets them: gradio_client against app.py in its own process."""

import json

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

import explain
from mfclip import load
from space.components.example_strip import examples

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def client(address, tmp_path_factory):
    return Client(address, verbose=False, download_files=str(tmp_path_factory.mktemp("client")))


@pytest.fixture(scope="module")
def portrait():
    return examples()[0].path


@pytest.fixture(scope="module")
def verdict(portrait):
    return load()(portrait)


def test_only_the_three_endpoints_are_offered(client):
    told = client.view_api(return_format="dict", print_info=False)
    assert set(told["named_endpoints"]) == {"/verdict", "/explain", "/prompts"}
    assert not told["unnamed_endpoints"]


def test_a_verdict_equals_the_detectors_own(client, portrait, verdict):
    told = client.predict(handle_file(portrait), False, api_name="/verdict")
    assert told["probability"] == pytest.approx(verdict.probability, abs=1e-4)
    assert told["evidence"] == verdict.evidence


def test_the_ledger_adds_up_to_the_margin_it_comes_with(client, portrait, verdict):
    told = client.predict(handle_file(portrait), "ledger", "margin", "{}", False, api_name="/explain")
    assert told["margin"] == pytest.approx(verdict.margin, abs=1e-3)
    values = told["result"]["values"]
    assert values["base"][0] + sum(values["contributions"]) == pytest.approx(told["margin"], abs=1e-5)


def test_edited_prompts_say_what_they_changed(client, portrait, verdict):
    rows = [[("fake" if row.fake else "real"), *row.sentences] for row in verdict.hierarchy]
    told = client.predict(handle_file(portrait), json.dumps(rows), api_name="/prompts")
    assert told["change"] == {"margin": pytest.approx(0, abs=1e-4), "probability": pytest.approx(0, abs=1e-4)}
    fewer = client.predict(handle_file(portrait), json.dumps([rows[0], rows[-1]]), api_name="/prompts")
    assert abs(fewer["change"]["margin"]) > 0.01


def test_mistakes_come_back_as_one_sentence(client, portrait):
    photo = handle_file(portrait)
    for arguments, endpoint, expected in (
        ((photo, "nonsense", "margin", "{}", False), "/explain", explain.METHODS),
        ((photo, "ledger", "margin", "[1]", False), "/explain", ["JSON object"]),
        ((photo, "[["), "/prompts", ["JSON"]),
    ):
        with pytest.raises(AppError) as caught:
            client.predict(*arguments, api_name=endpoint)
        said = str(caught.value)
        assert any(word in said for word in expected) and "Traceback" not in said and "File " not in said
