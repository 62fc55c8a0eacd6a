"""What only looks like an obstacle to departed, and what violations are about."""

from tests.extraction.miniature import LOCKS
from tests.extraction.violations import PENS

FALSE_POSITIVES = {
    "own module": "from modules.pens import models\nfrom . import queries\n",
    "own module by name": "import importlib\n\nimportlib.import_module('modules.pens.queries')\n",
    "own module put together": "import importlib\n\nimportlib.import_module(f'modules.pens.{1}')\n",
    "relation to itself": "from django.db import models\n\na = models.ForeignKey('self', models.CASCADE)\n",
    "relation to a local class": "from django.db import models\nfrom modules.pens.models import Pen\n\n"
    "a = models.ForeignKey(Pen, models.CASCADE)\nb = models.ForeignKey('Case', models.CASCADE)\n",
    "prose": '"""Takes rows from ink_bottle, see ink.Bottle."""\n',
    "own tables": "A = 'SELECT * FROM pens_pen JOIN seamline_outbox USING (id)'\n",
    "words": "A = 'ink.colour'\nB = 'ink.InkMixed.v1'\nC = 'ink:write'\nD = 'ink_bottle'\n",
    "declared contract": "from contracts.ink import Colour, Ink, InkMixed\n",
    "vocabulary": "from seamline.contract import Contract\n",
    "own setting": "from seamline.module import setting\n\nA = setting('pens', 'NIB')\n",
    "settings of every deployable": "from django.conf import settings\n\nA = settings.KNOWN, settings.TIME_ZONE\n",
    "on commit": "from django.db import transaction\n\ntransaction.on_commit(print, using='pens')\n",
    "the door": "from seamline.databases import transaction\n\nwith transaction('pens'):\n    pass\n",
    "query in a transaction": "from contracts.ink import Ink\nfrom seamline.calls import call\n"
    "from seamline.databases import transaction\n\nwith transaction('pens'):\n    call(Ink).colour()\n",
    "command in a function called after a transaction": "from contracts.ink import Ink\n"
    "from seamline.calls import call\n"
    "from seamline.databases import transaction\n\nwith transaction('pens'):\n    pass\nf()\n\n"
    "def f():\n    call(Ink).mix()\n",
    "own signal": "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n"
    "from modules.pens.models import Pen\n\n@receiver(post_save, sender=Pen)\ndef f(**kwargs): ...\n",
    "pinned": "import django\nimport jwt\nimport json\n",
    "own things by name": "from django.urls import reverse\n\nA = reverse('pen'), 'pens/pen.html', 'ink/none.html'\n",
    "own cache": "from django.core.cache import cache, caches\n\ndef f(n):\n    cache.get('pens:all')\n"
    "    cache.get(f'pens:{n}')\n    cache.get(n)\n    caches['pens'].get('all')\n",
    "own Redis": "import redis\nfrom seamline.module import setting\n\ndef f(url):\n"
    "    return redis.Redis.from_url(setting('pens', 'NIB')), redis.from_url(url)\n",
    "own connection": "from django.db import connections\n\nA = connections['pens']\nB = connections[A.alias]\n",
    "what the runtime has": "from seamline.registry import KNOWN\n\nA = KNOWN['a']\nB = KNOWN.get('b')\n",
    "state of its own": "KNOWN = {}\n\ndef f(a):\n    a.b = 1\n    KNOWN['a'] = 1\n    KNOWN.update(b=2)\n",
    "effects after the commit": "from django.db import transaction as django\nfrom contracts.ink import Ink\n"
    "from seamline.calls import call\nfrom seamline.databases import transaction\nfrom modules.pens import helper\n\n"
    "def f():\n    with transaction('pens'):\n        django.on_commit(helper.weigh.delay, using='pens')\n"
    "        django.on_commit(lambda: call(Ink).mix(), using='pens')\n    helper.mix()\n    helper.weigh.delay()\n",
    "own signal, by place": "from django.db.models.signals import post_save\nfrom modules.pens.models import Pen\n\n"
    "post_save.connect(print, Pen)\n",
    "arithmetic": "def f(a, b):\n    return a / b, a % b, a + 1, 'a' * 3, 'ink' in a\n",
    "English": "A = 'Select what you like from orders_of_today'\nB = 'Select a colour from ink_colours'\n"
    "C = 'Update the list, and take what you need from ink_bottle'\n",
    "a table of one's own that is called after another": "Q = 'SELECT * FROM ink_stock'\n",
    "what a with calls as another's table": "Q = 'WITH ink_bottle AS (SELECT 1 AS a) SELECT a FROM ink_bottle'\n",
    "own sequence": "Q = \"SELECT nextval('pens_pen_id_seq')\"\n",
    "own migrations in SQL": "Q = 'SELECT * FROM django_migrations'\n",
    "own files": "import os\nfrom importlib.resources import files\nfrom pathlib import Path\n\n"
    "from django.conf import settings\n\nHERE = Path(__file__).resolve().parent\nA = HERE / 'words.txt'\n"
    "B = HERE.parent / 'pens' / 'words.txt'\nC = os.path.join(os.path.dirname(__file__), 'words.txt')\n"
    "D = [*HERE.glob('*.txt'), *HERE.rglob('*.txt')]\nE = files('modules.pens') / 'words.txt'\n"
    "F = settings.BASE_DIR / 'var' / 'ink'\nG = Path(__file__).parents[2] / 'modules' / 'pens'\n",
    "own cache by any method": "from django.core.cache import cache, caches\n\nown = caches['pens']\n\n"
    "async def f(n, keys):\n    await cache.aget('pens:all')\n    cache.get_many(['pens:a', f'pens:{n}'])\n"
    "    cache.get_many(keys)\n    cache.set_many({'pens:a': 1})\n    own.get_many(['all'])\n    own.clear()\n",
    "own signals in a loop": "from django.db.models.signals import post_save, pre_delete\n"
    "from modules.pens.models import Pen\n\nfor signal in (post_save, pre_delete):\n"
    "    signal.connect(print, sender=Pen)\n",
    "own connections": "import psycopg\nfrom django.db import connections\nfrom seamline.module import setting\n\n"
    "def f(url):\n    yield psycopg.connect(url), psycopg.connect(setting('pens', 'NIB'))\n"
    "    yield getattr(connections, 'pens')\n",
    "own commands": "import subprocess\nfrom django.core.management import call_command\n\ndef f(program):\n"
    "    call_command('loaddata', 'pens.json', database='pens')\n"
    "    call_command('dumpdata', 'pens', '--database', 'pens', exclude=['ink'])\n"
    "    subprocess.run([program, 'pg_dump.txt'])\n    subprocess.run(['convert', 'ink'])\n",
    "models that are made of Django's": "from django.contrib.auth.base_user import AbstractBaseUser\n"
    "from django.contrib.auth.models import AnonymousUser, PermissionsMixin\n\nclass A(AbstractBaseUser): ...\n"
    "B = AnonymousUser(), PermissionsMixin\n",
    "Django's models as types": "from django.contrib.auth.models import User\n\n"
    "def f(operator: User) -> User | None: ...\n",
    "declared endpoints": "from seamline.http.endpoints import Endpoint, endpoint\n"
    "from rest_framework.views import APIView\n\nclass View(Endpoint):\n    @endpoint(access=print, returns=None)\n"
    "    def get(self, request): ...\n\n    def shown(self): ...\n\nclass Open(APIView):\n"
    "    permission_classes = []\n\n    def get(self, request): ...\n\nclass Other:\n    def get(self): ...\n",
    "own natural key": "from modules.pens.models import Pen\n\nA = Pen.objects.get_by_natural_key('fountain')\n",
    "addresses of the web": "A = 'https://example.org/modules/ink/bottle'\n",
}

