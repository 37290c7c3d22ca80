"""Keeps what schemathesis asks of Steward on this machine: where Steward would call a CA, a site or a messenger on the
internet, it calls 127.0.0.1, where nobody answers."""

import schemathesis

NOBODY = "http://127.0.0.1:1/"
WELL_KNOWN = {"letsencrypt", "let's encrypt", "google", "zerossl", "letsencrypt-staging"}


@schemathesis.hook
def before_call(context, case, kwargs):
    body = case.body
    if not isinstance(body, dict):
        return
    for field in ("issuer", "providerName"):
        if str(body.get(field)).strip().lower() in WELL_KNOWN:
            body[field] = "here"
    if case.operation.path in ("/api/monitors", "/api/monitors/{id}") and isinstance(body.get("ip_address", ""), str):
        body["ip_address"] = "127.0.0.1"
    if case.operation.path.startswith("/api/channels"):
        if isinstance(body.get("url"), str) and body["url"].strip().lower().startswith("http"):
            body["url"] = NOBODY
        if body.get("kind") == "telegram":
            body["base_url"] = NOBODY
