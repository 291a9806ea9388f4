"""Every sentence a visitor reads, one module a language; `words` is the one in use.

A further language is a module with the same names beside `en`; a test compares them.
"""

from space.text import en

LANGUAGES = {"en": en}

words = en
