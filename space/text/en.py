"""The page in English."""

from pathlib import Path

LANGUAGE = "English"
LIST_JOIN = ", "
SENTENCE_JOIN = " "
CLAUSE = "{clause}."
DOUBTS_JOIN = "; "
COLON = ": "
TITLE = "MFCLIP Explainer"
HEAD = (
    '<meta name="description" content="How much evidence of forgery a face photo holds, and which language and noise '
    'cues drove that answer."><meta property="og:title" content="MFCLIP Explainer">'
)
LEAD = "How much evidence of forgery is in this face – and which cues drove the answer?"
INTRO = (
    "MFCLIP compares a face with sentences about real and forged faces, and reads the fine noise in one patch of "
    "it. This page shows each step and lets you change the sentences."
)
SECTIONS = {"photo": "Photo and verdict", "lab": "Language lab", "about": "About"}

# Photo
PHOTO = "Photo"
PHOTO_ALT = "The photo that was given"
PHOTO_PLACEHOLDER = "Drop a portrait here\nor click to choose a file\n(JPEG, PNG or WebP)"
PRIVACY = "Your photo is judged in memory on this server and deleted within minutes. Use your own or a free picture."
CROPPED = "This picture is a face crop already"
CROPPED_INFO = "Skips face finding; the central square is judged as it is."
EXAMPLES = "Or start from an example"
EXAMPLE_TEXTS = {
    "astronaut": (
        "Portrait, as taken",
        "Portrait of the astronaut Eileen Collins, unedited",
    ),
    "copied": (
        "Copied by a small autoencoder",
        "The same portrait, its face squeezed to an eighth of its size and drawn anew by a small autoencoder",
    ),
    "redrawn": (
        "Face redrawn from half its size",
        "The same portrait, its face shrunk to half its size and enlarged again",
    ),
    "self_blended": (
        "Face laid over itself",
        "The same portrait, its face turned, tinted and blended over itself",
    ),
    "reshaped": (
        "Eyes and mouth enlarged",
        "The same portrait, eyes and mouth enlarged by warping",
    ),
}
EXAMPLE_SHOWN = "Example: {title}"
YOUR_PHOTO = "Your photo"
EARLIER = (
    "Not looked at yet: the photo or its settings have changed, and this and all below answer the one before."
)
FACE_CHOICE = "Several faces were found. Which one shall be judged?"
FACE_FIRST = "Face {number} (largest)"
FACE_OTHER = "Face {number}"
FACES_ALT = "The photo with {count} faces outlined and numbered from the largest"
NO_PHOTO = "Give a photo, or choose an example, to see a verdict."
UPLOAD_GONE = "The photo is no longer on the server, where uploads are deleted within minutes: give it again."
TOO_MANY_BYTES = "The picture holds more than 20 MB: send a smaller copy."
NOT_BASE64 = "The picture sent is not valid base64: upload it as a file instead."
FORGOTTEN = "This page was idle too long, and the server has let go of its photo and its edits: choose the photo again."
NOTHING = "Nothing to show without a verdict."
NO_FACE_SHOWN = "Nothing to show without a judged face."
LOOKING = "Looking at the face …"

# Verdict
VERDICT = "Verdict"
EVIDENCE = {
    "little": "Little evidence of forgery",
    "uncertain": "Uncertain",
    "substantial": "Substantial evidence of forgery",
}
EVIDENCE_SHORT = {
    "little": "little evidence",
    "uncertain": "uncertain",
    "substantial": "substantial evidence",
}
PROBABILITY = "P(fake)"
SCALE = "P(fake) is {chance}; the band of uncertainty runs from {low} to {high}; after saving as a JPEG again, {again}."
SCALE_ENDS = ("0 % · towards real", "towards fake · 100 %")
BAND = "band of uncertainty {low} – {high}"
NO_BAND = "no band of uncertainty was fitted"
RECOMPRESSED = "after one more JPEG (quality {quality}): {again}"
DOUBTS = "Why this is uncertain"
PHOTO_NOTE = "Note: {note}."
UNDER_EDITS = "Under your edited descriptions; unedited, P(fake) is {chance}."
CAUTION = (
    "A teaching demo, not proof: it errs on many photos, and no score here may be used to accuse anyone."
)
DESCRIPTIONS_WRONG = "No verdict now: the descriptions in the language lab need a correction."

