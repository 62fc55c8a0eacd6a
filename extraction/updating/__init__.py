"""Keep up to date what an older version of this tool wrote: find what it lacks, and merge into it what is new.

The base of the merge is the record that `writing` leaves (`.seamline/`), one side is what this version writes with the
same options, the other is what stands in the folder. It is worked out elsewhere, and put in place by a journal.
"""
