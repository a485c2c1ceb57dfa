from __future__ import annotations

import ast
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.support.architecture import (
    Import,
    Layer,
    attribute_chains,
    cycles,
    imports_of,
    layer_of,
    outward_imports,
    read_sources,
)

ROOT = Path(__file__).resolve().parents[2]
SOURCES = read_sources(ROOT / "syncsteps")
IMPORTS = imports_of(SOURCES)
OWN = [each for each in IMPORTS if each.imported.split(".")[0] == "syncsteps"]

LAYERS = (
    Layer(
        name="errors",
        modules=("syncsteps.errors", "syncsteps.late", "syncsteps.version"),
    ),
    Layer(
        name="values",
        modules=(
            "syncsteps.commit.model",
            "syncsteps.interpreter.model",
            "syncsteps.locks.model",
            "syncsteps.receipts",
            "syncsteps.reproduce.model",
            "syncsteps.selection.model",
            "syncsteps.smoke.libraries.model",
            "syncsteps.smoke.model",
            "syncsteps.staging.model",
            "syncsteps.wheelhouse.model",
        ),
    ),
    Layer(
        name="pure steps",
        modules=(
            # What to ask, and what to make of the answer: only the asking between has effects.
            "syncsteps.addresses.merging",
            "syncsteps.addresses.questions",
            "syncsteps.epoch",
            "syncsteps.export",
            "syncsteps.locks",
            "syncsteps.plan",
            "syncsteps.projects",
            "syncsteps.requirements",
            "syncsteps.selection",
            "syncsteps.options",
            "syncsteps.settings",
            "syncsteps.smoke.policy",
            "syncsteps.tables",
            "syncsteps.verify",
            "syncsteps.wheelhouse.matching",
        ),
    ),
    Layer(
        name="effects",
        modules=(
            "syncsteps.abreast",
            "syncsteps.addresses",
            "syncsteps.caching",
            "syncsteps.check",
            "syncsteps.commit",
            "syncsteps.interpreter",
            "syncsteps.processes",
            "syncsteps.smoke",
            "syncsteps.staging",
            "syncsteps.wheelhouse",
        ),
    ),
    # What a run tells: it names the values of all the steps, and none of the steps knows it.
    Layer(name="events", modules=("syncsteps.events",)),
    Layer(
        name="pipeline",
        modules=(
            "syncsteps.execution",
            "syncsteps.exporting",
            "syncsteps.fetching",
            "syncsteps.listing",
            "syncsteps.matrix",
            "syncsteps.pipeline",
            "syncsteps.proof",
            "syncsteps.reading",
            "syncsteps.reproduce",
            "syncsteps.settling",
            "syncsteps.survey",
        ),
    ),
    Layer(
        name="front ends",
        modules=(
            "syncsteps",
            "syncsteps.__main__",
            "syncsteps.arguments",
            "syncsteps.cli",
            "syncsteps.explain",
            "syncsteps.manual",
            "syncsteps.output",
            "syncsteps.nox_sessions",
            "syncsteps.report",
            "syncsteps.start",
            "syncsteps.tox_plugin",
            "syncsteps.watching",
        ),
    ),
)
VALUES, PURE = 1, 2

# They run inside the target: on any Python from 3.6 on, without anything that is installed.
INSIDE = (
    "syncsteps.interpreter._inside",
    "syncsteps.smoke._child",
    "syncsteps.smoke._shelf",
    "syncsteps.smoke._zygote",
    "syncsteps.staging._compile",
)
# They run beside the tool, in its Python but without what is installed there.
BESIDE = (
    "syncsteps.reproduce._layers",
    "syncsteps.smoke._keeper",
    "syncsteps.smoke._network",
    "syncsteps.smoke._reaping",
)

LONGEST = 400
READS_ENVIRONMENT = {
    # What a program that is started inherits.
    "syncsteps.caching.probes",
    "syncsteps.cli",
    "syncsteps.exporting",
    "syncsteps.fetching",
    "syncsteps.matrix",
    "syncsteps.nox_sessions",
    "syncsteps.pipeline",
    # There, the program that it becomes gets what it got itself; here, the default of an argument.
    "syncsteps.reproduce._layers",
    "syncsteps.reproduce.reproducing",
    # In the target: what modules do to it is seen, and what they get is set.
    "syncsteps.smoke._child",
    "syncsteps.smoke._zygote",
    "syncsteps.start",
    "syncsteps.tox_plugin",
}
# The others watch their child's output while it runs, which `run` does not offer.
RUNS_PROGRAMS = {
    "syncsteps.processes",
    "syncsteps.smoke._keeper",
    "syncsteps.smoke.attempt",
    "syncsteps.smoke.keepers",
}
# It is nothing but the way to what it then is.
BECOMES = {"syncsteps.reproduce._layers"}
FORKS = {"syncsteps.smoke._network", "syncsteps.smoke._zygote"}
EFFECTS = {
    "filelock",
    "multiprocessing",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "urllib.request",
}
OPTIONAL = {"nox", "tox", "rich", "uv", "virtualenv"}


