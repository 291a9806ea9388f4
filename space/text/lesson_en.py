"""The lesson in English. Every figure in it is measured on the face at hand and filled in by space/lesson.py."""

LESSON_LEAD = (
    "Six short steps about how a detector of this kind works and how it misleads. Each asks you first; the answer is "
    "then measured on the photo above, not looked up."
)
LESSON_PROGRESS = "Step {number} of {count}"
LESSON_STEPS_LABEL = "Steps of the lesson"
LESSON_STEPS = (
    "Face and sentences",
    "Why noise",
    "Why four levels",
    "Pair attention",
    "Dead prompts",
    "Maps that mislead",
)
LESSON_PREVIOUS = "← Previous"
LESSON_NEXT = "Next →"
LESSON_CHECK = "Check my answer"
LESSON_CHOOSE_FIRST = "Choose an answer first; a guess will do."
LESSON_MEASURING = "Measuring on this face …"
LESSON_RIGHT = "The measurement agrees with you."
LESSON_WRONG = "The measurement says otherwise."
LESSON_YOURS = "your answer"
LESSON_MEASURED = "measured"
LESSON_ANSWERED = "answered"
LESSON_REVEAL = "Measured on this face"
LESSON_LOOK = "Where to look on this page:"
LESSON_NO_FACE = "The question needs a face to measure on: give a photo above, or choose an example."
LESSON_SIDES = ("real", "fake")
LESSON_EXACTLY_ZERO = "exactly 0"

# 1. What CLIP sees
LESSON_SIGHT_TITLE = "What CLIP sees: directions, not pictures"
LESSON_SIGHT_TEXT = (
    "A CLIP-style model turns the face into a list of {size} numbers, and every description into another list of the "
    "same length. Read such a list as a direction. Training turns the direction of a face towards that of the "
    "sentences which describe it.",
    "How well two directions agree is their cosine: 1 is the same direction, 0 a right angle, −1 the opposite. "
    "It is all that the language side ever learns about a face: one cosine for each description.",
)
LESSON_SIGHT_QUESTION = "Which of these descriptions does the model find nearest to this face?"
LESSON_SIGHT_CHOICE = "{number}. {side}: {name}"
LESSON_SIGHT_REVEAL = (
    "Of all {count} descriptions, “{nearest}” is nearest, with a cosine of {high}; “{farthest}” is farthest, with "
    "{low}.",
    "Every cosine is multiplied by the learned scale s = {scale}. The language margin compares the sides: a soft "
    "maximum (log-mean-exp) of these products over the fake descriptions, less that over the real ones. Here it is "
    "{language}; above 0 is towards fake.",
    "Near is not true. Something is always nearest, even where every sentence on the list is wrong.",
)
LESSON_SIGHT_TABLE = "Cosines of this face with the descriptions offered"
LESSON_SIGHT_HEAD = ("Description", "Cosine", "s × cosine")
LESSON_SIGHT_LOOK = "under “{words}”: choose a description, change one word, and watch its similarity move."

# 2. Why noise
LESSON_NOISE_TITLE = "Why noise: what remains when the picture is taken away"
LESSON_NOISE_TEXT = (
    "Cameras, JPEG and picture generators all leave traces in the finest detail, too faint to see under the content. "
    "Three fixed high-pass filters (SRM, from the search for hidden messages) remove what is smooth and keep how each "
    "pixel differs from its neighbours: the residual.",
    "The noise stream reads the residual of one patch of 112 × 112 pixels only. It takes the richest of {count} "
    "candidates: the one with the lowest homogeneity, which is the mean of 1/(1+d²) over neighbouring pixels whose "
    "grey levels differ by d. A smooth patch has little residual to read.",
)
LESSON_NOISE_QUESTION = "Which patch of this face is the richest?"
LESSON_NOISE_CHOICE = "Patch {number}, {place}"
LESSON_NOISE_PLACES = ("top left", "top right", "bottom left", "bottom right")
LESSON_NOISE_PATCH = "Candidate patch {number} of this face, 112 by 112 pixels"
LESSON_NOISE_REVEAL = (
    "Patch {number} has the lowest homogeneity, {lowest}; the next is {next}.",
    "Without the noise stream this verdict's margin would be {without} instead of {margin}: its evidence changes the "
    "margin by {ablation}.",
    "Rich does not mean forged. Hair, a beard or a patterned dress have differing neighbours too; the patch is chosen "
    "because there is something to read in it, and another patch might have said something else.",
)
LESSON_NOISE_TABLE = "Homogeneity of the candidates, and the mean size of their residuals"
LESSON_NOISE_HEAD = ("Patch", "Homogeneity", "Mean |residual|")
LESSON_NOISE_LOOK = "under “{noise}”: the four scores, the residual, and what another patch would have said."

