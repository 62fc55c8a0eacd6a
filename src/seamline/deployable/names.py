"""The settings that the runtime makes, and of what kind each is. A settings file may say any of them itself."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from seamline.configuration.discovery import Discovery
from seamline.configuration.identity_providers import IdentityProvider
from seamline.configuration.policies import CallPolicy, DeliveryPolicy, SagaPolicy
from seamline.configuration.service_keys import Issuer
from seamline.databases.config import Server
from seamline.layout import Layout
from seamline.module import ExtractedModule, Module

SERVICE_NAME: str
STANDALONE: bool
"""Whether the system consists of modules alone; else they are part of a project that was there before."""
DEVELOPMENT: bool
LAYOUT: Layout
ACTIVE_MODULES: Mapping[str, Module]
EXTRACTED_MODULES: Mapping[str, ExtractedModule]
MODULE_SETTINGS: Mapping[str, Mapping[str, str]]
MODULE_URLS: Mapping[str, str]
GATEWAY_URL: str | None
DISCOVERY: Discovery | None
KNOWN_SUBSCRIBERS: Mapping[str, list[str]]
CALLS: CallPolicy
DELIVERY: DeliveryPolicy
SAGAS: SagaPolicy
AUDIT_RULES: str
REQUEST_TIMEOUT: float
MAX_REQUEST_BYTES: int
THROTTLE_FACTOR: float
TRUSTED_PROXIES: tuple[IPv4Network | IPv6Network, ...]
DATABASE_SERVER: Server
PROVISIONED: frozenset[str]
OWN_SCHEMAS: Mapping[str, str]
JWT_PRIVATE_KEY: str | None
JWT_PUBLIC_KEYS: list[str]
PERSONAL_DATA_KEYS: tuple[bytes, ...]
PERSONAL_DATA_ENCRYPTED: bool
"""Whether what is written is encrypted; what is encrypted is read in any case."""
ACCOUNTS_CONFIRM_EMAIL: bool
IDENTITY_PROVIDER: IdentityProvider | None
CONTRACTS_PORT: int
SERVICE_PRIVATE_KEYS: tuple[Ed25519PrivateKey, ...]
SERVICE_CALLERS: Mapping[str, frozenset[str]]
SERVICE_ISSUERS: Mapping[str, Issuer]
SERVICE_KEYS_MODE: str
SERVICE_KEYS: Mapping[str, str]
DELIVERY_BROKER_URL: str
CELERY_MAX_BACKOFF: float
DELIVERY_CELERY_APP: str
METRICS_FOLDER: str
SETTINGS_ADDED: tuple[str, ...]
"""What was added to settings that the file has, for `manage.py check` to say."""

# Of a system that consists of modules alone
HOST: str
PORT: int
PAGE_POLICY: str
PASSWORD_RESET_URL: str
EMAIL_CONFIRMATION_URL: str
WEB_WORKERS: int
WEB_THREADS: int
WEB_CONNECTIONS: int
REQUEST_BUFFER_KIB: int
REQUEST_BUFFERS_MIB: int
KEEPALIVE_SECONDS: int
DRAIN_SECONDS: int
GUNICORN_LOG_LEVEL: str
REST_FRAMEWORK: Mapping[str, object]
SPECTACULAR_SETTINGS: Mapping[str, object]
WHITENOISE_USE_FINDERS: bool

NAMES = frozenset(__annotations__)
"""All of them."""
