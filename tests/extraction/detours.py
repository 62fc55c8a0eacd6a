"""What stands in the way of leaving and takes a detour: other names, loops, other methods, other programs."""

from tests.extraction.violations import Doctored

DETOURS = {
    # What a module keeps in tables of the deployable's own
    "a model of Django's": Doctored(
        "from django.contrib.sites.models import Site\n\ndef f():\n    return Site.objects.get_current()\n",
        "model",
        4,
        "django.contrib.sites.models.Site",
    ),
    "whoever the operators are": Doctored(
        "from django.contrib import auth\n\ndef f():\n    return auth.get_user_model().objects.all()\n", "model", 4
    ),
    "sessions": Doctored(
        "from django.contrib.sessions import models\n\ndef f():\n    models.Session.objects.all()\n", "model", 4
    ),
    "the operators' log, by another name": Doctored(
        "from django.contrib.admin.models import LogEntry as Log\n\ndef f():\n    Log(user_id=1)\n",
        "model",
        4,
    ),
    "a session's store": Doctored(
        "from django.contrib.sessions.backends.db import SessionStore\n\nA = SessionStore()\n", "model", 3
    ),
    "a table of Django's in SQL": Doctored("Q = 'SELECT * FROM auth_user'\n", "sql", 1, "the deployable's own"),
    # Files, by whatever path
    "a file beside the folder": Doctored(
        "from pathlib import Path\n\nA = Path(__file__).parents[1] / 'ink' / 'words.txt'\n", "file", 3
    ),
    "a file by parents of parents": Doctored(
        "from pathlib import Path\n\nA = Path(__file__).resolve().parent.parent.joinpath('ink', 'words.txt')\n",
        "file",
        3,
    ),
    "a file by folders of folders": Doctored(
        "import os.path\n\nHERE = os.path.dirname(os.path.abspath(__file__))\n"
        "A = os.path.join(os.path.dirname(HERE), 'ink', 'words.txt')\n",
        "file",
        4,
    ),
    "a file below the repository": Doctored(
        "from django.conf import settings\n\nA = settings.BASE_DIR / 'src' / 'modules' / 'ink' / 'words.txt'\n",
        "file",
        3,
    ),
    "a file one folder up": Doctored(
        "from pathlib import Path\n\nHERE = Path(__file__).parent\nA = HERE / '..' / 'ink' / 'words.txt'\n", "file", 4
    ),
    "a file by an f-string": Doctored(
        "import os\n\nA = open(f'{os.path.dirname(__file__)}/../ink/words.txt')\n", "file", 3
    ),
    "a file of any module": Doctored(
        "from pathlib import Path\n\ndef f(name):\n    return Path(__file__).parents[1] / name / 'words.txt'\n",
        "file",
        4,
        "any module",
    ),
    "the folders of all modules": Doctored(
        "from pathlib import Path\n\nA = [p.name for p in Path(__file__).parents[1].iterdir()]\n", "file", 3
    ),
    "a pattern over all modules": Doctored(
        "from pathlib import Path\n\nA = Path(__file__).parents[1].glob('*/words.txt')\n", "file", 3
    ),
    "a file of a package": Doctored(
        "from importlib.resources import files\n\nA = files('modules') / 'ink' / 'words.txt'\n", "file", 3
    ),
    # SQL that a parser reads
    "a table that is called otherwise": Doctored("Q = 'SELECT count(*) FROM wells'\n", "sql", 1, "wells"),
    "a table between two models": Doctored("Q = 'DELETE FROM ink_bottle_labels'\n", "sql"),
    "SQL in lower case, of a table nobody knows": Doctored("Q = 'select a from ink_archive'\n", "sql"),
    "SQL in a loop": Doctored(
        "def f(sql):\n    for table in ('pens_pen', 'ink_bottle'):\n        sql.execute(f'SELECT * FROM {table}')\n",
        "sql",
        3,
    ),
    "SQL by format with names": Doctored("Q = 'SELECT * FROM {t}'.format(t='ink_bottle')\n", "sql"),
    "a sequence": Doctored("Q = \"SELECT nextval('ink_bottle_id_seq')\"\n", "sql"),
    "a table as a string": Doctored("Q = \"SELECT 'ink_bottle'::regclass::oid\"\n", "sql"),
    "a statement without a table's place": Doctored("Q = 'LOCK TABLE ink_bottle IN SHARE MODE'\n", "sql"),
    "a plan": Doctored("Q = 'EXPLAIN ANALYZE SELECT * FROM ink_bottle'\n", "sql"),
    "a block": Doctored("Q = 'DO $$ BEGIN DELETE FROM ink_bottle; END $$'\n", "sql"),
    "a function's body": Doctored(
        "Q = 'CREATE FUNCTION f() RETURNS int AS $$ SELECT count(*) FROM ink_bottle $$ LANGUAGE sql'\n", "sql"
    ),
    "a trigger": Doctored(
        "Q = 'CREATE TRIGGER t AFTER INSERT ON ink_bottle FOR EACH ROW EXECUTE FUNCTION f()'\n", "sql"
    ),
    "a piece of a statement": Doctored("Q = 'JOIN ink_bottle ON ink_bottle.id = a WHERE'\n", "sql"),
    "a with that reads the table it is called after": Doctored(
        "Q = 'WITH ink_bottle AS (SELECT * FROM ink_bottle) SELECT * FROM ink_bottle'\n", "sql"
    ),
    "a table described": Doctored(
        "def f(connection, c):\n    return connection.introspection.get_table_description(c, 'ink_bottle')\n", "sql", 2
    ),
    "a table's name put into SQL": Doctored(
        "def f(connection):\n    return 'SELECT 1 FROM ' + connection.ops.quote_name('ink_bottle')\n", "sql", 2
    ),
    "a model laid over a table later": Doctored(
        "from modules.pens.models import Pen\n\nPen._meta.db_table = 'ink_bottle'\n", "sql", 3
    ),
    # Caches, by whatever method and name
    "many keys": Doctored(
        "from django.core.cache import cache\n\ncache.get_many(['pens:a', 'rates'])\n", "cache", 3, "'rates'"
    ),
    "many keys to set": Doctored("from django.core.cache import cache\n\ncache.set_many({'rates': 1})\n", "cache", 3),
    "a key asked for later": Doctored(
        "from django.core.cache import cache\n\nasync def f():\n    await cache.aget('rates')\n", "cache", 4
    ),
    "the cache behind a name": Doctored(
        "from django.core.cache import caches\n\nshared = caches['default']\nshared.delete('rates')\n", "cache", 4
    ),
    "the cache behind an attribute": Doctored(
        "from django.core.cache import caches\n\nclass A:\n    def f(self):\n        self.kept = caches['default']\n"
        "        self.kept.touch('rates')\n",
        "cache",
        6,
    ),
    "the cache by getattr": Doctored(
        "from django.core.cache import cache\n\ngetattr(cache, 'get')('rates')\n", "cache", 3
    ),
    "the common cache emptied later": Doctored(
        "from django.core.cache import cache\n\nasync def f():\n    await cache.aclear()\n", "cache", 4
    ),
    # Signals, by whatever means
    "signals in a loop": Doctored(
        "from django.db.models.signals import post_save, pre_delete\n\n"
        "for signal in (post_save, pre_delete):\n    signal.connect(print)\n",
        "signal",
        4,
        "post_save, pre_delete",
    ),
    "signals in a list with a name": Doctored(
        "from django.db.models import signals\n\nALL = [signals.post_save]\nfor s in ALL:\n    s.connect(print)\n",
        "signal",
        5,
    ),
    "signals by their names": Doctored(
        "from django.db.models import signals\n\nfor name in ('post_save', 'pre_save'):\n"
        "    getattr(signals, name).connect(print)\n",
        "signal",
        4,
    ),
    "signals of a list received": Doctored(
        "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n\nALL = (post_save,)\n\n"
        "@receiver(ALL)\ndef f(**kwargs): ...\n",
        "signal",
        6,
    ),
    # Databases, by whatever means
    "another's database in a loop": Doctored(
        "from django.db import connections\n\nfor alias in ('pens', 'ink'):\n    connections[alias].cursor()\n",
        "database",
        4,
    ),
    "another's database by getattr": Doctored(
        "from django import db\n\nA = getattr(db, 'connections')['ink']\n", "database", 3
    ),
    "another's database behind a name": Doctored(
        "from django.db import connections\n\nall_of_them = connections\nA = all_of_them['ink']\n", "database", 4
    ),
    "a connection of one's own": Doctored(
        "import psycopg\n\nA = psycopg.connect('dbname=seam_ink')\n", "database", 3, "past Django's"
    ),
    "a connection by an f-string": Doctored(
        "from psycopg import AsyncConnection\n\ndef f(host):\n"
        "    return AsyncConnection.connect(f'host={host} dbname=seam_ink')\n",
        "database",
        4,
    ),
    # Commands and programs
    "a command about another": Doctored(
        "from django.core.management import call_command\n\ncall_command('dumpdata', 'ink', database='pens')\n",
        "command",
        3,
    ),
    "a command on another's database": Doctored(
        "from django.core.management import call_command\n\ncall_command('flush', '--database=ink')\n", "command", 3
    ),
    "a command on the deployable's database": Doctored(
        "from django.core.management import call_command\n\ncall_command('loaddata', 'pens.json')\n", "command", 3
    ),
    "a command on all databases": Doctored(
        "from django.core import management\n\nmanagement.call_command('migrate_all')\n", "command", 3
    ),
    "psql": Doctored("import subprocess\n\nsubprocess.run(['psql', 'seam_ink'])\n", "command", 3, "psql"),
    "pg_dump in a shell": Doctored("import os\n\nos.system('cd /tmp && pg_dump seam_ink')\n", "command", 3),
    "manage.py about another": Doctored(
        "import sys\nfrom subprocess import run\n\nrun([sys.executable, 'manage.py', 'dumpdata', 'ink'])\n",
        "command",
        4,
    ),
    "a natural key": Doctored(
        "def f(manager):\n    return manager.get_by_natural_key('ink', 'bottle')\n", "dynamic-import", 2
    ),
    "get_model in a loop": Doctored(
        "from django.apps import apps\n\nfor label in ('pens', 'ink'):\n    apps.get_model(label, 'Bottle')\n",
        "dynamic-import",
        4,
    ),
    "get_model by another name": Doctored(
        "from django.apps import apps\n\nget = apps.get_model\nget('ink', 'Bottle')\n", "dynamic-import", 4
    ),
    # Endpoints
    "an endpoint that says nothing": Doctored(
        "from seamline.http.endpoints import Endpoint\n\nclass View(Endpoint):\n    def get(self, request): ...\n",
        "endpoint",
        4,
        "View.get says not who may use it",
    ),
    "an endpoint that does not say who": Doctored(
        "from seamline.http.endpoints import Endpoint as Base, endpoint\n\nclass View(Base):\n"
        "    @endpoint(returns=None)\n    def post(self, request): ...\n",
        "endpoint",
        5,
    ),
    "a plain view": Doctored(
        "from rest_framework.views import APIView\n\nclass View(APIView):\n    def get(self, request): ...\n",
        "endpoint",
        4,
    ),
}
