"""DNS: the SRV records of a service (RFC 2782), asked again when they have lived long enough.

Those of the best priority are the instances; weights are left out, since the least busy one is chosen anyway.
"""

import time

from dns.exception import DNSException
from dns.rdtypes.IN.SRV import SRV
from dns.resolver import NXDOMAIN, NoAnswer, Resolver

from seamline.configuration.discovery import Discovery
from seamline.discovery.registry import REQUEST_TIMEOUT, WATCH_SECONDS, Found, Registry, Unreachable

NAME = "_{service}._tcp"
"""In the domain, unless the option `name` has another."""
MIN_SECONDS = 1.0
"""Between two looks, however short a record's time to live."""
EMPTY_SECONDS = 5.0
"""Between two looks for a service that has no record."""


class Dns(Registry):
    """A domain, in which somebody else writes."""

    def __init__(self, found: Discovery) -> None:
        self._scheme = found.options.get("scheme", "http")
        self._name = f"{found.options.get('name', NAME)}.{found.hosts[0][0].rstrip('.')}."
        self._resolver = Resolver(configure=not found.name_server)
        self._resolver.cache = None
        if found.name_server:
            host, self._resolver.port = found.name_server
            self._resolver.nameservers = [host]

    def resolve(self, service: str) -> Found:
        """Look up its SRV records. The version is for how many seconds they are good."""
        name = self._name.replace("{service}", service)
        try:
            answer = self._resolver.resolve(name, "SRV", lifetime=REQUEST_TIMEOUT)
        except (NXDOMAIN, NoAnswer):
            return Found((), int(EMPTY_SECONDS))
        except (DNSException, OSError) as error:
            raise Unreachable(f"{name}: {error}") from None
        records = [record for record in answer if isinstance(record, SRV)]
        best = min((record.priority for record in records), default=0)
        places = {
            f"{self._scheme}://{record.target.to_text(omit_final_dot=True)}:{record.port}"
            for record in records
            if record.priority == best and record.port
        }
        return Found(tuple(sorted(places)), answer.rrset.ttl if answer.rrset else 0)

    def wait(self, service: str, known: Found) -> None:
        """Wait until the records have to be asked for anew."""
        time.sleep(min(max(float(known.version), MIN_SECONDS), WATCH_SECONDS))
