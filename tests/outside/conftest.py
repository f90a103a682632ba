"""Fixtures of the parties outside that several files here need."""

from tests.outside.twilio_world import message, twilio, world  # noqa: F401
