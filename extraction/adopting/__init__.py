"""Take an app of a Django project to its next stage, as one change that a person reviews.

codebase     the project as it stands: its survey, its map, and how far each app has come
changes      what is to be written: worked out as a whole, shown as a diff, written all or not
mapping      not mapped -> mapped: into the map, and into the baseline of the ratchet
declaring    mapped -> declared: a contract of what callers use, rooms behind it, and calls in place of imports
owning       declared -> own data: keys become ids, and migrations that stand alone
"""