class TestLayers:
    def test_every_module_has_its_layer(self) -> None:
        assert [module for module in SOURCES if layer_of(module, LAYERS) is None] == []

    def test_every_layer_names_modules_that_exist(self) -> None:
        named = {name for layer in LAYERS for name in layer.modules}
        assert named <= SOURCES.keys()

    def test_imports_point_inward(self) -> None:
        assert outward_imports(OWN, LAYERS) == []

    def test_report_does_not_know_the_other_front_ends(self) -> None:
        others = {"syncsteps", "syncsteps.cli", "syncsteps.nox_sessions", "syncsteps.pipeline"}
        assert [
            str(each)
            for each in OWN
            if each.importer.startswith("syncsteps.report") and each.imported in others
        ] == []

    def test_values_and_pure_steps_import_nothing_that_has_effects(self) -> None:
        assert [
            str(each)
            for each in IMPORTS
            if (layer_of(each.importer, LAYERS) or 0) <= PURE
            and (each.imported in EFFECTS or each.imported.split(".")[0] in OPTIONAL | EFFECTS)
        ] == []

    def test_nothing_imports_its_own_package_from_the_top(self) -> None:
        assert [str(each) for each in OWN if each.imported == "syncsteps"] == []


class TestImportTime:
    def test_no_modules_need_one_another(self) -> None:
        assert cycles(IMPORTS, SOURCES) == []

    def test_each_module_can_be_the_first_to_be_imported(self) -> None:
        code = textwrap.dedent("""
            import importlib, sys
            sys.path.insert(0, sys.argv[1])
            for name in sys.argv[2:]:
                for loaded in [n for n in sys.modules if n.partition(".")[0] == "syncsteps"]:
                    del sys.modules[loaded]
                try:
                    importlib.import_module(name)
                except ImportError as error:
                    if (error.name or "").partition(".")[0] not in ("nox", "tox"):
                        raise
        """)
        apart = {*INSIDE, *BESIDE, "syncsteps.__main__"}
        names = [name for name in SOURCES if name not in apart]
        done = subprocess.run(
            [sys.executable, "-I", "-c", code, str(ROOT), *names],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")

    def test_what_is_only_shown_or_optional_is_imported_late(self) -> None:
        assert [
            str(each)
            for each in IMPORTS
            if each.imported.split(".")[0] in OPTIONAL
            and not (each.typing or each.late)
            and each.importer != "syncsteps.tox_plugin"
        ] == []


class TestInside:
    @pytest.mark.parametrize("module", [*INSIDE, *BESIDE])
    def test_it_needs_nothing_but_the_standard_library(self, module: str) -> None:
        imported = {
            each.imported.split(".")[0]
            for each in IMPORTS
            if each.importer == module and each.imported not in {*INSIDE, *BESIDE}
        }
        allowed = {"packaging"} if module == "syncsteps.interpreter._inside" else set()
        assert imported - set(sys.stdlib_module_names) <= allowed
        assert "__future__" not in imported

    @pytest.mark.parametrize("module", INSIDE)
    def test_an_old_python_can_parse_it(self, module: str) -> None:
        ast.parse(SOURCES[module], feature_version=(3, 6))

    @pytest.mark.parametrize("module", [*INSIDE, *BESIDE])
    def test_nothing_else_imports_it(self, module: str) -> None:
        assert [
            str(each)
            for each in IMPORTS
            if each.imported == module and each.importer not in {*INSIDE, *BESIDE}
        ] == []


class TestModules:
    @pytest.mark.parametrize("module", SOURCES)
    def test_it_fits_on_a_few_screens(self, module: str) -> None:
        assert len(SOURCES[module].splitlines()) <= LONGEST

    @pytest.mark.parametrize("module", SOURCES)
    def test_its_first_line_says_what_it_is_for(self, module: str) -> None:
        docstring = ast.get_docstring(ast.parse(SOURCES[module]))
        assert docstring
        assert docstring.splitlines()[0].endswith(".")

    def test_the_environment_is_read_in_the_front_ends_only(self) -> None:
        names = {"os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv"}
        readers = {
            module
            for module, source in SOURCES.items()
            for chain, _ in attribute_chains(source)
            if chain in names
        }
        assert readers <= READS_ENVIRONMENT
        assert "syncsteps.cli" in readers

    def test_programs_are_run_in_one_place(self) -> None:
        importers = {each.importer for each in IMPORTS if each.imported == "subprocess"}
        assert importers == RUNS_PROGRAMS
        other_ways = {"os.system", "os.popen", "os.fork", "os.posix_spawn", "os.execv", "os.execve"}
        assert [
            f"{module}:{line} uses {chain}"
            for module, source in SOURCES.items()
            for chain, line in attribute_chains(source)
            if chain in other_ways
            and not (chain == "os.fork" and module in FORKS)
            and not (chain == "os.execve" and module in BECOMES)
        ] == []


class TestChecker:
    """The checks above can fail: each is shown a violation."""

    LAYERS = (
        Layer(name="inner", modules=("p.inner", "p.outer.model")),
        Layer(name="outer", modules=("p.outer", "p")),
    )

    def problems(self, **sources: str) -> list[str]:
        named = {name.replace("__", "."): text for name, text in sources.items()}
        every = {"p": "", "p.inner": "", "p.outer": "", "p.outer.model": "", **named}
        return outward_imports(imports_of(every), self.LAYERS)

    @pytest.mark.parametrize(
        "source",
        [
            "from p.outer import name",
            "from p import outer",
            "import p.outer",
            "from . import outer",
            "from .outer import name",
            "def f():\n    from p.outer import name",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p.outer import name",
            "try:\n    import p.outer\nexcept ImportError:\n    pass",
        ],
    )
    def test_an_import_that_points_outward_is_found(self, source: str) -> None:
        problems = [line for line in self.problems(p__inner=source) if "typing" not in line]
        assert len(problems) == 1
        assert "p.inner:" in problems[0]
        assert problems[0].endswith("imports p.outer: from inner outward to outer")

    @pytest.mark.parametrize(
        ("module", "source"),
        [
            ("p__outer", "from p.inner import name"),
            ("p__inner", "from p.outer.model import Value"),
            ("p__inner", "from p.outer import model"),
            ("p__outer", "from .model import Value"),
            ("p__outer__model", "from ..inner import name"),
        ],
    )
    def test_an_import_that_points_inward_is_not(self, module: str, source: str) -> None:
        assert self.problems(**{module: source}) == []

    def test_a_module_without_a_layer_is_found(self) -> None:
        problems = self.problems(p__new="import p.inner")
        assert problems == ["p.new:1 imports p.inner: p.new has no layer"]
        assert layer_of("p.new", self.LAYERS) is None

    def test_guards_and_functions_are_told_apart(self) -> None:
        found = imports_of(
            {
                "p": "import typing\n"
                "if typing.TYPE_CHECKING:\n    import a\n"
                "class C:\n    import b\n    def f(self):\n        import c\n"
            }
        )
        assert found == (
            Import(importer="p", imported="typing", line=1),
            Import(importer="p", imported="a", line=3, typing=True),
            Import(importer="p", imported="b", line=5),
            Import(importer="p", imported="c", line=7, late=True),
        )

    def test_a_circle_is_found(self) -> None:
        sources = {"p": "", "p.a": "from p.b import x", "p.b": "import p.c", "p.c": "import p.a"}
        assert cycles(imports_of(sources), sources) == [("p.a", "p.b", "p.c")]

    def test_a_circle_through_a_package_is_found(self) -> None:
        sources = {
            "p": "",
            "p.a": "from p.sub.model import x",
            "p.sub": "from p.sub.deep import y",
            "p.sub.model": "",
            "p.sub.deep": "import p.a",
        }
        assert cycles(imports_of(sources), sources) == [("p.a", "p.sub", "p.sub.deep")]

    @pytest.mark.parametrize(
        "source",
        [
            "def f():\n    import p.a",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import p.a",
        ],
    )
    def test_what_is_not_imported_at_once_closes_no_circle(self, source: str) -> None:
        sources = {"p": "", "p.a": "import p.b", "p.b": source}
        assert cycles(imports_of(sources), sources) == []

    def test_a_package_that_imports_its_own_modules_is_no_circle(self) -> None:
        sources = {"p": "from p.a import x", "p.a": "from p.b import y", "p.b": ""}
        assert cycles(imports_of(sources), sources) == []

    def test_names_of_other_modules_are_seen(self) -> None:
        source = "import os\nfrom os import getenv\ndef f(e=os.environ):\n    return os.path.sep\n"
        assert sorted(attribute_chains(source)) == [
            ("os.environ", 3),
            ("os.getenv", 2),
            ("os.path", 4),
        ]
