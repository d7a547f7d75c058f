"""The requests of clients, in order: one log for tests, for people, and for `serve --log`."""

from reference_server.http.request_log.entry import Entry, Upload
from reference_server.http.request_log.log import KEPT, RequestLog
from reference_server.http.request_log.requests import Requests

__all__ = ["KEPT", "Entry", "RequestLog", "Requests", "Upload"]
