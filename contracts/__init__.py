"""The language the modules speak: one file per module, the words that several share in files of their own,
and the vocabulary in `seamline.contract`.

Nothing here knows Django, a database or another process: a contract says what a module promises, never how.
"""
