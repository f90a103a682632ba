"""Twilio: its REST API for messages, the network behind it, and its status callbacks."""
