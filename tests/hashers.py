"""Argon2 for tests: the real one takes its time on purpose, and hundreds of tests sign in."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """The portal's hasher at the lowest cost."""

    time_cost = 1
    memory_cost = 64
    parallelism = 1
