"""What the server says to a request that it does not take."""

FOREIGN = "This server answers its own page and other programs, not other websites: open the page itself and ask there."
OUTSIDE = "This server fetches nothing from other addresses: send the picture itself."
TOO_LARGE = "The request holds more than {limit} MB: send a smaller copy of the picture, one at a time."
NO_ROOM = "The server holds as many uploads as it can; each is deleted within minutes: try again in ten."
BUSY = (
    "{waiting} questions are waiting already, so this one was not taken; what the page shows is still the answer to "
    "the one before. Try again in a minute."
)
NOWHERE = "There is nothing at this address."
UNREADABLE = "The question could not be read: see Use via API at the foot of the page for its form."