# 3. Why hierarchical prompts
LESSON_LEVELS = ("1 · Authenticity", "2 · Forgery kind", "3 · Family", "4 · Generator")
LESSON_STREAMS = ("Image stream", "Noise stream")
LESSON_LEVELS_TITLE = "Why hierarchical prompts: “fake” is too coarse a word"
LESSON_LEVELS_TEXT = (
    "A swapped face and a face made from nothing are both fake and have little else in common. MFCLIP therefore "
    "describes a forgery in four sentences, from coarse to fine: authenticity, forgery kind, family of generators, "
    "generator. Forgeries share the coarse sentence and differ in the fine ones.",
    "In this port every sentence is encoded by itself, and a description is the weighted sum of its four. How much "
    "each level gave to one decision can be counted exactly: try all combinations of streams and levels, present and "
    "absent, and average what each adds (Shapley values). Shares are counted in logits, the unit of the margin: they "
    "add up where odds multiply, and a margin of 0 stands for even odds.",
)
LESSON_LEVELS_QUESTION = "Which level moved this verdict's margin most, towards either side?"
LESSON_LEVELS_NONE = "None: no level moved it"
LESSON_LEVELS_REVEAL = (
    "{level} has the largest share among the levels, {share} logits. The two streams have {image} and {noise}.",
    "All shares and the starting point add up to the margin {margin}.",
    "A share is what a part adds on average over all orders of adding the parts. Step 2 took the noise away from all "
    "the others, which is one of these orders, and can read differently.",
    "A share says how the evidence divided this decision. It does not say that the sentence is right, and a level that "
    "says the same of every description has a share of 0.",
)
LESSON_LEVELS_DEAD = (
    "No level has a share: in this checkpoint language does not take part in the verdict. The two streams have {image} "
    "and {noise}.",
    "All shares and the starting point add up to the margin {margin}.",
)
LESSON_LEVELS_TABLE = "The ledger of this verdict, in logits, positive towards fake"
LESSON_LEVELS_HEAD = ("Part", "Learned weight", "Share")
LESSON_LEVELS_BASE = "Starting point"
LESSON_LEVELS_SUM = "Margin"
LESSON_LEVELS_LOOK = "under “{ledger}”, where the same shares are drawn as a waterfall."

# 4. What pair attention does
LESSON_PAIRS_TITLE = "What sample pair attention does, and what it does not"
LESSON_PAIRS_TEXT = (
    "In training each face is compared with many descriptions at once. It is to come near its own and to keep away "
    "from the others, but the others are not equally wrong: two diffusion models have more in common than a diffusion "
    "model and a real face.",
    "Sample pair attention gives each pair of a face and a description a gate from 0 to 1. As published, similarity "
    "is multiplied by the gate, and the gates are a table of {slots} × {slots} numbers that belong to places in the "
    "batch. In this port the gate is computed from the face and the text, and only weighs wrong pairs, from {floor} "
    "to 1.",
)
LESSON_PAIRS_QUESTION = "What happens to this verdict's margin if pair attention is taken out of the model?"
LESSON_PAIRS_CHOICES = (
    "Nothing at all",
    "It changes by less than {line} logits",
    "It changes by {line} logits or more",
)
LESSON_PAIRS_REVEAL = (
    "The face was encoded and judged twice. With pair attention the margin is {margin}, without it {without}; the "
    "difference is {change}.",
    "Pair attention is part of the training loss. It shaped the directions of step 1, and no verdict reads it. A "
    "picture of gates can therefore never be the reason for a verdict.",
)
LESSON_PAIRS_ABSENT = "This checkpoint was trained without pair attention, so every pair weighs 1."
LESSON_PAIRS_TABLE = "Pairs of this face and three descriptions: what training would have made of them"
LESSON_PAIRS_HEAD = ("Description", "Similarity", "Gate", "Similarity × gate", "Weight as a wrong pair")
LESSON_PAIRS_LOOK = "under “{pairs}”: faces and descriptions side by side, with similarity, gate and product."

