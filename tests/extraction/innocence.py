"""What only looks like an obstacle to leaving, and what obstacles are about."""

from tests.extraction.miniature import LOCKS
from tests.extraction.obstacles import PENS

INNOCENT = {
    "own module": "from modules.pens import models\nfrom . import queries\n",
    "own module by name": "import importlib\n\nimportlib.import_module('modules.pens.queries')\n",
    "own module put together": "import importlib\n\nimportlib.import_module(f'modules.pens.{1}')\n",
    "relation to itself": "from django.db import models\n\na = models.ForeignKey('self', models.CASCADE)\n",
    "relation to a local class": "from django.db import models\nfrom modules.pens.models import Pen\n\n"
    "a = models.ForeignKey(Pen, models.CASCADE)\nb = models.ForeignKey('Case', models.CASCADE)\n",
    "prose": '"""Takes rows from ink_bottle, see ink.Bottle."""\n',
    "own tables": "A = 'SELECT * FROM pens_pen JOIN kernel_outbox USING (id)'\n",
    "words": "A = 'ink.colour'\nB = 'ink.InkMixed.v1'\nC = 'ink:write'\nD = 'ink_bottle'\n",
    "declared contract": "from contracts.ink import Colour, Ink, InkMixed\n",
    "vocabulary": "from contracts.language import Contract\n",
    "own setting": "from kernel.module import setting\n\nA = setting('pens', 'NIB')\n",
    "settings of every deployable": "from django.conf import settings\n\nA = settings.KNOWN, settings.TIME_ZONE\n",
    "on commit": "from django.db import transaction\n\ntransaction.on_commit(print, using='pens')\n",
    "the door": "from kernel.databases import transaction\n\nwith transaction('pens'):\n    pass\n",
    "query in a transaction": "from contracts.ink import Ink\nfrom kernel.calls import call\n"
    "from kernel.databases import transaction\n\nwith transaction('pens'):\n    call(Ink).colour()\n",
    "command in a function called after a transaction": "from contracts.ink import Ink\nfrom kernel.calls import call\n"
    "from kernel.databases import transaction\n\nwith transaction('pens'):\n    pass\nf()\n\n"
    "def f():\n    call(Ink).mix()\n",
    "own signal": "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n"
    "from modules.pens.models import Pen\n\n@receiver(post_save, sender=Pen)\ndef f(**kwargs): ...\n",
    "pinned": "import django\nimport jwt\nimport json\n",
    "own things by name": "from django.urls import reverse\n\nA = reverse('pen'), 'pens/pen.html', 'ink/none.html'\n",
    "own cache": "from django.core.cache import cache, caches\n\ndef f(n):\n    cache.get('pens:all')\n"
    "    cache.get(f'pens:{n}')\n    cache.get(n)\n    caches['pens'].get('all')\n",
    "own Redis": "import redis\nfrom kernel.module import setting\n\ndef f(url):\n"
    "    return redis.Redis.from_url(setting('pens', 'NIB')), redis.from_url(url)\n",
    "own connection": "from django.db import connections\n\nA = connections['pens']\nB = connections[A.alias]\n",
    "what the kernel has": "from kernel.registry import KNOWN\n\nA = KNOWN['a']\nB = KNOWN.get('b')\n",
    "state of its own": "KNOWN = {}\n\ndef f(a):\n    a.b = 1\n    KNOWN['a'] = 1\n    KNOWN.update(b=2)\n",
    "effects after the commit": "from django.db import transaction as django\nfrom contracts.ink import Ink\n"
    "from kernel.calls import call\nfrom kernel.databases import transaction\nfrom modules.pens import helper\n\n"
    "def f():\n    with transaction('pens'):\n        django.on_commit(helper.weigh.delay, using='pens')\n"
    "        django.on_commit(lambda: call(Ink).mix(), using='pens')\n    helper.mix()\n    helper.weigh.delay()\n",
    "own signal, by place": "from django.db.models.signals import post_save\nfrom modules.pens.models import Pen\n\n"
    "post_save.connect(print, Pen)\n",
    "arithmetic": "def f(a, b):\n    return a / b, a % b, a + 1, 'a' * 3, 'ink' in a\n",
    "addresses of the web": "A = 'https://example.org/modules/ink/bottle'\n",
}

SURROUNDINGS = {
    "requirements/base.txt": LOCKS["requirements/local.txt"]
    + "".join(
        f"{name}==1 \\\n    --hash=sha256:af\n    # via -r requirements/base.in\n"
        for name in ("celery", "psycopg", "redis")
    ),
    "src/config/settings.py": "CELERY_BROKER_URL = KNOWN = ACTIVE_MODULES = MODULE_SETTINGS = 1\n",
    "src/kernel/events.py": "def publish(event): ...\n",
    "src/kernel/registry.py": "KNOWN = {}\n",
    "src/kernel/sagas.py": "class Saga: ...\n",
    "src/modules/ink/management/__init__.py": "",
    "src/modules/ink/management/commands/__init__.py": "",
    "src/modules/ink/management/commands/mix_ink.py": "",
    "src/modules/ink/static/ink/ink.css": "",
    "src/modules/ink/templates/ink/bottle.html": "",
    "src/modules/ink/templatetags/__init__.py": "",
    "src/modules/ink/templatetags/ink_tags.py": "",
    "src/modules/ink/urls.py": "from django.urls import path\n\n"
    "urlpatterns = [path('ink', print, name='bottle'), path('i', print, name='pen')]\n",
    f"{PENS}/helper.py": "from celery import shared_task\nfrom contracts.ink import Ink\n"
    "from kernel.calls import call\n\ndef mix():\n    call(Ink).mix()\n\n@shared_task\ndef weigh(): ...\n",
    f"{PENS}/migrations/__init__.py": "",
    f"{PENS}/urls.py": "from django.urls import path\n\nurlpatterns = [path('pens', print, name='pen')]\n",
}
"""What the obstacles are about, and stands in nobody's way itself."""
