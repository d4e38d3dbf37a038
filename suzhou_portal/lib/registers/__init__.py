"""Registers: one declaration, every surface. What a topic declares is imported from here."""

from suzhou_portal.lib.registers.declaration import Link, Register, Related, site

__all__ = ["Link", "Register", "Related", "site"]
