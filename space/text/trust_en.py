"""Whether to believe it, and one photo beside another, in English."""

# Progress of work that takes seconds
TRUST_STEP = "{name}: step {number} of {count}{left}"
TRUST_LEFT = ", about {seconds} s left"
TRUST_DONE = "{name}: done in {seconds} s."
TRUST_STOPPED = "Stopped. What was found so far is still shown."
TRUST_NO_VERDICT = "There is no verdict to test: give a photo, or choose an example."
TRUST_PHOTO_GONE = "The photo is no longer at hand: give it again."

# Receipts
RECEIPT_TITLE = "Does the explanation hold?"
RECEIPT_LEAD = (
    "A map can look convincing and mean nothing. So the parts that an explanation names are taken away from this very "
    "face, and the verdict has to follow, more than it follows when parts are taken away at random."
)
RECEIPT_OF = "Explanation to test"
RECEIPT_CHOICES = (
    ("Where: the map over the face", "where"),
    ("Ledger: the shares", "ledger"),
    ("Words", "words"),
    ("Noise: the map over the patch", "noise"),
)
RECEIPT_RUN = "Test this explanation"
RECEIPT_RUN_FULL = "Full test"
RECEIPT_FULL_IS = (
    "The full test takes cells away in three ways and all the way, with twice the points. Where that is not too slow, "
    "it runs the method again under mixed-up weights, other sentences and small changes of the photo."
)
RECEIPT_EXPECTED = "Here it takes about {seconds} s; it can be stopped."
RECEIPT_FULL = "This is the full test: three ways to take cells away, and all points."
RECEIPT_NAME_FULL = "Testing the explanation in full"
RECEIPT_STOP = "Stop"
RECEIPT_NAME = "Testing the explanation"
RECEIPT_EMPTY = "Not tested yet. A test takes some seconds."
RECEIPT_NOTHING = "There is no such explanation of this verdict to test: draw it first."
RECEIPT_VERDICTS = {
    "holds": "This explanation holds",
    "weak": "This explanation is weak",
    "fails": "This explanation fails",
}
RECEIPT_MEANS = {
    "holds": "It did on this face what an explanation must do. It may be read, within what it cannot say.",
    "weak": "It passed some tests and missed others. Read its strongest parts with caution, and not the fine detail.",
    "fails": (
        "It missed a line that it must pass; the table says which and by how much. It is drawn in grey: do not read it."
    ),
}
RECEIPT_SUMS = (
    "Its sums are right, and that is all this test can ask of it. Whether shares are what you want to know is another "
    "question; “What it cannot say” is about that."
)
RECEIPT_COUNT = "{passed} of {lined} lines passed."
RECEIPT_QUICK = "This is the quick test: one way to take cells away, and half of the points."
RECEIPT_UNMEASURED = "Not measured, because it would take too long: {names}."
RECEIPT_TABLE = "Readings of the test"
RECEIPT_HEAD = ("Reading", "Value", "What it says")
RECEIPT_MARKS = {True: "passed", False: "missed", None: "for information"}
RECEIPT_LINE = "To pass: {line}."
RECEIPT_METRICS = {
    "completeness": (
        "Adds up",
        "Its shares miss the number they explain by {value}.",
        "percent",
    ),
    "deletion": (
        "Taking away what speaks for fake",
        "With the cells that it calls most fake gone, the verdict fell faster than for {value} of random orders.",
        "percent",
    ),
    "insertion": (
        "Taking away what speaks for real",
        "With the cells that it calls most real gone, the verdict stayed higher than for {value} of random orders.",
        "percent",
    ),
    "agreement": (
        "Said and done",
        "Over random sets of cells, what it says is gone and what the verdict lost go together at {value}: 1 is "
        "perfect, 0 is not at all.",
        "number",
    ),
    "saco": (
        "Larger share, larger effect",
        "Groups of cells stand in the order of their true effects at {value}: 1 is perfect, 0 is chance.",
        "number",
    ),
    "polarity": (
        "Signs",
        "Of the strongest cells, each taken away alone, {value} moved the verdict against their colour.",
        "percent",
    ),
    "infidelity": (
        "Surprise",
        "Of what random holes do to the verdict, {value} was not foreseen by it.",
        "percent",
    ),
    "flip": (
        "Three pieces",
        "Covering the three pieces that it names moved the verdict more than {value} of random choices of three.",
        "percent",
    ),
    "randomisation": (
        "A model that forgot",
        "It resembles the map of a model with mixed-up weights at {value}: near 0 is right, near 1 means that it "
        "draws the photo and not the reasons.",
        "number",
    ),
    "prompt": (
        "Other sentences",
        "It resembles the map for sentences about a harbour and a kitchen at {value}: near 1 means that it does not "
        "depend on what is asked.",
        "number",
    ),
    "stability": (
        "Changes that nobody sees",
        "Changes of the photo that leave the verdict leave it alike at {value} or more: 1 is the same map.",
        "number",
    ),
    "sensitivity": (
        "Steadiness",
        "A change of the photo that nobody sees changed it by up to {value} of its size.",
        "percent",
    ),
    "ledger sum": (
        "Adds up",
        "Start and shares miss the margin by {value} logits.",
        "small",
    ),
    "word order": (
        "Order of the words",
        "The words stand in the order of what the verdict truly loses without each, at {value}: 1 is perfect.",
        "number",
    ),
    "word deletion": (
        "Leaving words out",
        "With the words that it calls most fake left out, the verdict fell faster than for {value} of random orders.",
        "percent",
    ),
    "pair identity": (
        "Adds up",
        "Words and patches together miss what they explain by {value}.",
        "percent",
    ),
}
RECEIPT_FIGURE = "The verdict while cells are taken away, beside random orders of the same cells"