# 5. Why the published prompts were dead
LESSON_PUBLISHED_TITLE = "Why the published code's prompts were dead"
LESSON_PUBLISHED_TEXT = (
    "The published code lays the four sentences end to end, {tokens} tokens in all, and reads the text's feature at "
    "the end of sentence 1. Its attention mask lets every token see only itself and those before it. At inference it "
    "runs the image, the noise and the head, and no text.",
    "Here is that computation, live on this face, in a small copy with random weights ({parameters} numbers; the "
    "authors have published no weights). Random weights are enough: where there is no path, no training can send "
    "anything along it.",
)
LESSON_PUBLISHED_QUESTION = "How many of the four levels of sentences can move the published code's verdict?"
LESSON_PUBLISHED_CHOICES = ("None", "One", "Two or three", "All four")
LESSON_PUBLISHED_REVEAL = (
    "{moving} of {levels} levels can move its verdict. Each was tried twice: its gradient, and the change when other "
    "sentences take its place.",
    "Its text feature, which no verdict reads, is moved by {speaking} of {levels} levels. The {descriptions} "
    "descriptions have {distinct} different text features between them: one for every different first sentence. Kind, "
    "family and generator are never told apart.",
    "The last column does not rely on our port's shortcut: all {tokens} tokens are read under the mask, as published, "
    "and each level's sentence is replaced in turn.",
    "The pixels have a gradient here because this port keeps the path whole. The published code leaves PyTorch on the "
    "way, so that there not even they have one.",
    "The mend is small: read every sentence at its own end and add the four up. Step 3 showed what the levels do then.",
)
LESSON_PUBLISHED_TABLE = (
    "What can move the published computation on this face: random weights, changes in logits, gradients per unit of "
    "the input"
)
LESSON_PUBLISHED_HEAD = (
    "Input",
    "Gradient of the verdict",
    "Change of the verdict",
    "Change of the language margin",
    "Change of the text feature, all tokens read",
)
LESSON_PUBLISHED_INPUTS = ("Face pixels", "Residual of the patch")
LESSON_PUBLISHED_LOOK = (
    "under “{ledger}”, where the button “{audit}” puts every input of the repaired model to the same test; and under "
    "“{words}”, where an edited sentence moves its verdict."
)

# 6. How heat maps mislead
LESSON_MAPS_TITLE = "How heat maps mislead"
LESSON_MAPS_TEXT = (
    "One of these maps shows which cells of the face moved the trained detector's margin, by integrated gradients from "
    "a face of one colour. One is the same method on a "
    "detector whose weights were mixed up, so that it has forgotten everything. One knows no detector at all: it shows "
    "where the picture has edges.",
    "Each is drawn as such maps often are: sizes without signs, every map stretched to its own strongest cell.",
)
LESSON_MAPS_QUESTION = "Which map belongs to the trained detector?"
LESSON_MAPS_CHOICE = "Map {letter}"
LESSON_MAPS_PICTURE = (
    "Map {letter}: strength of {side} × {side} cells over the face, strongest at {strongest}"
)
LESSON_MAPS_PLACE = "row {row}, column {column}"
LESSON_MAPS_TRAINED = "Trained detector"
LESSON_MAPS_FORGOTTEN = "Mixed-up weights"
LESSON_MAPS_EDGES = "Edges"
LESSON_MAPS_REVEAL = (
    "Map {trained} is the trained detector's, map {forgotten} that of the mixed-up weights, map {edges} shows edges.",
    "If it was hard to tell, that is the lesson: a plausible look proves nothing. Stretching hid, for one thing, that "
    "the strongest cell has {strongest} logits with trained weights and {strongest_forgotten} with mixed-up ones.",
    "Numbers do better than looks. With signs, the two detectors' maps have a rank correlation of {signed}. From "
    "{line} on (in size) we would say that the map shows the picture and not the reasons: {finding}.",
)
LESSON_MAPS_PASSES = "here it does not reach that line, so on this face the map changes when the weights do"
LESSON_MAPS_FAILS = "here it reaches that line, so this map is not to be trusted"
LESSON_MAPS_TABLE = "Rank correlation of the maps as drawn, −1 to 1"
LESSON_MAPS_HEAD = ("Maps", "Correlation")
LESSON_MAPS_PAIR = "{first} and {second}"
LESSON_MAPS_SIGNED = "The trained detector's map with its signs: orange-red towards fake, blue towards real"
LESSON_MAPS_LOOK = (
    "under “{where}”, the map with its method and scale; under “{trust}”, the tests that it has to pass."
)
