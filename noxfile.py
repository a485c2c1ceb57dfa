# /// script
# requires-python = ">=3.10"
# dependencies = [
#   "filelock>=4.0",
#   "nox>=2025.2.9",
#   "packaging>=26.1",
#   "rich>=13.7",
#   "tomli>=2.2",
#   "uv>=0.7",
# ]
# ///
"""Everything that is run on syncsteps itself: ``nox -l`` lists it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nox

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # the sessions below are those of this checkout

from syncsteps.nox_sessions import register  # noqa: E402

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["tests", "lint", "typing"]
nox.options.default_venv_backend = "uv|virtualenv"

PYPROJECT = nox.project.load_toml(HERE / "pyproject.toml")
PYTHONS = nox.project.python_versions(PYPROJECT)

register()


def install_project(session: nox.Session, *groups: str) -> None:
    """Install the checkout with its nox extra and the given dependency groups."""
    session.install("-e", ".[nox]", *nox.project.dependency_groups(PYPROJECT, *groups))


@nox.session
def tests(session: nox.Session) -> None:
    """Unit, property and integration tests, with branch coverage."""
    install_project(session, "tests")
    arguments = session.posargs or ["tests/unit", "tests/property", "tests/integration"]
    session.run("pytest", "--cov", "--cov-report=term:skip-covered", "-n", "auto", *arguments)


@nox.session(python=PYTHONS, default=False)
def tests_all(session: nox.Session) -> None:
    """The same tests on every Python that syncsteps runs on and this machine has."""
    install_project(session, "tests")
    session.run("pytest", "-n", "auto", "tests/unit", "tests/property", "tests/integration")


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff: rules and format; and what GitHub and pre-commit read."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "lint"))
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")
    for kind, pattern in (("workflows", "workflows/*.yml"), ("actions", "actions/*/action.yml")):
        files = [str(path) for path in sorted((HERE / ".github").glob(pattern))]
        session.run("check-jsonschema", f"--builtin-schema=vendor.github-{kind}", *files)
    session.run("zizmor", "--offline", "--quiet", "--config=.github/zizmor.yml", ".github")


def _python_in(environment: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return next(path for path in environment.glob("*/python*") if path.stem == "python")


@nox.session
def typing(session: nox.Session) -> None:
    """Mypy, strict, on the package, the tests, this file, and the README's use of the wheel."""
    install_project(session, "typing")
    session.run("mypy", *session.posargs)
    user = Path(session.create_tmp()).resolve() / "user"
    shutil.rmtree(user, ignore_errors=True)
    session.run("uv", "build", "--quiet", "--wheel", "--out-dir", str(user))
    (wheel,) = user.glob("*.whl")
    environment = user / "environment"
    session.run("uv", "venv", "--quiet", str(environment))
    session.run("uv", "pip", "install", "--quiet", "--python", str(environment), str(wheel))
    session.run("python", "-m", "tests.support.readme", "--library", str(user / "use.py"))
    with session.chdir(user):
        session.run("mypy", "--strict", f"--python-executable={_python_in(environment)}", "use.py")


@nox.session(default=False)
def e2e(session: nox.Session) -> None:
    """Real system interpreters: Debian roots (as root) and locks of real projects."""
    install_project(session, "tests")
    programs = {
        "buildah": "buildah",
        "debootstrap": "debootstrap",
        "mkfs.ext4": "e2fsprogs",
        "strace": "strace",
    }
    missing = [package for program, package in programs.items() if not shutil.which(program)]
    if missing and shutil.which("apt-get") and os.geteuid() == 0:
        session.run("apt-get", "update", "-q", external=True)
        session.run("apt-get", "install", "-qy", *missing, external=True)
    # By name: which Dockerfile was built, and which example was run, is to be seen.
    options = ("-n", "auto", "--durations=10", "--verbose")
    session.run("pytest", *options, *(session.posargs or ["tests/e2e"]))