# Sum
SUM_LEAD = (
    "The verdict comes from one number, the margin, and two parts add up to it: the head, which looks at the face and "
    "reads no text, and the language side, which compares the face with the descriptions under “Words”. Right of the "
    "line speaks for fake, left of it for real."
)
SUM_CAPTION = "Weighted readouts that add up to the margin, positive towards fake"
PARTS = ("Head", "Language", "Constant")
PART_NOTES = (
    "image and noise, no text",
    "similarity to the descriptions",
    "a fixed offset, the same for every face",
)
MARGIN = "Margin"
TOWARDS_REAL = "← real"
TOWARDS_FAKE = "fake →"
WITH_CONSTANT = (
    "Language and constant together stand at {language}; if that clearly opposes the head's {head}, the verdict is "
    "called uncertain."
)
CHANCE = "P(fake) = σ(margin ∕ {temperature}) = {chance}."
ORIGIN = "Where these numbers and the band of uncertainty come from: {origin}."

# Face
FACE_ALT = (
    "The face as the model sees it, with four candidate patches outlined; number {index} is the richest"
)
PLACES = ("top left", "top right", "bottom left", "bottom right")
SCORE_HEAD = ("Patch", "Place", "Homogeneity")
RICHEST = "richest"
NATIVE = "The patches are the photo's own pixels, from a face region {side} px wide; the face is resized to {face} px."
REDUCED = (
    "The face region, {side} px wide, was reduced before the patches were cut: not the photo's own pixels."
)
ENLARGED = (
    "The face region is only {side} px wide, so the patches come from the face resized to {face} px: their noise is "
    "partly that of resizing."
)
PRECROPPED = "Pre-cropped mode: no face was looked for."
PATCH_LEAD = (
    "The richest patch, and what three filters (SRM) leave of it when they take away everything smooth: the residual, "
    "which is all that the noise stream reads."
)
PATCH_TITLE = "Richest patch"
PATCH_ALT = "The richest patch, 112 by 112 pixels, enlarged"
KERNELS = (
    ("Residual 1", "3 × 3 second-order filter"),
    ("Residual 2", "5 × 5 second-order filter"),
    ("Residual 3", "horizontal second difference"),
)
RESIDUAL_ALT = "{kernel} of the richest patch in signed colours, purple below zero, green above"
RAMP = "grey levels, same scale for all three; zero is transparent"
RAMP_ALT = "Colour scale from minus {limit}, purple, over zero, transparent, to plus {limit}, green"

# Tree
TREE_LEAD = (
    "P(fake) is shared among the descriptions by their similarity, then summed up the tree: every level adds up to the "
    "one above. It says which description lies nearest among those listed, not which program made the picture: near is "
    "not true."
)
TREE_FIGURE = "Probability by kind, family and generator"
TREE_LIST = "Probabilities by kind, family and generator"
ROOT = "photo"
SIDES = {"real": "real", "fake": "fake", "photo": "photo"}

# Language lab
LAB_LEAD = (
    "The language side knows only these descriptions, four sentences each. Choose one, change a sentence, and press "
    "Enter or leave the field: the verdict on the same face answers at once. The unedited descriptions stay pinned "
    "for comparison."
)
LIST_LEGEND = "Choose the description to edit"
LIST_HEAD = ("", "", "Side", "Generator, kind and family", "Similarity", "P")
EDITED = "edited"
EDITOR = "Edit the chosen description"
SIDE = "Describes a face that is"
SIDE_CHOICES = (("real", "real"), ("fake", "fake"))
LEVEL_LABELS = ("1 · Authenticity", "2 · Forgery kind", "3 · Family", "4 · Generator")
TOKENS = "Tokens, at most {limit} each:"
APPLY = "Apply"
ADD = "Add a description"
REMOVE = "Remove this one"
RESET = "Reset all"
NEW_KIND = "entire_face_synthesis"
NEW_FAMILY = "diffusion"
NEW_GENERATOR = "a new model"
CHANGE = "Effect of your edits"
CHANGE_HEAD = ("", "unedited", "now", "change")
LANGUAGE_MARGIN = "Language margin"
POINTS = "{points} pts"
NO_CHANGE_YET = "Give a photo to see what the descriptions do to its verdict."
UNEDITED = "No edits: the verdict is the pinned one ({words})."
WORDS_CHANGED = "The verdict changed: {before} → {after}."
WORDS_SAME = "The words of the verdict stay: {after}."
HEAD_STAYS = "The head reads no text, so its part stays as it is."
LANGUAGE_MUTE = "In this checkpoint language has no weight, so no edit can move the verdict."
BARS_LEAD = "How close the face lies to each description"
BARS_AXIS = "similarity of face and description, times the learned scale s (s·v̂·t̂)"
BARS_NAMES = ("real", "fake", "before the edits")

# Below
JSON_OPEN = "The verdict as JSON"
JSON_BUTTON = "Show the verdict on this photo as JSON"
JSON_LEAD = (
    "What the endpoint `/verdict` answers for this photo under the unedited descriptions; `Use via API` at the foot of "
    "the page tells how to call it."
)
JSON_LABEL = "Verdict"
ABOUT = (Path(__file__).parent / "about_en.md").read_text(encoding="utf-8")
