"""What the toolkit says, where the page says it in simpler words: {the toolkit's sentence: the page's}.

The toolkit writes for those who extend it, the page for those who learn. What is not listed is plain enough as it is.
"""

SAID_NAMES = {
    "window {}": "patch {}",
    "window {} of the noise stream": "patch {} of the noise stream",
    "the stem's cells": "the first layer's cells",
    "stem": "first layer",
    "the tokens before block {}": "the cells before block {}",
    "frozen": "kept as it is",
    "covered": "covered with the cell",
    "chosen again": "chosen again",
}

SAID_CAVEATS = {
    (
        "Shares say how the parts divided this decision, given what absence means here (a silent stream "
        "adds nothing, a silent level says the same of everybody). They do not say where on the face or in "
        "which words, and a large share is not a proof that the evidence is true."
    ): (
        "The shares say how the parts divided this decision. They do not say where on the face or in which "
        "words the evidence lies, and a large share does not prove that the evidence is true. A part that "
        "is left out is silent: a stream then adds nothing, and a level says the same of everybody."
    ),
    (
        "It says which inputs this decision depends on at all, tried with a few replacements, not where or "
        "why. Gradients of different inputs have different units and are not to be compared with each "
        "other."
    ): (
        "It says which inputs this decision depends on at all, not where or why, and only a few "
        "replacements were tried. Gradients of different inputs have different units: do not compare them."
    ),
    (
        "Richness, residual and spectrum show what the noise stream was given and not what it made of it. "
        "The map's shares are counted against a residual of zero, which no photograph has, with the image "
        "stream and the chosen window as they are. Another window shows what the detector would have said "
        "of it, not which one is right. The words for alternatives leave out the test by re-compression, "
        "which needs the photo."
    ): (
        "Scores, residual and spectrum show what the noise stream was given, not what it made of it. The "
        "map compares the residual with none at all, which no photo has. Another patch shows what the "
        "detector would have said of it, not which one is right, and the test by saving as a JPEG again is "
        "left out there."
    ),
    (
        "Each sentence is compared with itself blanked, the others as they are: totals of sentences do not "
        "add up to the target. A blanked word is one that the encoder may never have met; what truly "
        "happens without it is 'left_out'. A sentence that several descriptions share is changed in all of "
        "them."
    ): (
        "Each sentence is compared with a blanked copy of itself, so the sentences together do not add up "
        "to the margin. The model may never have met a blanked word; what truly happens without a word is "
        "the diamond. A sentence that several descriptions share is changed in all of them."
    ),
    (
        "It shows where information was mixed, not why the decision fell: it has no sign, knows no target, "
        "and a cell may be looked at for nothing. Deep layers look at tokens that have long been mixed "
        "with others."
    ): (
        "It shows where information was mixed, not why the verdict came out so. It has no sign, and a cell "
        "that is looked at may count for nothing. The deeper the layer, the more its cells have been mixed "
        "with others before."
    ),
    (
        "A token stands for more than its own cell: the stem's convolutions reach over several, and every "
        "block mixes all of them, so the deeper the layer, the less its places are places of the face. The "
        "other stream is kept as it is."
    ): (
        "A cell stands for more than its own place: the first layer reaches over several, and every block "
        "mixes them all. The deeper the layer, the less its cells are places of the face. The other stream "
        "is kept as it is."
    ),
    (
        "A covered face is no photograph: filling and its edges are themselves traces of manipulation, so "
        "a part may seem to matter because of what was put there. Each cell is covered alone; evidence "
        "that is in two places at once shows in neither, and the cells do not add up to anything."
    ): (
        "A covered face is no photo: the filling and its edges look like manipulation themselves, so a "
        "part may seem to matter because of what was put there. Each cell is covered alone: evidence that "
        "is in two places at once shows in neither, and the cells do not add up to anything."
    ),
    (
        "A share is counted against the baseline: a part of the face that looks like it gets none, "
        "whatever it means. Face and residual are moved as two inputs although one photo gave both, and "
        "the patch that was chosen for the residual is kept. Points between baseline and face are no "
        "photographs, and the detector was trained on none."
    ): (
        "The face is compared with a starting picture: where it looks like that picture it gets no share, "
        "whatever it means. Face and residual are moved as two inputs although one photo gave both, and "
        "the patch stays the same. The steps between are no photos, and the detector was trained on none "
        "like them."
    ),
    (
        "The gate took part in training only: no verdict reads it, so it is no reason for one. It tells "
        "which wrong descriptions the loss would have pushed this face away from more than the similarity "
        "alone would have, and which less. Faces that were never in training had no gate at all; this is "
        "what it would be."
    ): (
        "The gate took part in training only. No verdict reads it, so it is no reason for one. It tells "
        "which wrong descriptions training would have pushed this face away from harder, and which less "
        "hard. Your face was never in training: this is what its gate would have been."
    ),
}

