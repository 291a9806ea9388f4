"""What the page says of its checkpoint, in English. Every figure is read from the files beside the weights."""

ABOUT_LIMITS = "How often it errs, false alarms first"
ABOUT_ALARMS = (
    "Of {pictures} photos of real people kept apart from training, {share} were called “{word}” (95\u00a0% "
    "interval {low} to {high}). Each of these would have been a false accusation."
)
ABOUT_ALARMS_TABLE = "Real photos called “{word}”, by source"
ABOUT_ALARMS_HEAD = ("Source of real photos", "Photos", "False alarms", "95\u00a0% interval")
ABOUT_NONE_SEEN = (
    "Where no photo raised an alarm, the interval ends at 3 divided by the number of photos: having seen none does not "
    "mean that there are none."
)
ABOUT_MISSES = "Of {pictures} forgeries, {share} were called “{word}” (95\u00a0% interval {low} to {high})."
ABOUT_UNCERTAIN = "{uncertain} of all photos are left uncertain; of the others, {right} are called rightly."
ABOUT_RANKING = (
    "Ranked by P(fake), a random forgery stands above a random real photo in {auc} of cases (AUC, 95\u00a0% interval "
    "{low} to {high}); it is weakest on {weakest}, with {weakest_auc}, and strongest on {strongest}, with "
    "{strongest_auc}."
)
ABOUT_SAME_SOURCES = (
    "These photos come from the same sources as those of training. On a generator, camera or website it has never "
    "seen, a detector of this kind loses much of its skill."
)
ABOUT_PROTOCOL = "Measured on the split “{split}”, protocol “{protocol}”, every photo re-saved alike."
ABOUT_UNMEASURED = (
    "No evaluation of these very weights lies beside them, so nothing can be said about how often they err. Read every "
    "verdict with that in mind."
)
ABOUT_MORE_LIMITS = "More limits, from the model card beside the weights"
ABOUT_NO_CARD = "No model card lies beside these weights: their limits and their licence are not stated."

ABOUT_CHECKPOINT = "The weights in use"
ABOUT_NAME = "Checkpoint"
ABOUT_REVISION = "Revision on the Hub"
ABOUT_HASH = "SHA-256 of the weights"
ABOUT_SIZE = "Size"
ABOUT_PARAMETERS = "{count} million parameters"
ABOUT_RULE = "Where the decision rule comes from"
ABOUT_LICENCE = "Licence of the weights"
ABOUT_LICENCES = {
    "cc-by-nc-4.0": "CC BY-NC 4.0",
    "mit": "MIT",
    "apache-2.0": "Apache 2.0",
    "cc-by-4.0": "CC BY 4.0",
}
ABOUT_LICENCE_UNKNOWN = "not stated; ask its publisher before any use"
ABOUT_NO_CHECKPOINT = (
    "These weights come from no checkpoint: there is no name, hash, licence or evaluation to show."
)