@nox.session(default=False)
def conformance(session: nox.Session) -> None:
    """Real locks, selected as their own tools do, which are pinned: a sample, or ``-- --all``."""
    corpus = Path(os.environ.get("SYNCSTEPS_CORPUS") or HERE.parent / "shared" / "corpus")
    if not corpus.is_dir():
        session.skip(f"no real locks in {corpus}: name the folder in SYNCSTEPS_CORPUS")
    install_project(session, "tests")
    # Beside the session's own environment, which nox makes anew each time.
    tools = Path(session.virtualenv.location).with_name("oracles")
    session.run("python", "-m", "tests.conformance", f"--tools={tools}", *session.posargs)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Broken and hostile locks, 100,000 of them: `-- --count N --seed S --only INDEX`.

    Before them, with `--injections`, every hostile text in every field of a good lock.
    """
    install_project(session, "tests")
    session.run("python", "-m", "tests.fuzz", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """How long runs take, in pairs with pinned uv, pip, poetry, pdm, pipenv and micropipenv.

    `-- installs --count 200` is every way to install one lock; `-- large` is a large one;
    `-- smoke --count 250` imports, of generated distributions or those in `--site DIR`. They take
    their time, and run only where they are named.
    """
    install_project(session, "tests")
    tools = Path(session.virtualenv.location).with_name("oracles")
    session.run("python", "-m", "tests.bench", f"--tools={tools}", *session.posargs)


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Write requirements.txt again: hashed, universal, without any host's name."""
    session.install("uv>=0.7")
    session.run(
        "uv", "pip", "compile", "pyproject.toml",
        "--universal", "--generate-hashes", "--no-header", "--no-emit-index-url",
        "--no-emit-find-links", "--python-version", "3.10", "-o", "requirements.txt",
        *session.posargs,
    )  # fmt: skip


@nox.session(default=False)
def codes(session: nox.Session) -> None:
    """Write the README's table of codes again, from the rules and the errors."""
    install_project(session, "tests")
    session.run("python", "-m", "tests.support.readme", "--codes")


@nox.session(default=False)
def screenshot(session: nox.Session) -> None:
    """Draw the README's picture again, from a sync into a Python in /opt/python, as root."""
    install_project(session, "tests")
    session.run("python", "-m", "tests.support.screenshot")


@nox.session(default=False)
def profiles(session: nox.Session) -> None:
    """Write the profiles of Debian again, as root, from new roots; with `-- --ubuntu` Ubuntu's."""
    install_project(session, "tests")
    session.run("python", "-m", "tests.support.profiles", *session.posargs)


@nox.session(default=False)
def minimums(session: nox.Session) -> None:
    """The unit tests on the lowest versions of the dependencies that are promised."""
    session.install("uv>=0.7")
    groups = nox.project.dependency_groups(PYPROJECT, "tests")
    session.run("uv", "pip", "install", "--resolution=lowest-direct", "-e", ".[nox]")
    session.install(*groups)
    session.run("pytest", "-n", "auto", *(session.posargs or ["tests/unit"]))


@nox.session(default=False)
def build(session: nox.Session) -> None:
    """Build sdist and wheel into dist/."""
    session.install("uv>=0.7")
    session.run("uv", "build", "--clear", *session.posargs)


@nox.session(default=False)
def zipapp(session: nox.Session) -> None:
    """Build dist/syncsteps.pyz: one file, which needs nothing but a Python from 3.10 on."""
    session.install("pip>=24", ".")
    built, lock = Path(session.create_tmp()) / "built", Path(session.create_tmp()) / "lock.txt"
    shutil.rmtree(built, ignore_errors=True)
    # For the oldest Python, and in pure Python: what it runs on is known only when it runs.
    session.run(
        "syncsteps", "export", "--lock", "requirements.txt", "--interpreter", "python:3.10",
        "--no-project", "-o", str(lock),
    )  # fmt: skip
    pure = ("--platform=any", "--implementation=py", "--abi=none", "--only-binary=:all:")
    target = ("--no-deps", "--no-compile", "--quiet", f"--target={built}")
    session.run(
        "python", "-m", "pip", "install", *target, *pure, "--require-hashes", "-r", str(lock)
    )
    session.run("python", "-m", "pip", "install", *target, ".")
    for leftover in (built / "bin", *built.rglob("__pycache__")):
        shutil.rmtree(leftover, ignore_errors=True)
    pyz = HERE / "dist" / "syncsteps.pyz"
    pyz.parent.mkdir(exist_ok=True)
    session.run(
        "python", "-m", "zipapp", "--compress", "--python=/usr/bin/env python3",
        "--main=syncsteps.start:entry_point", f"--output={pyz}", str(built),
    )  # fmt: skip


if __name__ == "__main__":
    nox.main()