SAID_NOTES = {
    "Window {} is the richest: homogeneity {}, {} less than the next, window {}.": (
        "Patch {} is the richest: homogeneity {}, {} less than the next, patch {}."
    ),
    "Windows {} and {} are equally rich; the first of them was taken.": (
        "Patches {} and {} are equally rich; the first of them was taken."
    ),
    (
        "The windows overlap: two neighbours share up to {} of their pixels, so they are no independent "
        "witnesses."
    ): (
        "The patches overlap: two neighbours share up to {} of their pixels, so they are no independent "
        "witnesses."
    ),
    "The windows do not overlap.": "The patches do not overlap.",
    (
        "The face is {} pixels wide, less than one window: the windows are cut from the enlarged face, and "
        "their noise is that of the enlarging too."
    ): (
        "The face is {} pixels wide, less than one patch: the patches are cut from the enlarged face, and "
        "their noise comes from the enlarging too."
    ),
    "The face is {} pixels wide and was reduced before the windows were cut: its finest noise is gone.": (
        "The face is {} pixels wide and was reduced before the patches were cut: its finest noise is gone."
    ),
    "No other window, and neither stream left out, changes the verdict.": (
        "Neither another patch nor leaving out a stream changes the verdict."
    ),
    "The verdict would be another: {}.": "The verdict would be another: {:listed}.",
    "{} (P(fake) = {})": "{:said} (P(fake) = {})",
    "With this residual and with none the target is nearly the same: shares cancel out.": (
        "With this residual and with none the margin is nearly the same: shares cancel out."
    ),
    (
        "In {} of {} rings a residual lies more than {} spreads from the training reals; the farthest is "
        "{} at {} cycles a pixel."
    ): (
        "In {} of {} frequency bands the residual lies more than {} standard deviations from that of the "
        "real training photos; the farthest is {} of them, at {} cycles a pixel."
    ),
    (
        "Among the training faces the mean forgery and the mean real lie at most {} spreads apart in any "
        "ring{}"
    ): (
        "Among the training photos the average forgery and the average real lie at most {} standard "
        "deviations apart in any band{}"
    ),
    (
        "Means and spreads are of {}; every set of reals and every generator weighs alike. Sets differ in "
        "camera, size and re-saving as well as in being forged."
    ): (
        "Averages and standard deviations are of {:said}. Every set of real photos and every generator "
        "weighs alike; the sets differ in camera, size and re-saving too, not only in being forged."
    ),
    (
        "the richest window of each of {} photographs of the training split, each under one {}; data "
        "fingerprint {}"
    ): "the richest patch of each of {} training photos, each under one {:said}; data fingerprint {}",
    "jittered crop and colour": "random crop and colour",
    "{} points of a path were not enough everywhere; the hardest sentence took {}.": (
        "{} steps were not enough everywhere; the hardest sentence took {}."
    ),
    (
        "Errors on single pieces of the paths come to {} of the differences and partly cancel: the target "
        "changes abruptly on the way, so single words are less certain than their sum."
    ): (
        "Errors on single steps come to {} of the differences and partly cancel: the margin changes "
        "abruptly on the way, so single words are less certain than their sum."
    ),
    "No sentence of the selection moves the {}.": "None of these sentences moves the margin.",
    "{} of {} cells lie over {}, which is cut from {}.": (
        "{} of {} cells lie over {:said}, which is cut from {}."
    ),
    "Covering all of the face at once lowers the target by {} logits.": (
        "Covering all of the face at once lowers the margin by {} logits."
    ),
    (
        "The richest patch would have been another one at {} of {} points of the path{}; window {} was "
        "kept throughout."
    ): ("The richest patch would have been another one at {} of {} steps{}; patch {} was kept throughout."),
    " and at the baseline": " and at the start",
    "Face and baseline have nearly the same value: the shares cancel out, and say little.": (
        "The face and the starting picture have nearly the same margin: the shares cancel out, and say "
        "little."
    ),
    "{} points did not add up to within {}; {} were computed.": (
        "{} steps did not add up to within {}; {} were computed."
    ),
    "After {} points the shares still miss the difference by {}; raise the limit.": (
        "After {} steps the shares still miss the difference by {}; take more steps."
    ),
    (
        "Errors on single pieces of the path come to {} of the difference and partly cancel: the value "
        "changes abruptly on the way, so single cells are less certain than their sum."
    ): (
        "Errors on single steps come to {} of the difference and partly cancel: the margin changes "
        "abruptly on the way, so single cells are less certain than their sum."
    ),
}

