"""Each rule, seen red on a doctored copy: with the right place, and nothing else found."""

from typing import NamedTuple

import pytest

from extraction.analysis import check
from tests.extraction.miniature import Monolith

PENS = "src/modules/pens"


class Doctored(NamedTuple):
    """A file with an obstacle in it, and how it is to be found."""

    text: str
    rule: str
    line: int = 1
    says: str = ""
    path: str = f"{PENS}/extra.py"


OBSTACLES = {
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
        "from kernel.databases import transaction\n\nwith transaction('ink'):\n    pass\n", "database", 3
    ),
    "the way into every module": Doctored("from kernel.module import active\n", "dynamic-import"),
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
        "from kernel.module import setting\n\nA = setting('pens', 'INK')\n", "setting", 3, "add Setting('INK'"
    ),
    "another's setting": Doctored("from kernel.module import setting\n\nA = setting('ink', 'NIB')\n", "setting", 3),
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
        "from contracts.ink import Ink\nfrom kernel.calls import call\nfrom kernel.databases import transaction\n\n"
        "def f():\n    with transaction('pens'):\n        g()\n\n"
        "def g():\n    h()\n\ndef h():\n    call(Ink).mix()\n    g()\n",
        "transaction",
        7,
        "Ink.mix is commanded by g()",
    ),
    "command in a method called in a transaction": Doctored(
        "from contracts.ink import Ink\nfrom kernel.calls import call\nfrom kernel.databases import transaction\n\n"
        "class Pen:\n    @transaction('pens')\n    def f(self):\n        self.g()\n\n"
        "    def g(self):\n        call(Ink).mix()\n",
        "transaction",
        8,
    ),
    "command in a transaction": Doctored(
        "from contracts.ink import Ink\nfrom kernel.calls import call\nfrom kernel.databases import transaction\n\n"
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
    "requirement": Doctored("import nobody_has_this\n", "requirement", 1, "nobody_has_this"),
    "requirement of development only": Doctored("import pytest\n", "requirement", 1, "pens/requirements.in"),
    "requirement that is not pinned": Doctored(
        "# For nibs:\nnobody-has-this>=1\n", "requirement", 2, "make lock", f"{PENS}/requirements.in"
    ),
    "unreadable": Doctored("def f(:\n", "syntax", 1),
    "binary": Doctored("\0", "syntax", 1),
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_obstacle_is_found(name: str, monolith: Monolith) -> None:
    doctored = OBSTACLES[name]
    if "migrations" in doctored.path:
        monolith.write(f"{PENS}/migrations/__init__.py", "")
    monolith.write(doctored.path, doctored.text)

    found = check(monolith.project, ["pens"])

    assert [(finding.path, finding.line, finding.rule) for finding in found] == [
        (doctored.path, doctored.line, doctored.rule)
    ]
    assert doctored.says in str(found[0])
    assert found[0].fix


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
}


@pytest.mark.parametrize("name", INNOCENT)
def test_what_is_allowed_is_not_found(name: str, monolith: Monolith) -> None:
    monolith.write(f"{PENS}/extra.py", INNOCENT[name])
    assert check(monolith.project, monolith.project.modules) == []


def test_an_import_through_the_kernel_is_shown_with_its_chain(monolith: Monolith) -> None:
    monolith.write("src/kernel/shortcut.py", "\nfrom modules.ink import service\n")
    monolith.write(f"{PENS}/extra.py", "from kernel import shortcut\n")

    [found] = check(monolith.project, ["pens"])

    assert (found.path, found.line, found.rule) == ("src/kernel/shortcut.py", 2, "import")
    assert found.chain == ("modules.pens.extra", "kernel.shortcut", "modules.ink.service")


def test_a_declared_contract_that_nobody_calls(monolith: Monolith) -> None:
    monolith.write(f"{PENS}/queries.py", "def pen(): ...\n")
    [found] = check(monolith.project, ["pens"])
    assert (found.path, found.line, found.rule) == (f"{PENS}/module.py", 9, "unused")


