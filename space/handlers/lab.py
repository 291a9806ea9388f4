"""The language lab: descriptions are edited, added, removed, replaced and taken along; the verdict answers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from mfclip.prompts import LEVELS, Description, describe_forgery
from space.components import descriptions
from space.components.markup import notice, text
from space.components.presets import PRESETS
from space.exchange import MAX_BYTES, from_code, from_json, to_code, to_json
from space.handlers.verdict import Judging
from space.judging import settle, tokens, unseen
from space.session import Choice, Session
from space.text import speaking, words
from space.text.toolkit import spoken

Values = list[Any]

LONGEST = 100_000
"""Characters of a sentence that are kept: far beyond what is allowed, so that what was pasted can be shortened."""


class Lab:
    """The handlers of the lab; what they answer of the verdict is drawn as Judging draws it.

    Those that may change the descriptions answer in one order: session, verdict (`Judging.verdict`), editor, undo and
    redo, note. A choice is the code of a `Choice`.
    """

    def __init__(self, judging: Judging) -> None:
        self.detector, self.judging = judging.detector, judging
        # session, verdict, the nine of `editor`, undo, redo and note
        self.outputs = 1 + len(judging.verdict_names) + 9 + 3

    def editor(self, session: Session, code: int) -> Values:
        """What the editor shows of a choice: its code, side, four sentences, scope, tokens, the button to remove it."""
        choice = Choice.of(code)
        members = session.members(choice)
        row = members[0] if members else session.rows[0]
        if not members:
            choice = Choice(row.key)
        shown = [choice.level in (0, level) for level in range(1, len(LEVELS) + 1)]
        label = words.REMOVE_BRANCH.format(count=len(members)) if choice.level else words.REMOVE
        return [
            choice.code,
            gr.update(value="fake" if row.fake else "real", visible=not choice.level),
            *(
                gr.update(value=sentence, visible=seen)
                for sentence, seen in zip(row.sentences, shown, strict=True)
            ),
            *self._below(session, choice),
            gr.update(value=label),
        ]

    def edit(self, session: Session, code: Any, side: str, *sentences: str | None) -> Values:
        """The editor was left or applied: take its text, answer at once. Session, verdict, scope, tokens, undo, redo,
        note; the fields themselves are left alone, since the visitor may be typing in the next one."""
        with speaking(session.language):
            typed = [_readable(sentence) for sentence in sentences]
            choice = self._choice(session, code)
            if choice.level:
                edited = session.with_branch(choice, typed[choice.level - 1])
            else:
                edited = session.with_text(choice.key, side == "fake", typed)
            if edited is session:
                return [gr.skip()] * (6 + len(self.judging.verdict_names))
            session = settle(self.detector, edited)
            return [
                session,
                *self.judging.verdict(session, choice.code),
                *self._below(session, choice),
                *self._history(session),
                "",
            ]

    def choose(self, session: Session, event: gr.EventData) -> Values:
        """Another description or branch was chosen in the list: the list and the editor."""
        with speaking(session.language):
            choice = self._choice(session, getattr(event, "key", None))
            return [
                descriptions.description_list(session, choice.code),
                *self.editor(session, choice.code),
            ]

    def add(self, session: Session) -> Values:
        """One more description, taken into the editor."""
        with speaking(session.language):
            new = describe_forgery(words.NEW_KIND, words.NEW_FAMILY, words.NEW_GENERATOR)
            session, key = session.with_new(new)
            return self._settled(session, key)

    def remove(self, session: Session, code: Any) -> Values:
        """The description or branch in the editor goes; its neighbour comes into the editor."""
        with speaking(session.language):
            session, neighbour = session.without(self._choice(session, code))
            return self._settled(session, neighbour)

    def reset(self, session: Session) -> Values:
        """The checkpoint's own descriptions again."""
        with speaking(session.language):
            return self._settled(session.reset())

    def undo(self, session: Session, code: Any) -> Values:
        """The last edit undone."""
        with speaking(session.language):
            return self._settled(session.undone(), self._choice(session, code).code)

    def redo(self, session: Session, code: Any) -> Values:
        """The edit that was undone last done again."""
        with speaking(session.language):
            return self._settled(session.redone(), self._choice(session, code).code)

    def everyday(self, session: Session) -> Values:
        """The checkpoint's own descriptions in everyday words."""
        return self._reworded(session, "everyday")

    def nonsense(self, session: Session) -> Values:
        """Sentences without a meaning in place of the checkpoint's own."""
        return self._reworded(session, "nonsense")

    def _reworded(self, session: Session, name: str) -> Values:
        with speaking(session.language):
            session = session.with_rows(PRESETS[name](session.original))
            return self._settled(session, note=notice(words.PRESET_DONE[name], "done"))

    def export(self, session: Session) -> str:
        """The descriptions as typed, as JSON, for the browser to save; "" where the server has let go of them."""
        if not session.opened:
            gr.Warning(text(session.problem))
            return ""
        return to_json(session.rows)

    def open_file(self, session: Session, path: str | None) -> Values:
        """A JSON file was given: its descriptions in place of all, or a sentence, and nothing lost."""
        with speaking(session.language):
            read, problem = _read(lambda: from_json(_content(path)))
            if read is None:
                said = notice(words.NOT_IMPORTED.format(problem=spoken(problem)))
                return [*[gr.skip()] * (self.outputs - 1), said]
            note = notice(words.IMPORTED.format(count=len(read)), "done")
            return self._settled(session.with_rows(read), note=note)

    def link(self, session: Session) -> list[str]:
        """The last part of a link to the descriptions, empty where there is none, and the note."""
        if not session.opened:
            return ["", notice(session.problem)]
        with speaking(session.language):
            try:
                return [to_code(session.rows), notice(words.LINK_READY, "done")]
            except ValueError as error:
                return ["", notice(spoken(str(error)))]

    def open_link(self, session: Session, code: str) -> Values:
        """The page was opened, with a link's last part or "": its descriptions, or a sentence and the checkpoint's own.
        The values of all handlers."""
        with speaking(session.language):
            if not code:
                return [gr.skip()] * self.outputs
            read, problem = _read(lambda: from_code(code))
            if read is None:
                said = words.NOT_OPENED.format(problem=spoken(problem))
                gr.Warning(text(said))
                return self._settled(session, note=notice(said))
            said = words.OPENED.format(count=len(read))
            gr.Info(text(said))
            return self._settled(session.with_rows(read), note=notice(said, "done"))

    def _settled(self, session: Session, code: int | None = None, note: str = "") -> Values:
        session = settle(self.detector, session)
        code = session.rows[0].key if code is None else self._choice(session, code).code
        return [
            session,
            *self.judging.verdict(session, code),
            *self.editor(session, code),
            *self._history(session),
            note,
        ]

    def _below(self, session: Session, choice: Choice) -> list[str]:
        """What stands around the editor: which descriptions an edit reaches, and the tokens."""
        members = session.members(choice)
        sentences: tuple[str, ...] = members[0].sentences
        levels: tuple[str, ...] = LEVELS
        said = words.SCOPE_ROW
        if choice.level:
            place = choice.level - 1
            sentences, levels = sentences[place : choice.level], LEVELS[place : choice.level]
            count = len(members)
            said = words.SCOPE_BRANCH_ONE if count == 1 else words.SCOPE_BRANCH.format(count=count)
        new = sorted(unseen(self.detector, sentences))
        return [
            f'<p class="mf-small">{text(said)}</p>',
            descriptions.token_line(tokens(sentences), new, levels),
        ]

    def _history(self, session: Session) -> Values:
        return [gr.update(interactive=bool(session.past)), gr.update(interactive=bool(session.future))]

    def _choice(self, session: Session, code: Any) -> Choice:
        """The choice of a code that a browser sent; the first row's where it names none."""
        try:
            choice = Choice.of(int(code))
        except (TypeError, ValueError, OverflowError):
            return Choice(session.rows[0].key)
        return choice if session.members(choice) else Choice(session.rows[0].key)


def _readable(sentence: str | None) -> str:
    """A sentence as sent, without halves of characters, which no answer could carry back."""
    return (sentence or "")[:LONGEST].encode("utf-8", "replace").decode("utf-8")


def _content(path: str | None) -> bytes:
    """What a given file holds, no more of it than is needed to see that it is too large."""
    if not path:
        raise ValueError(words.IMPORT_NONE)
    try:
        size = Path(path).stat().st_size
        if size > MAX_BYTES:
            raise ValueError(words.IMPORT_LARGE.format(size=size, limit=MAX_BYTES))
        return Path(path).read_bytes()
    except OSError:
        raise ValueError(words.IMPORT_GONE) from None


def _read(
    reading: Callable[[], tuple[Description, ...]],
) -> tuple[tuple[Description, ...] | None, str]:
    """What was read, or None and the sentence why not."""
    try:
        return reading(), ""
    except ValueError as error:
        return None, str(error)
