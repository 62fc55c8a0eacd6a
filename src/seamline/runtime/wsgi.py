"""The WSGI application: contract calls at the edge, Django behind it."""

import os

from django.core.wsgi import get_wsgi_application

from seamline.runtime.startup import SETTINGS

os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
_django = get_wsgi_application()

from seamline.calls.endpoint import ContractEndpoint  # noqa: E402  Django has to be set up first
from seamline.http.chunked import Chunked  # noqa: E402
from seamline.http.edge import Edge  # noqa: E402

application = ContractEndpoint(Chunked(Edge(_django)))
