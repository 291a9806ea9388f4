"""Pieces of the page: each turns plain values into one gradio component or into HTML."""
