"""Handing text over as a file in the browser, so that nothing of a visitor's lies on the server's disk."""

HAND_OVER = """if (content) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([content], {type: kind}));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }"""
"""A piece of a script in which `content`, `name` and `kind` (a media type) are known; no content, no file."""
