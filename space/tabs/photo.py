"""The photo on the left, the verdict on the right."""

from dataclasses import dataclass

import gradio as gr

from space.components.example_strip import PICK, Example, example_strip
from space.components.face_image import face_image
from space.components.headings import heading
from space.text import words


@dataclass(frozen=True)
class PhotoTab:
    """The photo's inputs, the choice of face and the verdict."""

    photo: gr.Image
    cropped: gr.Checkbox
    examples: gr.HTML
    faces: gr.HTML
    face: gr.Radio
    card: gr.HTML
    cause: gr.HTML
    progress: gr.HTML


def draw(shown: tuple[Example, ...], card: str, cause: str, progress: str) -> PhotoTab:
    """Draw the section with the first example in place; card, cause, progress: HTML of its verdict."""
    heading("photo")
    with gr.Row(equal_height=False, elem_classes="mf-split"):
        with gr.Column(scale=5, min_width=300):
            photo = face_image(
                value=shown[0].path,
                format="png",
                label=words.PHOTO,
                show_label=False,
                alt_text=words.PHOTO_ALT,
                placeholder=words.PHOTO_PLACEHOLDER,
                sources=["upload", "webcam", "clipboard"],
                webcam_options=gr.WebcamOptions(mirror=False),
                buttons=[],
                height=320,
                elem_id="mf-photo",
            )
            cropped = gr.Checkbox(
                label=words.CROPPED, info=words.CROPPED_INFO, container=False, elem_id="mf-cropped"
            )
            gr.HTML(f'<p class="mf-small">{words.PRIVACY}</p>')
        with gr.Column(scale=6, min_width=300):
            card_html = gr.HTML(card, elem_id="mf-verdict")
            cause_html = gr.HTML(cause, elem_id="mf-cause")
            progress_html = gr.HTML(progress, elem_id="mf-progress")
            face = gr.Radio(
                choices=[],
                label=words.FACE_CHOICE,
                visible=False,
                elem_id="mf-face-choice",
            )
            faces = gr.HTML("", elem_id="mf-faces")
    gr.HTML(f'<p class="mf-label">{words.EXAMPLES}</p>')
    strip = gr.HTML(
        example_strip(shown, words.EXAMPLES, shown[0].name), js_on_load=PICK, elem_id="mf-example-strip"
    )
    return PhotoTab(photo, cropped, strip, faces, face, card_html, cause_html, progress_html)
