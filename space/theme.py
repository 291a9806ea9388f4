"""How the page looks: gradio's theme in ink and paper, and the style sheet; only data has colour."""

from pathlib import Path

import gradio as gr

from explain.figures.palette import FAKE, NEGATIVE, POSITIVE, REAL, inks

ROOM = Path(__file__).parent
CSS = [ROOM / name for name in ("theme.css", "lab.css", "trust.css", "lesson.css")]

FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Helvetica Neue", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]


SETTINGS = {
    "body_background_fill": "#fbfbfa",
    "body_background_fill_dark": "#14171c",
    "body_text_color": "#1b2430",
    "body_text_color_dark": "#e6e9ee",
    "body_text_color_subdued": "#566070",
    "body_text_color_subdued_dark": "#a6afbc",
    "background_fill_primary": "#ffffff",
    "background_fill_primary_dark": "#1b2027",
    "background_fill_secondary": "#f4f4f2",
    "background_fill_secondary_dark": "#20262e",
    "border_color_primary": "#dfe1e4",
    "border_color_primary_dark": "#333b46",
    "block_background_fill": "#ffffff",
    "block_background_fill_dark": "#1b2027",
    "block_border_width": "1px",
    "block_shadow": "none",
    "block_label_background_fill": "transparent",
    "block_label_background_fill_dark": "transparent",
    "block_label_border_width": "0px",
    "block_label_text_color": "#566070",
    "block_label_text_color_dark": "#a6afbc",
    "block_title_text_weight": "500",
    "block_info_text_size": "14px",
    "block_info_text_color": "#566070",
    "block_info_text_color_dark": "#a6afbc",
    "input_background_fill": "#ffffff",
    "input_background_fill_dark": "#14171c",
    "input_border_width": "1px",
    "input_border_color": "#c9cdd3",
    "input_border_color_dark": "#414b58",
    "input_border_color_focus": "#1b2430",
    "input_border_color_focus_dark": "#e6e9ee",
    "button_primary_background_fill": "#1b2430",
    "button_primary_background_fill_dark": "#e6e9ee",
    "button_primary_background_fill_hover": "#37414f",
    "button_primary_background_fill_hover_dark": "#ffffff",
    "button_primary_text_color": "#ffffff",
    "button_primary_text_color_dark": "#14171c",
    "button_secondary_background_fill": "transparent",
    "button_secondary_background_fill_dark": "transparent",
    "button_secondary_background_fill_hover": "#eceded",
    "button_secondary_background_fill_hover_dark": "#2a313b",
    "button_secondary_border_color": "#c9cdd3",
    "button_secondary_border_color_dark": "#414b58",
    "button_border_width": "1px",
    "checkbox_background_color_dark": "#14171c",
    "checkbox_border_color_dark": "#5a6675",
    "checkbox_background_color_selected": "#1b2430",
    "checkbox_background_color_selected_dark": "#4f6b8f",
    "checkbox_border_color_selected": "#1b2430",
    "checkbox_border_color_selected_dark": "#9fb6d3",
    "link_text_color": "#1b2430",
    "link_text_color_dark": "#e6e9ee",
}
"""Of gradio's theme variables, the ones this page sets; `_dark` is the dark page's value."""


class Theme(gr.themes.Base):
    """Neutral greys, fonts of the visitor's own system (no font is fetched), roomy text."""

    def __init__(self) -> None:
        super().__init__(
            primary_hue="slate",
            secondary_hue="slate",
            neutral_hue="slate",
            text_size="md",
            radius_size="md",
            spacing_size="md",
            font=FONTS,
            font_mono=MONO,
        )
        self.name = "mfclip"
        super().set(**SETTINGS)


def colours() -> str:
    """Style rules that hand the figures' colours to the style sheet."""
    purple, green = (f"rgb{tuple(channel)}" for channel in (NEGATIVE, POSITIVE))
    dark = inks("dark")
    return (
        f":root{{--mf-real:{REAL};--mf-fake:{FAKE};--mf-below:{purple};--mf-above:{green}}}"
        f".dark{{--mf-real:{dark.real};--mf-fake:{dark.fake}}}"
    )
