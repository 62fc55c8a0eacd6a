"""Whatever a folder holds, a survey reads what it can, says what it cannot, and ends."""

import os
from pathlib import Path

import pytest

from extraction.survey import NoDjangoProject, Survey, scan, survey
from extraction.survey.tree import MAX_BYTES

MODELS = "from django.db import models\n\n\nclass {name}(models.Model):\n    a = models.IntegerField()\n"


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return root


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two apps, of which one imports the other."""
    return write(
        tmp_path / "project",
        {
            "settings.py": "INSTALLED_APPS = ['pens', 'ink']\n",
            "pens/__init__.py": "",
            "pens/models.py": MODELS.format(name="Pen") + "\n\nfrom ink.models import Bottle\n",
            "ink/__init__.py": "",
            "ink/models.py": MODELS.format(name="Bottle"),
        },
    )


def imports(found: Survey) -> list[tuple[str, str]]:
    return [(each.source, each.target) for each in found.findings.couplings if each.kind == "import"]


def reasons(found: Survey) -> dict[str, str]:
    return {each.path: each.reason for each in found.findings.unreadable}


def test_a_folder_without_python_is_none(tmp_path: Path) -> None:
    with pytest.raises(NoDjangoProject, match=r"there is no Python file in"):
        survey(tmp_path)


def test_python_without_apps_is_none(tmp_path: Path) -> None:
    with pytest.raises(NoDjangoProject, match="is it a Django project"):
        survey(write(tmp_path, {"main.py": "print(1)\n"}))


def test_apps_that_are_elsewhere_are_none(tmp_path: Path) -> None:
    with pytest.raises(NoDjangoProject, match=r"none of the 1 INSTALLED_APPS in settings\.py has its code"):
        survey(write(tmp_path, {"settings.py": "INSTALLED_APPS = ['django.contrib.admin']\n"}))


def test_without_settings_folders_with_models_are_apps(project: Path) -> None:
    (project / "settings.py").unlink()
    found = survey(project)
    assert imports(found) == [("pens", "ink")]
    assert "no INSTALLED_APPS was found" in found.findings.notes[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"def (:\n", "cannot parse it: invalid syntax"),
        (b"a = 1\x00\n", "null bytes"),
        (b"a = '\xff\xfe'\n", "cannot parse it"),
        (b"\x7fELF\x02\x01\x01\x00", "null bytes"),
        (b"a = " + b"(" * 5000, "cannot be parsed|cannot parse it"),
        (b"a = " + b"-" * 100_000 + b"1\n", "cannot be parsed|cannot parse it"),
        (b"# " + b"x" * MAX_BYTES, "more than 2,000,000 are not read"),
    ],
    ids=["syntax", "null byte", "encoding", "binary", "nested", "deep", "huge"],
)
def test_a_file_that_cannot_be_read_is_told(project: Path, text: bytes, reason: str) -> None:
    found = survey(write(project, {"pens/bad.py": text}))
    assert imports(found) == [("pens", "ink")]
    assert list(reasons(found)) == ["pens/bad.py"]
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(reasons(found)["pens/bad.py"])


def test_links_are_not_followed(project: Path, tmp_path: Path) -> None:
    write(tmp_path / "outside", {"views.py": "import ink.models\n"})
    (project / "pens" / "loop").symlink_to(project)
    (project / "pens" / "views").symlink_to(tmp_path / "outside")
    (project / "pens" / "gone.py").symlink_to(project / "nowhere.py")
    (project / "pens" / "self.py").symlink_to(project / "pens" / "self.py")
    found = survey(project)
    assert imports(found) == [("pens", "ink")]
    assert reasons(found) == {}


def test_what_is_no_file_is_not_opened(project: Path) -> None:
    os.mkfifo(project / "pens" / "pipe.py")
    assert reasons(survey(project)) == {"pens/pipe.py": "it is no plain file"}


def test_what_others_have_installed_is_left_out(project: Path) -> None:
    other = "import ink.models\n"
    write(project, {f"{folder}/pens.py": other for folder in ("node_modules", ".tox/lib", "env", "site-packages")})
    write(project, {"env/pyvenv.cfg": "", "pens/tests.py": other, "pens/tests/a.py": other, "pens/test_a.py": other})
    found = survey(project)
    assert imports(found) == [("pens", "ink")]
    assert "3 test files are left out" in found.findings.notes


def test_nothing_of_a_project_is_run(project: Path, tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    for path in project.rglob("*.py"):
        path.write_text(path.read_text() + trap)
    survey(project)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("plain", "INSTALLED_APPS = ['pens', 'ink']\n"),
        ("tuple", "INSTALLED_APPS = ('pens',) + ('ink',)\n"),
        ("grown", "INSTALLED_APPS = ['pens']\nINSTALLED_APPS += ['ink']\n"),
        ("appended", "INSTALLED_APPS = ['pens']\nINSTALLED_APPS.append('ink')\n"),
        ("named", "A = ['pens']\nB = ['ink']\nINSTALLED_APPS = A + B\n"),
        ("spread", "A = ['pens']\nINSTALLED_APPS = [*A, 'ink']\n"),
        ("branch", "INSTALLED_APPS = ['pens']\nif DEBUG:\n    INSTALLED_APPS = INSTALLED_APPS + ['ink']\n"),
        ("try", "INSTALLED_APPS = ['pens']\ntry:\n    import x\n    INSTALLED_APPS += ['ink']\nexcept E:\n    pass\n"),
        ("default", "INSTALLED_APPS = env.list('APPS', default=['pens', 'ink'])\n"),
        ("class", "class Base(Configuration):\n    INSTALLED_APPS = ['pens', 'ink']\n"),
        ("annotated", "INSTALLED_APPS: list[str] = ['pens', 'ink']\n"),
        ("unique", "INSTALLED_APPS = list(OrderedDict.fromkeys(['pens', 'ink', 'pens']))\n"),
        ("formatted", "P = 'in'\nINSTALLED_APPS = ['pens', f'{P}k']\n"),
        ("config", "INSTALLED_APPS = ['pens', 'ink.apps.InkConfig']\n"),
        (
            "property",
            "class Base:\n    @property\n    def INSTALLED_APPS(self):\n        a = ['pens']\n"
            "        a.append('ink')\n        return a\n",
        ),
        ("python 2", "INSTALLED_APPS = ['pens', 'ink']\nprint 'on'\n"),
    ],
)
def test_settings_are_read_however_they_are_written(project: Path, name: str, settings: str) -> None:
    write(project, {"settings.py": settings})
    found = survey(project)
    assert (sorted(found.findings.apps), imports(found)) == (["ink", "pens"], [("pens", "ink")])


def test_settings_may_be_a_package_that_manage_names(project: Path) -> None:
    (project / "settings.py").unlink()
    found = survey(
        write(
            project,
            {
                "manage.py": "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf.dev')\n",
                "conf/__init__.py": "",
                "conf/parts/apps.py": "INSTALLED_APPS = ['pens']\n",
                "conf/base.py": "include('parts/*.py')\n",
                "conf/dev.py": "from .base import *\nINSTALLED_APPS += ['ink']\n",
                "conf/other.py": "INSTALLED_APPS = ['conf']\n",
            },
        )
    )
    assert list(found.findings.apps) == ["ink", "pens"]


def test_apps_may_lie_below_a_folder_that_is_on_the_path(tmp_path: Path) -> None:
    found = survey(
        write(
            tmp_path,
            {
                "backend/shop/settings.py": "INSTALLED_APPS = ['pens', 'ink']\n",
                "backend/shop/__init__.py": "",
                "backend/shop/apps/__init__.py": "",
                "backend/shop/apps/pens/models.py": MODELS.format(name="Pen") + "import ink.models\n",
                "backend/shop/apps/ink/__init__.py": "",
                "backend/shop/apps/ink/models.py": MODELS.format(name="Bottle"),
            },
        )
    )
    assert imports(found) == [("pens", "ink")]


def test_apps_of_one_package_import_each_other_by_dots(tmp_path: Path) -> None:
    found = survey(
        write(
            tmp_path,
            {
                "settings.py": "INSTALLED_APPS = ['shop.pens', 'shop.ink', 'shop.ink.wells']\n",
                "shop/__init__.py": "",
                "shop/ink/__init__.py": "",
                "shop/ink/models.py": "from . import wells\nfrom .wells.models import Well\n",
                "shop/ink/wells/__init__.py": "",
                "shop/ink/wells/models.py": "from ..models import Bottle\nfrom . import shape\n",
                "shop/pens/__init__.py": "from ..ink import models, wells\n",
                "shop/pens/models.py": "from .. import ink\nfrom . import sub\n",
            },
        )
    )
    assert imports(found) == [
        *[("ink", "wells")] * 2,
        ("wells", "ink"),
        *[("pens", "ink"), ("pens", "wells")],
        ("pens", "ink"),
    ]


def test_a_name_that_is_no_text_is_told(project: Path) -> None:
    for name in (b"\xff.py", b"\xfe"):
        (Path(os.fsdecode(os.fsencode(project / "pens") + b"/" + name))).write_text("import ink.models\n")
    found = survey(project)
    assert imports(found) == [("pens", "ink")]
    assert reasons(found) == {"pens/\ufffd.py": "its name is no UTF-8", "pens/\ufffd": "its name is no UTF-8"}


def test_several_processes_come_to_what_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Path(__file__).parent / "library_project"
    alone = survey(library)
    monkeypatch.setattr(scan, "_POOL_FROM_FILES", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    told: list[tuple[int, int]] = []
    assert survey(library, lambda done, total: told.append((done, total))) == alone
    assert told[-1] == (alone.findings.files, alone.findings.files)
