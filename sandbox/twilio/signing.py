"""How Twilio signs what it posts: HMAC over the exact address and the sorted parameters, as base64."""

import base64
import hashlib
import hmac
from collections.abc import Mapping


def signature(token: str, url: str, params: Mapping[str, str]) -> str:
    """The header ``X-Twilio-Signature`` of a form post: SHA-1 under the account's auth token.

    ``url`` is the whole address as the receiver gave it, query included; each parameter's name and value follow it
    without anything between, in the order of the names.
    """
    text = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()
