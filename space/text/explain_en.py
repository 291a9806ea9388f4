"""The explanations of the page in English."""

# Sections below the verdict
TABS = {
    "ledger": "Ledger",
    "where": "Where",
    "words": "Words",
    "noise": "Noise",
    "trust": "Trust",
    "pairs": "Pairs",
    "compare": "Compare",
    "learn": "Learn",
    "about": "About",
}

# What drove it, in a sentence
CAUSE_TITLE = "What drove it"
PLAYER_NAMES = {
    "image stream": "the face as a whole (image stream)",
    "noise stream": "the noise of its richest patch (noise stream)",
    "level 1: authenticity": "the sentences on authenticity (level 1)",
    "level 2: forgery kind": "the sentences on the kind of forgery (level 2)",
    "level 3: family": "the sentences on the family of generators (level 3)",
    "level 4: generator": "the sentences that name generators (level 4)",
}
CAUSE_MOST = (
    "The largest share came from {player}: it made the odds of {side} {times} times as high ({value} logits)."
)
CAUSE_NEXT = "Next came {player}: {times} times towards {side} ({value} logits)."
CAUSE_AGAINST = "Against it stood {player}: {times} times towards {side} ({value} logits)."
CAUSE_ALONE = "Nothing of weight spoke against it."
CAUSE_NOTHING = (
    "No part moved this decision by more than {least} logits, at most {points} percentage points of P(fake)."
)
CAUSE_START = (
    "Together the shares point towards {side} and do not outweigh the start: a photo of which nothing is known stands "
    "at P(fake) {before}."
)
CAUSE_TOTAL = (
    "All six shares together move P(fake) from {before} to {after}, or the margin from {base} to {total} logits "
    "(above 0 is towards fake)."
)
CAUSE_UNIT = "Logits are the unit of the ledger: they add up where odds multiply, and {double} of them double the odds."
SIDE_NAMES = {"real": "real", "fake": "fake"}

# Progress
EXPLAINING = "Explaining: {name}, step {number} of {count}{left}"
LEFT = ", about {seconds} s left"
EXPLAINED = "Explained in {seconds} s by {methods}."
METHOD_NAMES = {
    "ledger": "ledger",
    "grid": "model's cells",
    "occlusion": "covering",
    "pixels": "pixels",
    "attention": "attention",
    "words": "words",
    "noise": "noise",
    "audit": "audit",
    "pairs": "words × patches",
    "pair_attention": "pair attention",
    "counterfactuals": "other words",
}
NOT_EXPLAINED = "Nothing to explain without a verdict."
STOPPED = "Stopped. What was there before is still shown."

# Ledger
LEDGER_LEAD = (
    "Who decided: how much each of the two streams and the four prompt levels added, averaged over all orders of "
    "adding them (Shapley shares), in logits, the unit of the margin. They start from a face that says nothing and add "
    "up to the margin. The lower chart counts the same parts in two other ways, which need not add up."
)
LEDGER_FIGURE = "Waterfall of the six shares that add up to the margin"
AUDIT_LEAD = (
    "What could move this verdict at all? Every input is replaced in turn, and the margin read again."
)
AUDIT_BUTTON = "Audit every input"
AUDIT_READ_TITLE = "How to read this"
AUDIT_READ = (
    "One bar an input: how far the margin moved when that input was replaced, orange-red to the right towards fake, "
    "blue to the left towards real. Of several replacements the one that moved it most is shown; point at a bar to see "
    "which. A long bar is a place from which this verdict can be moved; an input that cannot move it cannot have "
    "driven it. Descriptions are numbered as under “Words”. The bars do not add up to the margin, and do not say why."
)
STOP = "Stop"
AUDIT_FIGURE = "How far each input moved the margin when it was replaced"

# Where
WHERE_LEAD = (
    "Where on the face the margin comes from. Orange-red speaks for fake, blue for real, and nothing is drawn where "
    "nothing was found. The map is of the image stream; what the noise stream reads stays as "
    "it is, and has a map of its own under “Noise”. Maps and words share one scale."
)
MAP_METHOD = "Method"
MAP_CHOICES = {
    "occlusion": "Covering: what the margin loses when a cell is blurred",
    "pixels": "Pixels: how the margin grows from a starting picture to the face (integrated gradients)",
    "grid": "Model's cells: the same on the cells into which the model cuts the face",
    "attention": "Attention: where the model mixed information, never why",
}
MAP_RUN = "Draw the map"
MAP_STOP = "Stop"
MAP_OPACITY = "Strength of the map over the face"
MAP_ONLY_FACE = "face only"
MAP_FULL = "map at full strength"
MAP_SMOOTH = "Smooth between cells (looks only)"
MAP_OWN = "On this map's own scale"
MAP_OWN_INFO = "Shows faint maps better, but its colours can then not be compared with those of other panels."
MAP_PANELS = {"face": "over the face", "patch": "over the richest patch"}
MAP_ALT = "{method} {panel}: {cells} cells, the strongest in row {row}, column {column}, {value} logits"
MAP_READ = "Point at a cell, or use the arrow keys on the map, to read its value."
MAP_CELL = "Row {row}, column {column}: {value} logits"
MAP_SUM = "All cells together: {sum} logits."
MAP_GAP = "They miss what they should add up to by {gap}."
MAP_COST = "It took {cost} runs of the model, {seconds} s."
MAP_REFUTED = "This map failed its test (see Trust) and is drawn in grey: do not read it."
MAP_FIGURE = "Attention by block and head"
KNOB_NAMES = {
    "steps": "Steps on the way",
    "baseline": "Compared with",
    "side": "Cells along a side",
    "fill": "Covered cells show",
    "noise": "The noise stream is",
    "stream": "Stream",
    "layer": "Layer",
    "reference": "Compared with",
    "skip": "Share that passes by the attention",
}
CAVEAT_TITLE = "What it cannot say"
NOTES_TITLE = "Noticed on the way"

# Words
WORDS_LEAD = "Which words moved the margin (bars), and what truly happens when each is left out (diamonds)."
WORDS_FIGURE = "Words with the largest shares"

# Noise
NOISE_LEAD = (
    "The noise stream takes one of four patches: the richest, whose neighbouring pixels differ most. Here are all four "
    "with their scores, what another patch would have said, and the residual the stream listened to."
)
NOISE_FIGURE = "Richness, other patches, spectrum, and residuals of the candidates"

# Pairs
PAIRS_LEAD = (
    "Used in training only: for every face and every description, the gate of sample pair attention sets how hard a "
    "wrong pair is pushed apart. No verdict reads it. Your face stands beside the page's examples."
)
PAIRS_BUTTON = "Compare with the examples"
PAIRS_FIGURE = "Similarity, gate and gated similarity of faces and descriptions"
PAIRS_YOURS = "your photo"

# Report
REPORT_LEAD = "Take what is shown with you: verdict, explanations and the record of how they were made."
REPORT_HTML = "Report (HTML)"
REPORT_JSON = "Report (JSON)"
REPORT_FACE = "With the face in it"
REPORT_FACE_INFO = "Left out unless you ask: a report travels further than a page."
REPORT_UNPROVEN = "No test of it was asked for on the page."

# Named endpoints
API_ROWS = (
    'descriptions must be a JSON list of rows of five texts: ["real" or "fake", authenticity, forgery kind, family, '
    "generator]."
)
API_LONG = "{name} has {found} characters; at most {limit} are read. Send fewer."
API_JSON = "{name} is not valid JSON: check quotes, commas and brackets."