SAID_KNOBS = {
    "Points of the path from the baseline to the face; more are added until the shares add up.": (
        "Steps on the way from the starting picture to the face; more are added until the shares add up."
    ),
    (
        "What the face is compared with; the residual is compared with none at all. A blurred face is "
        "still one, so what is shared out is what its finer parts changed."
    ): (
        "The starting picture that the face is compared with; the residual starts from none. A blurred "
        "face is still a face: only its finer detail then gets a share."
    ),
    "The stream whose tokens are asked.": "The stream whose cells are asked.",
    "'stem', or the number of the block that the tokens enter, from '0'.": (
        "The first layer, or the number of the block that the cells enter, from 0."
    ),
    (
        "What the tokens are compared with: those of a face filled so (for the noise stream, of no "
        "residual), of a face whose cells are all alike, or zeros."
    ): (
        "What the cells are compared with: those of a face filled so (for the noise stream: of no "
        "residual), of a face whose cells are all alike, or zeros."
    ),
    "1: gradient × (activation − reference). More: its integral; points are added until the shares add up.": (
        "1 asks the slope at the face alone; more go the whole way, and steps are added until the shares "
        "add up."
    ),
    "Rollout: the share of a token that passes by the attention, one half as published.": (
        "For the map over all layers (rollout): how much of a cell passes by the attention; one half as "
        "published."
    ),
    (
        "The noise stream: kept as it is, its patch covered where the cell lies over it, or its patch "
        "chosen again among the covered candidates."
    ): (
        "Kept as it is; with its patch covered where the cell lies over it; or with its patch chosen again "
        "among the covered ones."
    ),
}

SAID_RECEIPTS = {
    "It fails: the map says the same of every cell.": (
        "The map says the same of every cell: there is nothing to test."
    ),
    "Weak: nothing was measured that has a line to pass.": "Nothing was measured that has a line to pass.",
    "at least {} of {} random orders of the words beaten, half of them left out": (
        "at least {} of {} random orders beaten once half of the words are gone"
    ),
    "at least {} of {} random orders beaten, half of it gone, {}": (
        "at least {} of {} random orders beaten once half is gone ({:said})"
    ),
    "the {} fill": "filled by: {}",
    "{} fills, each": "with each of {} fillings",
}

SAID_FIGURES = {
    "{}<br><b>{}</b>": "{:said}<br><b>{}</b>",
    "nothing known": "start: nothing known",
    "total": "margin",
    "counted three ways": "the same parts counted three ways",
    "bookkeeping: ‖v‖ frozen": "bookkeeping: length ‖v‖ kept",
    "change of the target in logits": "change of the margin in logits",
    "change of the target in logits<br>* only through the choice of patch": (
        "change of the margin in logits<br>* only through the choice of patch"
    ),
    "the target, had it been otherwise (✓ as it is)": "the margin otherwise (✓ as it is)",
    "spectrum of {}, window {}": "spectrum of patch {1}, filter {0:said}",
    "line 1×3": "1 × 3",
    "square 3×3": "3 × 3",
    "square 5×5": "5 × 5",
    "where on window {}: {}": "patch {}: {} in all",
    "by kernel": "by filter",
    "cycles a pixel": "frequency, cycles a pixel",
    "deletion": "Taking away what speaks for fake",
    "insertion": "Taking away what speaks for real",
    "word deletion": "Leaving words out",
    "{}: beats {}<br>{}": "{:said}: beats {}<br>{}",
    "{}: beats {}": "{:said}: beats {}",
    "{}, {} fill": "{:said} (filled by: {})",
    "gated": "similarity × gate",
    "%{customdata}: %{z:.3f}<extra>gated</extra>": (
        "%{customdata}: %{z:.3f}<extra>similarity × gate</extra>"
    ),
    "training, {}: mean ± spread": "training photos, {}: average ± 1 SD",
    "{}<br>the gate {} it by {}<br>": "{}<br>its gate makes training push it {2} {1:said}<br>",
    "presses": "harder",
    "frees": "less hard",
}

SAID_ERRORS = {
    "the probability lies in the band where the validation photographs of both kinds overlap": (
        "P(fake) lies in the band in which real and forged photos could not be told apart"
    ),
    "the two readouts, head and language with its constant, point to opposite sides": (
        "its two parts, the head and language with its constant, point to opposite sides"
    ),
    "saving the face once more as a JPEG changes the verdict": (
        "saving the face once more as a JPEG changes the verdict"
    ),
    "Configuration {} has no noise stream; choose the image stream.": (
        "This model ({}) has no noise stream: choose the image stream."
    ),
    (
        "The {} stream of configuration {} folds the whole picture into a single token, so its tokens have "
        "no place on the face; use pixels or occlusion, which need none."
    ): (
        "The {} stream of this model ({}) keeps no places of the face: choose “Pixels” or “Covering”, "
        "which need none."
    ),
    (
        "No face was found in {}. Use a photo in which a face is at least a twentieth of the picture's "
        "width and looks roughly upright, or, if the picture is a face crop already, choose the "
        "pre-cropped mode."
    ): (
        "No face was found in {}. Give a photo in which a face is upright and at least a twentieth of the "
        "picture's width; or, if the picture is a face crop already, tick “This picture is a face crop "
        "already”."
    ),
}

SAID_CARD = {
    (
        "fitted on {} validation photographs ({} real) by mfclip.training.fit; the head has {} of the "
        "standardised margin; calibrated for one forgery in two photographs"
    ): (
        "fitted on {} photos kept apart from training ({} of them real); the head has {} of the margin's "
        "weight once both parts are brought to one scale; calibrated for one forgery in two photos"
    ),
}

SAID_REPORT = {"uncertain between {} and {}; {}": "uncertain between {} and {}; {:said}"}
