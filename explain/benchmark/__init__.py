"""The receipts' protocol over a set of faces: `python -m explain.benchmark` writes a table by method.

Nothing else imports this room; it alone of the explanations reads labelled photographs.
"""
