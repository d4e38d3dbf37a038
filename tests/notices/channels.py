"""A way out of the portal that a test looks into: what was sent, and what is to go wrong."""

from suzhou_portal.notices.channels import Channel

SETTING = {"test": "tests.notices.channels.Recorder"}
sent = []
problems = []  # raised by the next sendings, one each; None: this one goes well


class Recorder(Channel):
    """Keeps envelopes; reaches everybody who has a phone."""

    label = "测试渠道"

    def address_of(self, user):
        return user.phone or ""

    def send(self, envelope):
        problem = problems.pop(0) if problems else None
        if problem is not None:
            raise problem
        sent.append(envelope)
