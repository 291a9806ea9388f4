"""The page: its sections in order, and every listener."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from explain.figures import Bar, draw_similarities, draw_tree
from mfclip import Detector, NoFace
from mfclip.photo import Photo, read_photo
from mfclip.prompts import describe_forgery
from space.components import descriptions, face_views, tree_view, verdict_card
from space.components.example_strip import Example, examples
from space.components.headings import header
from space.judging import Given, judge, settle, tokens, verdict_json
from space.session import Session, begin, short_labels
from space.tabs import about, language, photo, why
from space.text import words

SWEEP, KEEP = 60, 600
"""Seconds between two sweeps of the upload folder, and the age at which a file in it goes."""

ONE_AT_A_TIME: dict[str, Any] = {"concurrency_id": "session", "concurrency_limit": 1}
"""Every listener that reads and writes a session waits its turn, or two answers could overwrite each other."""

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


class Page:
    """The handlers, with the detector they ask. Each returns values in the order of the outputs it is wired to."""

    def __init__(self, detector: Detector, shown: tuple[Example, ...]) -> None:
        self.detector, self.shown = detector, shown
        self.decision = detector.config.decision

    def verdict(self, session: Session, key: int) -> list[Any]:
        """What an edit can change: card, sum, tree, its list, the rows, the change, the bars."""
        now = session.now
        return [
            verdict_card.verdict_card(session, self.decision),
            verdict_card.readouts_card(session, self.decision),
            None if now is None else draw_tree(tree_view.branches(now.tree)),
            tree_view.tree_list(session),
            descriptions.description_list(session, key),
            descriptions.change_card(session, self.decision),
            _bars(session),
        ]

    def views(self, session: Session, given: Given) -> list[Any]:
        """What only another photo or face can change: face, patch, the numbered faces."""
        return [
            face_views.face_view(session),
            face_views.patch_view(session),
            face_views.faces_map(session, given if isinstance(given, Photo) else None),
        ]

    def editor(self, session: Session, key: int) -> list[Any]:
        """What the editor shows of a row: key, side, four sentences, tokens."""
        row = session.row(key) or session.rows[0]
        return [
            row.key,
            "fake" if row.fake else "real",
            *row.sentences,
            descriptions.token_line(tokens(row.sentences)),
        ]

    def look(
        self, session: Session, given: Given, cropped: bool, key: int, face: int | None = None
    ) -> Iterator[list[Any]]:
        """A photo, a mode or a face (None: the largest) was chosen: clear what stood there, then show the verdict."""
        empty = session.judged(None)
        cleared = [verdict_card.pending_card(), *self.verdict(empty, key)[1:]]
        choice = gr.skip() if face is not None else gr.update(choices=[], value=None, visible=False)
        yield [empty, *cleared, *self.views(empty, None), choice]
        session = judge(self.detector, session, given, bool(cropped), face or 0)
        choice = gr.skip() if face is not None else _face_choice(session)
        yield [session, *self.verdict(session, key), *self.views(session, given), choice]

    def pick(self, event: gr.EventData) -> tuple[str, bool]:
        """An example was chosen: it becomes the photo, which is then judged like any other."""
        return str(self.shown[int(event.index)].path), False

    def edit(self, session: Session, key: int, side: str, *sentences: str) -> list[Any]:
        """The editor was left or applied: take its text, answer at once."""
        edited = session.with_text(int(key), side == "fake", [sentence or "" for sentence in sentences])
        if edited is session:
            return [gr.skip()] * (2 + len(self.verdict_names))
        session = settle(self.detector, edited)
        counted = descriptions.token_line(tokens(tuple(sentence or "" for sentence in sentences)))
        return [session, *self.verdict(session, int(key)), counted]

    verdict_names = ("card", "readouts", "tree", "branches", "rows", "change", "bars")

    def choose(self, session: Session, event: gr.EventData) -> list[Any]:
        """Another row was chosen in the list."""
        key = int(event.key)
        return [descriptions.description_list(session, key), *self.editor(session, key)]

    def add(self, session: Session) -> list[Any]:
        """One more description, taken into the editor."""
        new = describe_forgery(words.NEW_KIND, words.NEW_FAMILY, words.NEW_GENERATOR)
        session, key = session.with_new(new)
        return self._restarted(settle(self.detector, session), key)

    def remove(self, session: Session, key: int) -> list[Any]:
        """The row in the editor goes; its neighbour comes into the editor."""
        session, neighbour = session.without(int(key))
        return self._restarted(settle(self.detector, session), neighbour)

    def reset(self, session: Session) -> list[Any]:
        """All edits undone."""
        session = settle(self.detector, session.reset())
        return self._restarted(session, session.rows[0].key)

    def as_json(self, given: Given, cropped: bool) -> dict:
        """Judge one photo, largest face, under the unedited descriptions.

        photo: a JPEG, PNG or WebP picture. cropped: it is a face crop already, look for no face. Returns the
        verdict: evidence in words, probability, margin and its readouts, face, patch, descriptions and tree.
        """
        try:
            return verdict_json(self.detector, given, bool(cropped))
        except (NoFace, ValueError) as error:
            raise gr.Error(str(error), print_exception=False) from None

    def _restarted(self, session: Session, key: int) -> list[Any]:
        return [session, *self.verdict(session, key), *self.editor(session, key)]


def build(detector: Detector) -> gr.Blocks:
    """The page of a detector, its first example already judged."""
    shown = examples()
    page = Page(detector, shown)
    session = begin(detector.hierarchy)
    session = judge(detector, session, read_photo(shown[0].path))
    first = session.rows[0]
    now = dict(zip(Page.verdict_names, page.verdict(session, first.key), strict=True))
    face, patch, _ = page.views(session, None)
    with gr.Blocks(
        title=words.TITLE, analytics_enabled=False, delete_cache=(SWEEP, KEEP), elem_id="mf-page"
    ) as blocks:
        state = gr.State(session)
        header()
        photo_tab = photo.draw(shown, now["card"])
        why_tab = why.draw(now["readouts"], face, patch, now["tree"], now["branches"])
        token_line = descriptions.token_line(tokens(first.sentences))
        language_tab = language.draw(now["rows"], first, token_line, now["change"], now["bars"])
        about_tab = about.draw()
        _wire(page, state, photo_tab, why_tab, language_tab, about_tab)
    return blocks


def _wire(
    page: Page,
    state: gr.State,
    photo_tab: photo.PhotoTab,
    why_tab: why.WhyTab,
    language_tab: language.LanguageTab,
    about_tab: about.AboutTab,
) -> None:
    lab = language_tab
    verdict = [
        photo_tab.card,
        why_tab.readouts,
        why_tab.tree,
        why_tab.branches,
        lab.rows,
        lab.change,
        lab.bars,
    ]
    looked = [state, *verdict, why_tab.face, why_tab.patch, photo_tab.faces, photo_tab.face]
    editor = [*lab.editor, lab.tokens]
    given = [state, photo_tab.photo, photo_tab.cropped, lab.key]
    turn = {**PRIVATE, **ONE_AT_A_TIME}
    photo_tab.examples.pick(page.pick, None, [photo_tab.photo, photo_tab.cropped], queue=False, **PRIVATE)
    photo_tab.photo.change(page.look, given, looked, **turn)
    photo_tab.cropped.input(page.look, given, looked, **turn)
    photo_tab.face.input(page.look, [*given, photo_tab.face], looked, **turn)
    commits = [lab.apply.click, lab.side.input]
    commits += [event for box in lab.sentences for event in (box.submit, box.blur)]
    for event in commits:
        # "multiple": leaving two fields in quick succession must not lose the second
        event(page.edit, [state, *lab.editor], [state, *verdict, lab.tokens], trigger_mode="multiple", **turn)
    lab.rows.choose(page.choose, state, [lab.rows, *editor], trigger_mode="always_last", **turn)
    lab.add.click(page.add, state, [state, *verdict, *editor], **turn)
    lab.remove.click(page.remove, [state, lab.key], [state, *verdict, *editor], **turn)
    lab.reset.click(page.reset, state, [state, *verdict, *editor], **turn)
    about_tab.show.click(
        page.as_json,
        [photo_tab.photo, photo_tab.cropped],
        about_tab.json,
        api_name="verdict",
        **ONE_AT_A_TIME,
    )


def _face_choice(session: Session) -> Any:
    count = len(session.start.faces) if session.start else 0
    if count < 2:
        return gr.update(choices=[], value=None, visible=False)
    names = [words.FACE_FIRST if number == 0 else words.FACE_OTHER for number in range(count)]
    choices = [(name.format(number=number + 1), number) for number, name in enumerate(names)]
    return gr.update(choices=choices, value=0, visible=True)


def _bars(session: Session) -> Any:
    if session.now is None or session.start is None:
        return None
    before = {
        row.key: view.similarity
        for row, view in zip(session.original, session.start.descriptions, strict=True)
    }
    bars = [
        Bar(f"{number} {short_labels(row)[3][:32]}", row.fake, view.similarity, before.get(row.key))
        for number, (row, view) in enumerate(
            zip(session.rows, session.now.descriptions, strict=True), start=1
        )
    ]
    return draw_similarities(bars, words.BARS_AXIS, words.BARS_NAMES)
