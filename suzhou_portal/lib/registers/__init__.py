"""Registers: one declaration, every surface. What a topic declares is imported from here."""

from suzhou_portal.lib.registers.declaration import Link, Register, Related
from suzhou_portal.lib.registers.site import site

__all__ = ["Link", "Register", "Related", "site"]
