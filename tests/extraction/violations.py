"""What stands in the way of a module's departed: one obstacle a file."""

from typing import NamedTuple

PENS = "src/modules/pens"


class Doctored(NamedTuple):
    """A file with an obstacle in it, and how it is to be found."""

    text: str
    rule: str
    line: int = 1
    says: str = ""
    path: str = ""
    """Where it matters."""


VIOLATIONS = {
    "import of a module": Doctored("from modules.ink.models import Bottle\n", "import", 1, "which is ink's"),
    "import of a module's package": Doctored("import modules.ink\n", "import"),
    "import from the folder": Doctored("from modules import ink\n", "import"),
    "relative import": Doctored("from ..ink import service\n", "import", 1, "modules.ink.service"),
    "import inside a function": Doctored("def f():\n    import modules.ink.service\n", "import", 2),
    "import for types only": Doctored(
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from modules.ink import models\n", "import", 4
    ),
    "import of all modules": Doctored("import modules\n", "import", 1, "folder of all modules"),
    "import in a test": Doctored("import modules.ink\n", "import", path=f"{PENS}/tests/test_ink.py"),
    "import_module": Doctored(
        "import importlib\n\nimportlib.import_module('modules.ink.service')\n", "dynamic-import", 3
    ),
    "import_module by another name": Doctored(
        "from importlib import import_module as load\n\nload('modules.ink')\n", "dynamic-import", 3
    ),
    "import_module put together": Doctored(
        "from importlib import import_module\n\ndef f(name):\n    import_module(f'modules.{name}')\n",
        "dynamic-import",
        4,
    ),
    "__import__": Doctored("__import__('modules.ink.service')\n", "dynamic-import"),
    "import_string": Doctored(
        "from django.utils.module_loading import import_string\n\nimport_string('modules.ink.models.Bottle')\n",
        "dynamic-import",
        3,
    ),
    "get_model with two names": Doctored(
        "from django.apps import apps\n\napps.get_model('ink', 'Bottle')\n", "dynamic-import", 3
    ),
    "get_model with one name": Doctored(
        "from django.apps import apps\n\napps.get_model('ink.Bottle')\n", "dynamic-import", 3
    ),
    "get_app_config": Doctored("from django.apps import apps\n\napps.get_app_config('ink')\n", "dynamic-import", 3),
    "foreign key by name": Doctored(
        "from django.db import models\n\nclass A(models.Model):\n    b = models.ForeignKey('ink.Bottle', 1)\n",
        "relation",
        4,
        "ink.Bottle",
    ),
    "one-to-one by keyword": Doctored(
        "from django.db.models import OneToOneField\n\na = OneToOneField(to='ink.Bottle')\n", "relation", 3
    ),
    "many-to-many to Django's own": Doctored(
        "from django.db import models\n\na = models.ManyToManyField('auth.Group')\n", "relation", 3
    ),
    "foreign key to the operators": Doctored(
        "from django.conf import settings\nfrom django.db import models\n\n"
        "a = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)\n",
        "relation",
        4,
    ),
    "foreign key to a class of Django's": Doctored(
        "from django.contrib.auth.models import User\nfrom django.db import models\n\n"
        "a = models.ForeignKey(User, models.CASCADE)\n",
        "relation",
        4,
    ),
    "generic foreign key": Doctored(
        "from django.contrib.contenttypes.fields import GenericForeignKey\n\na = GenericForeignKey()\n", "relation", 3
    ),
    "migration dependency": Doctored(
        "class Migration:\n    dependencies = [('ink', '0001_initial')]\n",
        "relation",
        2,
        path=f"{PENS}/migrations/0002_x.py",
    ),
    "a model's name": Doctored("MODEL = 'ink.Bottle'\n", "model-name", 1, "'ink.Bottle'"),
    "another's label": Doctored("class A:\n    class Meta:\n        app_label = 'ink'\n", "relation", 3),
    "another's connection": Doctored(
        "from django.db import connections\n\nwith connections['ink'].cursor():\n    pass\n", "database", 3
    ),
    "using another's database": Doctored(
        "from modules.pens.models import Pen\n\nPen.objects.using('ink').all()\n", "database", 3
    ),
    "saving elsewhere": Doctored("def f(pen):\n    pen.save(using='ink')\n", "database", 2),
    "another's transaction": Doctored(
        "from seamline.databases import transaction\n\nwith transaction('ink'):\n    pass\n", "database", 3
    ),
    "the way into every module": Doctored("from seamline.module import active\n", "dynamic-import"),
    "SQL": Doctored("Q = 'SELECT 1'\nR = 'select * from ink_bottle'\n", "sql", 2, "ink_bottle"),
    "SQL over several lines": Doctored(
        'Q = """\n    SELECT *\n    FROM pens_pen JOIN "ink_bottle" USING (id)\n"""\n', "sql", 3
    ),
    "SQL in an f-string": Doctored("def f(x):\n    return f'UPDATE public.ink_bottle SET a = {x}'\n", "sql", 2),
    "SQL in a file": Doctored("-- all\nDELETE FROM ink_bottle;\n", "sql", 2, path=f"{PENS}/fill.sql"),
    "a model over another's table": Doctored(
        "class A:\n    class Meta:\n        db_table = 'ink_bottle'\n", "sql", 3, "ink_bottle"
    ),
    "undeclared contract": Doctored("from contracts.ink import Wells\n", "undeclared", 1, "add Wells to calls"),
    "undeclared contract by attribute": Doctored(
        "from contracts import ink\n\ndef f():\n    return ink.Wells\n", "undeclared", 4
    ),
    "undeclared event": Doctored("from contracts.ink import InkDried\n", "undeclared", 1, "add InkDried to subscribes"),
    "undeclared file": Doctored("from contracts.paper import Paper\n", "undeclared"),
    "environment": Doctored("import os\n\nA = os.environ['A']\n", "setting", 3),
    "getenv": Doctored("from os import getenv\n", "setting", 1),
    "undeclared setting": Doctored(
        "from seamline.module import setting\n\nA = setting('pens', 'INK')\n", "setting", 3, "add Setting('INK'"
    ),
    "another's setting": Doctored("from seamline.module import setting\n\nA = setting('ink', 'NIB')\n", "setting", 3),
    "unknown Django setting": Doctored(
        "from django.conf import settings\n\nA = settings.PENS_NIB\n", "setting", 3, "settings.PENS_NIB"
    ),
    "atomic": Doctored(
        "from django.db import transaction\n\ndef f():\n    with transaction.atomic():\n        pass\n",
        "transaction",
        4,
    ),
    "atomic imported": Doctored("from django.db.transaction import atomic\n", "transaction", 1),
    "command in a function called in a transaction": Doctored(
        "from contracts.ink import Ink\nfrom seamline.calls import call\nfrom seamline.databases import transaction\n\n"
        "def f():\n    with transaction('pens'):\n        g()\n\n"
        "def g():\n    h()\n\ndef h():\n    call(Ink).mix()\n    g()\n",
        "transaction",
        7,
        "Ink.mix is commanded by g()",
    ),
    "command in a method called in a transaction": Doctored(
        "from contracts.ink import Ink\nfrom seamline.calls import call\nfrom seamline.databases import transaction\n\n"
        "class Pen:\n    @transaction('pens')\n    def f(self):\n        self.g()\n\n"
        "    def g(self):\n        call(Ink).mix()\n",
        "transaction",
        8,
    ),
    "command in a transaction": Doctored(
        "from contracts.ink import Ink\nfrom seamline.calls import call\nfrom seamline.databases import transaction\n\n"
        "def f():\n    with transaction('pens'):\n        call(Ink).mix()\n",
        "transaction",
        7,
        "Ink.mix",
    ),
    "signal of everybody": Doctored(
        "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n\n"
        "@receiver(post_save)\ndef f(**kwargs): ...\n",
        "signal",
        4,
    ),
    "signal connected": Doctored(
        "from django.db.models import signals\n\nsignals.pre_delete.connect(print)\n", "signal", 3
    ),
    "requirement": Doctored("import nobody_has_that\n", "requirement", 1, "nobody_has_that"),
    "requirement of development only": Doctored("import pytest\n", "requirement", 1, "pens/requirements.in"),
    "requirement that is not pinned": Doctored(
        "# For nibs:\nnobody-has-this>=1\n", "requirement", 2, "make lock", f"{PENS}/requirements.in"
    ),
    "requirement of its tests that is not pinned": Doctored(
        "nobody-tests-with-that\n", "requirement", 1, "make lock", f"{PENS}/requirements-dev.in"
    ),
    # By a string, by whatever means
    "import_module through a module's other name": Doctored(
        "import importlib as il\n\nil.import_module('modules.ink.service')\n", "dynamic-import", 3
    ),
    "import_module through a name of its own": Doctored(
        "import importlib\n\nload = importlib.import_module\nload('modules.ink')\n", "dynamic-import", 4
    ),
    "import_module by getattr": Doctored(
        "import importlib\n\ngetattr(importlib, 'import_module')('modules.ink')\n", "dynamic-import", 3
    ),
    "a name put together from constants": Doctored(
        "from importlib import import_module\n\nBASE = 'modules'\nimport_module(BASE + '.' + 'ink')\n",
        "dynamic-import",
        4,
    ),
    "a name by percent": Doctored(
        "from importlib import import_module\n\ndef f(n):\n    import_module('modules.%s.models' % n)\n",
        "dynamic-import",
        4,
    ),
    "a name by format": Doctored(
        "from importlib import import_module\n\ndef f(n):\n    import_module('modules.{}'.format(n))\n",
        "dynamic-import",
        4,
    ),
    "a name by join": Doctored(
        "from importlib import import_module\n\nimport_module('.'.join(['modules', 'ink']))\n", "dynamic-import", 3
    ),
    "resolve_name": Doctored(
        "import pkgutil\n\npkgutil.resolve_name('modules.ink.service:mix')\n", "dynamic-import", 3
    ),
    "sys.modules": Doctored("import sys\n\nsys.modules['modules.ink.models'].Bottle\n", "dynamic-import", 3),
    "exec": Doctored("exec('from modules.ink import models')\n", "dynamic-import"),
    "eval": Doctored("eval(\"__import__('modules.ink.models')\")\n", "dynamic-import"),
    "patched in a test": Doctored(
        "from unittest.mock import patch\n\npatch('modules.ink.service.mix')\n",
        "dynamic-import",
        3,
        path=f"{PENS}/tests/test_patch.py",
    ),
    "task by name": Doctored(
        "from celery import current_app\n\ncurrent_app.send_task('modules.ink.tasks.dry')\n", "dynamic-import", 3
    ),
    "contract by name": Doctored(
        "from importlib import import_module\n\nimport_module('contracts.paper').Paper\n", "dynamic-import", 3
    ),
    "get_model with a constant": Doctored(
        "from django.apps import apps\n\nLABEL = 'ink'\napps.get_model(LABEL, 'Bottle')\n", "dynamic-import", 4
    ),
    "content type of another": Doctored(
        "from django.contrib.contenttypes.models import ContentType\n\n"
        "ContentType.objects.get(app_label='ink', model='bottle')\n",
        "model",
        3,
    ),
    "all models": Doctored(
        "from django.apps import apps\n\ndef f():\n    return list(apps.get_models())\n", "dynamic-import", 4
    ),
    "all subclasses of a model": Doctored(
        "from django.db import models\n\nA = models.Model.__subclasses__()\n", "dynamic-import", 3
    ),
    "all manifests from the settings": Doctored(
        "from django.conf import settings\n\nA = settings.ACTIVE_MODULES['ink'].room('service')\n",
        "dynamic-import",
        3,
    ),
    "the implementations behind the contracts": Doctored(
        "from seamline.calls.server import served\n", "dynamic-import", 1, "seamline.calls.server"
    ),
    "a contract's endpoint": Doctored("A = 'http://localhost:8000/_contracts/ink/v1/mix'\n", "dynamic-import"),
    "get_model handed on": Doctored(
        "from django.apps import apps\n\ndef f(g):\n    return g(apps.get_model)\n", "dynamic-import", 4
    ),
    "another's mailbox": Doctored(
        "from seamline.events.mailbox import mailbox\n", "dynamic-import", 1, "seamline.events.mailbox"
    ),
    # From above, or everything
    "import of the settings": Doctored("from config import settings\n", "import", 1, "above"),
    "all of a contract file": Doctored("from contracts.ink import *\n", "import", 1, "everything"),
    # Relations and tables
    "many-to-many through another's model": Doctored(
        "from django.db import models\n\na = models.ManyToManyField('pens.Case', through='ink.Bottle')\n",
        "relation",
        3,
    ),
    "foreign key to whoever the operators are": Doctored(
        "from django.contrib.auth import get_user_model\nfrom django.db import models\n\n"
        "a = models.ForeignKey(get_user_model(), models.CASCADE)\n",
        "relation",
        4,
    ),
    "foreign key by a constant": Doctored(
        "from django.db import models\n\nTO = 'ink.' + 'Vat'\na = models.ForeignKey(TO, models.CASCADE)\n",
        "relation",
        4,
    ),
    "a generic key of one's own kind": Doctored(
        "from django.contrib.contenttypes.fields import GenericForeignKey\n\nclass Link(GenericForeignKey): ...\n",
        "relation",
        3,
    ),
    "SQL of constants": Doctored("T = 'ink_bottle'\nQ = 'SELECT * FROM ' + T\n", "sql", 2),
    "SQL by percent": Doctored("def f():\n    return 'SELECT * FROM %s' % 'ink_bottle'\n", "sql", 2),
    "SQL with a list of tables": Doctored("Q = 'SELECT * FROM pens_pen, ink_bottle WHERE a = b'\n", "sql"),
    "SQL in a migration": Doctored(
        "from django.db import migrations\n\nclass Migration(migrations.Migration):\n"
        "    operations = [migrations.RunSQL('DROP TABLE ink_bottle')]\n",
        "sql",
        4,
        path=f"{PENS}/migrations/0003_x.py",
    ),
    "raw()": Doctored(
        "from modules.pens.models import Pen\n\n"
        "def f(n):\n    Pen.objects.raw(f'SELECT * FROM ink_bottle LIMIT {n}')\n",
        "sql",
        4,
    ),
    "extra()": Doctored("from modules.pens.models import Pen\n\nPen.objects.extra(tables=['ink_bottle'])\n", "sql", 3),
    "SQL with an identifier": Doctored(
        "from psycopg.sql import SQL, Identifier\n\nA = SQL('SELECT * FROM {}').format(Identifier('ink_bottle'))\n",
        "sql",
        3,
    ),
    "a migration over another's table": Doctored(
        "from django.db import migrations\n\nclass Migration:\n"
        "    operations = [migrations.CreateModel(name='a', fields=[], options={'db_table': 'ink_bottle'})]\n",
        "sql",
        4,
        path=f"{PENS}/migrations/0004_x.py",
    ),
    "a fixture": Doctored(
        '[{"model": "pens.pen"},\n {"model": "ink.bottle"}]\n', "model-name", 2, path=f"{PENS}/fixtures/all.json"
    ),
    # Databases
    "the deployable's own database": Doctored(
        "from django.db import connection\n\ndef f():\n    connection.cursor()\n", "database", 1, "own database"
    ),
    "the database called default": Doctored(
        "from modules.pens.models import Pen\n\nPen.objects.using('default').all()\n", "database", 3
    ),
    "on commit of whatever is committed": Doctored(
        "from django.db import transaction\n\ntransaction.on_commit(print)\n", "database", 3, "'pens'"
    ),
    "the databases of all": Doctored(
        "from django.db import connections\n\nA = [c.cursor() for c in connections.all()]\n", "database", 3
    ),
    "the names of all databases": Doctored(
        "from django.db import connections\n\nA = [connections[a].cursor() for a in connections]\n", "database", 3
    ),
    "the addresses of all databases": Doctored(
        "from django.conf import settings\n\nA = settings.DATABASES\n", "database", 3
    ),
    "another's database by a constant": Doctored(
        "from modules.pens.models import Pen\n\nA = 'ink'\nPen.objects.db_manager(A).all()\n", "database", 4
    ),
    "another's database in a test": Doctored(
        "import pytest\n\npytestmark = pytest.mark.django_db(databases=['pens', 'ink'])\n",
        "database",
        3,
        path=f"{PENS}/tests/test_both.py",
    ),
    # Memory
    "a key of the common cache": Doctored(
        "from django.core.cache import cache\n\ndef f():\n    return cache.get('rates')\n", "cache", 4, "'pens:'"
    ),
    "another's key of the common cache": Doctored(
        "from django.core import cache\n\nKEY = 'ink:rates'\n\ndef f():\n    cache.caches['default'].set(KEY, 1)\n",
        "cache",
        6,
    ),
    "the common cache emptied": Doctored("from django.core.cache import cache\n\ncache.clear()\n", "cache", 3),
    "another's cache": Doctored("from django.core.cache import caches\n\nA = caches['ink']\n", "cache", 3),
    "Redis at an address in the code": Doctored(
        "import redis\n\nR = redis.Redis.from_url('redis://localhost/1')\n", "cache", 3, "setting('pens', …)"
    ),
    "Redis at the broker's address": Doctored(
        "import redis\nfrom django.conf import settings\n\nR = redis.from_url(settings.CELERY_BROKER_URL)\n",
        "cache",
        4,
    ),
    "Redis wherever it is": Doctored("from redis import Redis\n\nR = Redis()\n", "cache", 3),
    "what the runtime keeps": Doctored(
        "from seamline.registry import KNOWN\n\ndef f():\n    KNOWN['pens'] = 1\n",
        "state",
        4,
        "seamline.registry.KNOWN",
    ),
    "what the runtime keeps, by a method": Doctored(
        "from seamline import registry\n\ndef f():\n    registry.KNOWN.setdefault('a', 1)\n", "state", 4
    ),
    "an attribute of a contract": Doctored("from contracts.ink import Ink\n\nInk.cache = {}\n", "state", 3),
    "an attribute by setattr": Doctored("import seamline.module\n\nsetattr(seamline.module, 'a', 1)\n", "state", 3),
    # Signals
    "signal with no sender in particular": Doctored(
        "from django.db.models.signals import post_save\n\npost_save.connect(print, sender=None)\n", "signal", 3
    ),
    "signal connected by a decorator": Doctored(
        "from django.db.models.signals import post_save\n\n@post_save.connect\ndef f(**kwargs): ...\n", "signal", 3
    ),
    "signal of a model by name": Doctored(
        "from django.db.models.signals import post_save\n\npost_save.connect(print, sender='ink.Bottle')\n",
        "model-name",
        3,
    ),
    # Settings
    "a setting by getattr": Doctored(
        "from django.conf import settings\n\nA = getattr(settings, 'PENS_NIB', None)\n", "setting", 3
    ),
    "the settings of all modules": Doctored(
        "from django.conf import settings\n\nA = settings.MODULE_SETTINGS['pens']\n", "setting", 3
    ),
    "environ.Env": Doctored("import environ\n\nA = environ.Env()\n", "setting", 3),
    # Transactions
    "command in a helper of another file": Doctored(
        "from seamline.databases import transaction\nfrom modules.pens import helper\n\n"
        "def f():\n    with transaction('pens'):\n        helper.mix()\n",
        "transaction",
        6,
        "Ink.mix is commanded by mix()",
    ),
    "command by a proxy with a name": Doctored(
        "from contracts.ink import Ink\nfrom seamline.calls import call\nfrom seamline.databases import transaction\n\n"
        "def f():\n    ink = call(Ink)\n    with transaction('pens'):\n        ink.mix()\n",
        "transaction",
        8,
    ),
    "command that completes a saga": Doctored(
        "from contracts.ink import Ink\nfrom seamline.calls import call\nfrom seamline.work import Saga\n\n"
        "def end(saga_id):\n    call(Ink).mix()\n\nS = Saga(complete=end)\n",
        "transaction",
        6,
    ),
    "task sent in a transaction": Doctored(
        "from seamline.databases import transaction\nfrom modules.pens import helper\n\n"
        "def f():\n    with transaction('pens'):\n        helper.weigh.delay()\n",
        "transaction",
        6,
        "the task weigh is sent",
    ),
    "another's event told": Doctored(
        "from contracts.ink import InkMixed\nfrom seamline.events import publish\n\n"
        "def f():\n    publish(InkMixed('a'))\n",
        "undeclared",
        5,
    ),
    # What Django finds by name
    "another's address": Doctored(
        "from django.urls import reverse\n\ndef f():\n    return reverse('bottle')\n", "address", 4
    ),
    "another's address in its space": Doctored(
        "from django.shortcuts import redirect\n\ndef f():\n    return redirect('ink:bottle')\n", "address", 4
    ),
    "another's template": Doctored("TEMPLATE = 'ink/bottle.html'\n", "template"),
    "another's static file": Doctored("SHEET = 'ink/ink.css'\n", "static"),
    "another's command": Doctored(
        "from django.core.management import call_command\n\ncall_command('mix_ink')\n", "command", 3
    ),
    "another's tag library": Doctored("{% load i18n ink_tags %}\n", "library", path=f"{PENS}/templates/pens/tags.html"),
    "another's template in a template": Doctored(
        "<p>\n{% include 'ink/bottle.html' %}\n", "template", 2, path=f"{PENS}/templates/pens/both.html"
    ),
    "another's address in a template": Doctored(
        "<a href=\"{% url 'ink:bottle' %}\">\n", "address", path=f"{PENS}/templates/pens/link.html"
    ),
    "another's static file in a template": Doctored(
        '{% load static %}\n{% static "ink/ink.css" %}\n', "static", 2, path=f"{PENS}/templates/pens/sheet.html"
    ),
    "a file of another": Doctored("A = open('src/modules/ink/words.txt')\n", "file", 1, "'src/modules/ink/words.txt'"),
    "a path into another's folder": Doctored(
        "from pathlib import Path\n\nA = Path(__file__).parents[2] / 'modules' / 'ink' / 'words.txt'\n", "file", 3
    ),
}
