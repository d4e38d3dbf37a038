from django.apps import AppConfig

from suzhou_portal.lib import topics


class FilesConfig(AppConfig):
    name = "suzhou_portal.files"
    label = "files"
    verbose_name = "附件"

    def ready(self) -> None:
        """Topics declare what may have attachments in their ``files.py``; the trail knows our actions."""
        from suzhou_portal.audit.describing import name_actions, veil  # noqa: PLC0415 -- needs the app registry
        from suzhou_portal.files.owners import open_attachments  # noqa: PLC0415
        from suzhou_portal.files.pages import panel_or_none  # noqa: PLC0415
        from suzhou_portal.lib.cases.pages import ATTACHMENTS  # noqa: PLC0415

        topics.found("files")
        ATTACHMENTS.append(panel_or_none)
        veil(open_attachments)
        actions = {"upload": "上传", "remove": "删除", "erase": "清除"}
        name_actions({f"attachment.{action}": label for action, label in actions.items()}, group="附件")
