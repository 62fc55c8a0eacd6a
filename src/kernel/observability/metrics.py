"""What is counted, for Prometheus."""

from prometheus_client import Histogram

requests = Histogram(
    "http_request_seconds", "Time to answer an HTTP request, in seconds.", ["method", "route", "status"]
)
