"""How passwords are stored in development, where everybody knows them."""

from django.contrib.auth.hashers import ScryptPasswordHasher


class DevelopmentHasher(ScryptPasswordHasher):
    """Scrypt at a hundredth of its cost. What it has stored can be checked in production, and is stored anew there."""

    work_factor = 2**10
    parallelism = 1