def test_a_declared_event_that_nobody_handles(monolith: Monolith) -> None:
    monolith.write(f"{PENS}/handlers.py", "")
    [found] = check(monolith.project, ["pens"])
    assert (found.path, found.line, found.rule) == (f"{PENS}/module.py", 10, "unused")
    assert "on_ink_mixed" in found.message


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("calls=(Ink,)", "calls=(Ink, InkMixed)", 9),
        ("subscribes=(InkMixed,)", "subscribes=(InkMixed, Ink)", 10),
        ("serves=(Pens,)", "serves=(Pens, Ink)", 8),
    ],
)
def test_a_manifest_that_names_the_wrong_thing(old: str, new: str, line: int, monolith: Monolith) -> None:
    monolith.replace(f"{PENS}/module.py", old, new)
    found = [finding for finding in check(monolith.project, ["pens"]) if finding.rule == "undeclared"]
    assert [(finding.path, finding.line) for finding in found] == [(f"{PENS}/module.py", line)]


def test_an_operation_without_a_function(monolith: Monolith) -> None:
    monolith.write("src/modules/ink/service.py", "")
    [found] = check(monolith.project, ["ink"])
    assert (found.path, found.rule) == ("src/modules/ink/module.py", "unserved")
    assert "mix" in found.message


def test_a_contract_that_imports_too_much(monolith: Monolith) -> None:
    monolith.write("contracts/ink.py", "import django\n" + (monolith.root / "contracts/ink.py").read_text())
    found = check(monolith.project, ["ink"])
    assert [(f.path, f.line, f.rule) for f in found] == [("contracts/ink.py", 1, "contract")]


@pytest.mark.parametrize("package", ["src/modules/ink", "src/modules/pens/adapters", "src/kernel/parts"])
def test_a_folder_without_init(package: str, monolith: Monolith) -> None:
    monolith.write(f"{package}/something.py", "")
    (monolith.root / package / "__init__.py").unlink(missing_ok=True)
    [found] = check(monolith.project, ["pens"])
    assert (found.path, found.rule) == (f"{package}/__init__.py", "package")


def test_a_folder_without_manifest(monolith: Monolith) -> None:
    monolith.write("src/modules/paper/__init__.py", "")
    [found] = check(monolith.project, ["pens"])
    assert (found.path, found.rule) == ("src/modules/paper/module.py", "manifest")


def test_a_folder_of_tests_needs_no_init(monolith: Monolith) -> None:
    (monolith.root / PENS / "tests/__init__.py").unlink()
    assert check(monolith.project, ["pens"]) == []
    monolith.write(f"{PENS}/tests/test_ink.py", "import modules.ink\n")
    assert [finding.rule for finding in check(monolith.project, ["pens"])] == ["import"]


def test_an_empty_folder_is_no_module(monolith: Monolith) -> None:
    (monolith.root / "src/modules/gone/__pycache__").mkdir(parents=True)
    assert check(monolith.project, monolith.project.modules) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name="pens"', 'name="pencils"', "'pencils'"),
        ("calls=(Ink,)", "calls=EVERYTHING", "tuple"),
        ("calls=(Ink,)", "calls=(Unknown,)", "Unknown"),
        ("MODULE = Module(", "MANIFEST = Module(", "no MODULE"),
    ],
)
def test_a_manifest_that_cannot_be_read(old: str, new: str, says: str, monolith: Monolith) -> None:
    monolith.replace(f"{PENS}/module.py", old, new)
    [found] = check(monolith.project, ["pens"])
    assert (found.path, found.rule) == (f"{PENS}/module.py", "manifest")
    assert says in found.message


def test_one_module_is_not_blamed_for_another(monolith: Monolith) -> None:
    monolith.write("src/modules/ink/extra.py", "import os\n\nA = os.environ\n")
    assert check(monolith.project, ["pens"]) == []
    assert len(check(monolith.project, ["ink"])) == 1
