"""E-mail, through Django's mail settings (``EMAIL_URL``, ``DEFAULT_FROM_EMAIL``)."""

import smtplib
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage

from suzhou_portal.notices.channels import Channel, Envelope, NotSent


class MailChannel(Channel):
    """One short mail per notice; ``Message-ID`` is the same in every attempt."""

    label = "电子邮件"

    def address_of(self, user: Any) -> str:
        """The e-mail address."""
        return user.email or ""

    def send(self, envelope: Envelope) -> None:
        """Hand it to the mail server."""
        link = envelope.url if envelope.url.startswith("http") else f"请登录平台查看：{envelope.url}"
        mail = EmailMessage(
            subject=f"【{settings.PORTAL_NAME}】{envelope.title}",
            body=f"{envelope.title}\n\n{link}\n\n本邮件由平台自动发送，请勿回复。接收方式可在“我的－消息设置”中修改。\n",
            to=[envelope.address],
            headers={"Message-ID": f"<{envelope.id}@suzhou-portal>", "Auto-Submitted": "auto-generated"},
        )
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused:
            raise NotSent("邮件地址被退回", final=True) from None
        except smtplib.SMTPResponseException as error:
            raise NotSent(f"邮件服务器答复 {error.smtp_code}") from None
        except (smtplib.SMTPException, OSError):
            raise NotSent("邮件服务器连不上", down=True) from None
