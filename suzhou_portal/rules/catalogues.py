"""The register of a catalogue (``lib.rows.catalogues``)."""

from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register


class CatalogueRegister(Register):
    """Base: the platform's default, which whoever edits catalogues changes row by row or as a file."""

    view_verb, edit_verb = Verb.CATALOGUES_VIEW, Verb.CATALOGUES_EDIT
    key = import_key = "code"
    columns: tuple[str, ...] = ("code", "name", "is_active")
    filters: tuple[str, ...] = ("is_active",)
    search: tuple[str, ...] = ("name", "code")
    fields: tuple[str, ...] = ("code", "name", "is_active")
    create_only: tuple[str, ...] = ("code",)
