"""What a report from the page says by itself, in English: the toolkit's sentences, or the page's words for them."""

import explain
from explain import report_words

REPORT_HEADLINE = "{evidence} (P(fake) {chance})"
REPORT_WORDS = {
    **report_words.WORDS,
    "against": "Strongest evidence against this verdict, part by part",
    "failing": "{methods}: the test fails; what is drawn in grey there should not be relied on.",
    "no_face": (
        "The face is left out of this report, and with it every picture that could show it. To put it in, tick “With "
        "the face in it” on the page before you press the button (on the command line: --with-face)."
    ),
    "badge_holds": "test: it holds",
    "badge_weak": "test: it is weak",
    "badge_fails": "test: it fails",
    "receipt": "{count} readings of the test",
    "receipt_one": "One reading of the test",
    "reading": "Reading",
    "value": "Value",
    "line": "What it says",
    "failed": "missed",
    "no_line": "for information",
    "curves": "The verdict while cells are taken away, beside random orders of the same cells",
    "no_receipt": "Not tested.",
    "similarity": "Similarity",
    "share": "P",
}
REPORT_QUESTIONS = {name: method.question for name, method in explain.METHODS.items()}
