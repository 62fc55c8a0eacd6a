"""The surveyed project is read, and never run: its tests are not ours."""

collect_ignore = ["library_project"]