# Sweep
SWEEP_TITLE = "Does the verdict hold?"
SWEEP_LEAD = (
    "Every site that a photo passes through saves it again, shrinks it or crops it. Do not trust a verdict that such "
    "things turn. The face that was found stays the same; only one thing changes at a time."
)
SWEEP_OF = "Change"
SWEEP_CHOICES = (
    ("Saved as JPEG again", "jpeg"),
    ("Resized", "resize"),
    ("Blurred", "blur"),
    ("Crop shifted", "crop"),
    ("Noise added", "noise"),
)
SWEEP_RUN = "Draw the curve"
SWEEP_STOP = "Stop"
SWEEP_NAME = "Changing the photo"
SWEEP_EMPTY = "Choose a change and draw the curve."
SWEEP_FIGURE = "P(fake) of this face over the strength of the change"
SWEEP_AXES = {
    "jpeg": "JPEG quality, lower is coarser",
    "resize": "size, as a factor of the photo's",
    "blur": "blur, σ in pixels",
    "crop": "shift of the face box to the right, % of its width",
    "noise": "noise, σ in grey levels",
}
SWEEP_PROBABILITY = "P(fake)"
SWEEP_BAND = "band of uncertainty"
SWEEP_GIVEN = "photo as given"
SWEEP_AT = {
    "jpeg": "JPEG quality {strength}",
    "resize": "size × {strength}",
    "blur": "blur σ {strength} px",
    "crop": "shift {strength} %",
    "noise": "noise σ {strength}",
}
SWEEP_SPAN = "P(fake) runs from {low} to {high}; as given it is {reference}."
SWEEP_STEADY = "The verdict keeps its words ({word}) at all {count} strengths."
SWEEP_CHANGED = (
    "As given the verdict is {word}; it differs at {changed} of {count} strengths, first at {first}."
)
SWEEP_TURNED = "It even goes over to the other side: do not rest anything on this verdict."
SWEEP_UNDER_WAY = "So far {done} of {count} strengths were tried."
SWEEP_TABLE = "The curve as numbers"
SWEEP_HEAD = ("Strength", "P(fake)", "Verdict")

# Base rate
BASE_TITLE = "Of 100 alarms, how many are right?"
BASE_LEAD = (
    "An alarm is the verdict “substantial evidence”. What it is worth depends on how many of the photos handed in are "
    "forged: the rarer forgeries are, the more of the alarms are false, even with a good detector."
)
BASE_SLIDER = "Of 100 photos people hand in, how many are forged?"
BASE_VALUE = "{forged} of 100"
BASE_RIGHT = "About {right} of 100 alarms would be right (between {low} and {high})."
BASE_COUNTED = (
    "Of 1,000 photos {forged} are forged and {genuine} are not: {hits} of the forged ones raise an alarm, and "
    "{alarms} of the genuine ones."
)
BASE_NO_ALARM = "No photo would raise an alarm."
BASE_SQUARES = ("right alarm", "false alarm")
BASE_SOURCE = (
    "Measured on this checkpoint's own test photos, all saved again alike: {alarms} of {reals} genuine photos raised "
    "an alarm (95 % interval {alarms_low} to {alarms_high}), and {hits} of {forgeries} forgeries by {generators} "
    "generators ({hits_low} to {hits_high}). Forgeries of other kinds may be found less often."
)
BASE_UNKNOWN = (
    "Not measured: this checkpoint brings no results of its own evaluation, so nobody can say what its alarms are "
    "worth."
)

# Compare
COMPARE_LEAD = (
    "Two verdicts on one scale: another photo, or the same face saved again or mirrored, which should change next to "
    "nothing."
)
COMPARE_OF = "Compare with"
COMPARE_CHOICES = (
    ("A copy saved again as JPEG", "jpeg"),
    ("Its mirror image", "mirror"),
    ("Another photo", "photo"),
)
COMPARE_QUALITY = "JPEG quality of the copy"
COMPARE_PHOTO = "The other photo"
COMPARE_PHOTO_ALT = "The other photo that was given"
COMPARE_RUN = "Compare"
COMPARE_STOP = "Stop"
COMPARE_NAME = "Comparing"
COMPARE_EMPTY = "Choose what to compare this photo with."
COMPARE_NO_SECOND = "Give the other photo first."
COMPARE_SECOND = "The other photo: {problem}"
COMPARE_A = "A · this photo"
COMPARE_B = {
    "jpeg": "B · saved again, quality {quality}",
    "mirror": "B · mirror image",
    "photo": "B · the other photo",
}
COMPARE_SAME_WORD = "Both read the same: {word}."
COMPARE_SAME_BUT = "The same words ({word}), but P(fake) moved by {points} points: lean on neither score."
COMPARE_OTHER_WORD = "A reads “{a}”, B reads “{b}”."
COMPARE_DIFFERENCE = "P(fake) is {a} for A and {b} for B; the margin of B is {margin} logits against A."
COMPARE_MOST = "What differs most is {player}: {a} for A, {b} for B."
COMPARE_NOTHING = "No share differs by {least} logits or more."
COMPARE_ALIKE = "The two maps of the face go together at {alike} (1 is the same map, 0 is unrelated)."
COMPARE_TURNED_BACK = "B's map was turned back before they were compared."
COMPARE_TABLE = "Shares of both verdicts in logits, positive towards fake, and their difference"
COMPARE_HEAD = ("Part", "A", "B", "B − A")
COMPARE_BASE = "a face that says nothing"
COMPARE_TOTAL = "Margin"
COMPARE_MAPS = "What each margin loses where the face is covered: both maps on one scale"
COMPARE_MAP_ALT = "{title}: map of the margin over the face, strongest cell {value} logits"
