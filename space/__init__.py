"""The page: the only room that knows gradio.

Telemetry is switched off here, before any module of this room can import gradio.
"""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
