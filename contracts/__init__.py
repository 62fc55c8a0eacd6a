"""The language the modules speak: one file per module, and the vocabulary in `contracts.language`.

Nothing here knows Django, a database or another process: a contract says what a module promises, never how.
"""
