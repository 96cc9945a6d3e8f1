"""The outside world and `Message`: one file per channel."""

from channels.base import Channel
from channels.inapp import InApp
from channels.sandbox import Sandbox
from channels.sms.http import SmsHttp
from channels.sms.kannel import Kannel
from channels.sms.twilio import Twilio

BUILT_IN: tuple[type[Channel], ...] = (InApp, Kannel, Sandbox, SmsHttp, Twilio)
"""The adapters that come with botkit, by their kinds in order."""