SURROUNDINGS = {
    "requirements/base.txt": LOCKS["requirements/local.txt"]
    + "".join(
        f"{name}==1 \\\n    --hash=sha256:af\n    # via -r requirements/base.in\n"
        for name in ("celery", "djangorestframework", "psycopg", "redis")
    ),
    "src/config/settings.py": "BASE_DIR = CELERY_BROKER_URL = KNOWN = ACTIVE_MODULES = MODULE_SETTINGS = 1\n",
    "src/seamline/events.py": "def publish(event): ...\n",
    "src/seamline/registry.py": "KNOWN = {}\n",
    "src/seamline/work.py": "class Saga: ...\n",
    "src/modules/ink/management/__init__.py": "",
    "src/modules/ink/management/commands/__init__.py": "",
    "src/modules/ink/management/commands/mix_ink.py": "",
    "src/modules/ink/static/ink/ink.css": "",
    "src/modules/ink/templates/ink/bottle.html": "",
    "src/modules/ink/templatetags/__init__.py": "",
    "src/modules/ink/templatetags/ink_tags.py": "",
    "src/modules/ink/urls.py": "from django.urls import path\n\n"
    "urlpatterns = [path('ink', print, name='bottle'), path('i', print, name='pen')]\n",
    "src/modules/ink/models.py": "from django.db import models\n\nclass Bottle(models.Model):\n"
    "    labels = models.ManyToManyField('ink.Well')\n\nclass Well(models.Model):\n    class Meta:\n"
    "        db_table = 'wells'\n",
    f"{PENS}/models/__init__.py": "from modules.pens.models.pen import Pen\n",
    f"{PENS}/models/pen.py": "from django.db import models\n\nclass Pen(models.Model): ...\n\n"
    "class Stock(models.Model):\n    class Meta:\n        db_table = 'ink_stock'\n",
    f"{PENS}/helper.py": "from celery import shared_task\nfrom contracts.ink import Ink\n"
    "from seamline.calls import call\n\ndef mix():\n    call(Ink).mix()\n\n@shared_task\ndef weigh(): ...\n",
    f"{PENS}/migrations/__init__.py": "",
    f"{PENS}/urls.py": "from django.urls import path\n\nurlpatterns = [path('pens', print, name='pen')]\n",
}
"""What the violations are about, and stands in nobody's way itself."""
