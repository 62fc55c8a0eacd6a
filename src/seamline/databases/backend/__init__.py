"""A backend in Django's sense: `ENGINE` of every module's database."""
