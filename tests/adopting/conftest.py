"""The adopted project is copied and run elsewhere: its tests are not ours."""

collect_ignore = ["clinic_project"]
