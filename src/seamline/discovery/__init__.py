"""How a deployable finds the instances of others, and is found by them.

registry    what a registry does: resolve, wait for a change, register, renew, leave
etcd, consul, dns   those there are; without one, addresses come from the environment
directory   what this process knows by the registry, kept up to date
registrar   how this process is found
balancer    which instance gets a request
"""

from functools import partial

from seamline.configuration.discovery import SCHEME
from seamline.configuration.policies import CallPolicy
from seamline.discovery.balancer import Balancer
from seamline.discovery.directory import instances_of
from seamline.transport.http_pool import ConnectionPool, Connections

__all__ = ["connections", "instances_of"]


def connections(place: str, policy: CallPolicy) -> Connections:
    """Return the connections to a place: a pool for one address, and for more the balancer that all here share."""

    def connect(address: str) -> ConnectionPool:
        return ConnectionPool(address, policy.connect_timeout, policy.max_idle_connections)

    if "," not in place and not place.startswith(SCHEME):
        return connect(place)
    made = _balancers.get(place)
    if made is None:
        new = Balancer(place, partial(instances_of, place), connect, policy.min_deadline)
        made = _balancers.setdefault(place, new)
    return made


_balancers: dict[str, Balancer] = {}
