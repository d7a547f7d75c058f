"""Why a connection fails, by the text of its error, and the remedies."""

from __future__ import annotations

CRASHED = "the registry may have crashed on this request: see its log"

CAUSES = (
    (r"Hostname mismatch|not valid for", "TLS trust",
     "use the host name that the certificate is for, or get one for this name"),
    (r"CERTIFICATE_VERIFY_FAILED|self.signed|unable to get local issuer", "TLS trust",
     "give the certificate of its authority with --ca-bundle FILE"),
    (r"WRONG_VERSION_NUMBER|record layer|UNKNOWN_PROTOCOL", "https",
     "this port speaks plain http: begin the URL with http://, or give the https port"),
    (r"Name or service not known|getaddrinfo|nodename|Name resolution", "host name",
     "check the spelling of the host; a VPN or another resolver may be needed"),
    (r"refused", "port", "check the port, and whether the registry is running"),
    (r"timed out|Timeout", "network", "a firewall may be in the way; --timeout waits longer"),
    (r"BadStatusLine|reset|aborted|RemoteDisconnected|closed connection", "http",
     "this port may speak https only: begin the URL with https://"),
)  # fmt: skip
"""Patterns of error texts, with the subject and the remedy."""
