from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "suzhou_portal.audit"
    label = "audit"
    verbose_name = "审计"
