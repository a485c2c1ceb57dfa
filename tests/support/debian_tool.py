"""syncsteps inside of a Debian root: how it gets there, and how a project is synced with it."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import uv

from syncsteps.processes import Completed, run
from tests.support.debian import BUNDLE, Root
from tests.support.wheels import make_wheel, sha256

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping, Sequence

    from tests.support.index import Index

__all__ = [
    "PROJECT",
    "System",
    "Tool",
    "add_uv",
    "bring_tool",
    "pip_environment",
    "project_wheels",
    "put_tool",
]

PROJECT = "/srv/project"

_LIBRARY = "/opt/syncsteps"
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})
_PIP_OPTIONS = frozenset({"index-url", "extra-index-url", "trusted-host", "proxy", "timeout"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """The command that starts syncsteps in a root, and the environment that this needs."""

    command: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A root with syncsteps and a project in it, and the index that its installers ask."""

    root: Root
    tool: Tool
    index: Index

    def lock(self, *wheels: Path, hashes: Mapping[str, str] | None = None) -> None:
        """Make the project's lock a requirements.txt of ``wheels``, hashed.

        ``hashes`` are those to write instead of the right ones, by file name.
        """
        lines = []
        for wheel in wheels:
            name, version, *_ = wheel.name.split("-")
            digest = (hashes or {}).get(wheel.name) or sha256(wheel)
            lines.append(f"{name.replace('_', '-')}=={version} --hash=sha256:{digest}\n")
        self.root.write(f"{PROJECT}/requirements.txt", "".join(lines))

    def lock_urls(self, *wheels: Path) -> None:
        """Make the project's lock a pylock.toml (PEP 751) that names the index's files."""
        lines = ['lock-version = "1.0"', 'created-by = "tests"']
        for wheel in wheels:
            name, version, *_ = wheel.name.split("-")
            lines += [
                "[[packages]]",
                f'name = "{name.replace("_", "-")}"',
                f'version = "{version}"',
                "[[packages.wheels]]",
                f'name = "{wheel.name}"',
                f'url = "{self.index.file_url(wheel.name)}"',
                f'hashes = {{ sha256 = "{sha256(wheel)}" }}',
            ]
        self.root.write(f"{PROJECT}/pylock.toml", "\n".join(lines) + "\n")

    def run(self, *arguments: str, umask: int = 0o022, user: int = 0) -> Completed:
        """Run ``syncsteps ARGUMENTS`` in the project's directory, as the user of this number."""
        become = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups")
        ordinary = () if user == 0 else ("env", "HOME=/tmp", *become)
        return self.root.run(
            [*ordinary, *self.tool.command, *arguments],
            environment=self._environment(),
            directory=PROJECT,
            umask=umask,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start ``syncsteps ARGUMENTS`` and return it running."""
        return self.root.start(
            [*self.tool.command, *arguments], environment=self._environment(), directory=PROJECT
        )

    def python(self, code: str) -> str:
        """What ``code`` prints in the system's Python, started in the root directory."""
        return self.root.check(["python3", "-B", "-c", code]).strip()

    def installed(self) -> dict[str, str]:
        """Name to version of every distribution that the system's Python finds."""
        found: dict[str, str] = json.loads(
            self.python(
                "import json; from importlib.metadata import distributions as d;"
                "print(json.dumps({i.metadata['Name']: i.version for i in reversed(list(d()))}))"
            )
        )
        return found

    def _environment(self) -> dict[str, str]:
        url = self.index.url
        return {**self.tool.environment, "PIP_INDEX_URL": url, "UV_DEFAULT_INDEX": url}


def project_wheels(directory: Path) -> tuple[Path, Path]:
    """A distribution with a program and a data file, and the library that it needs."""
    library = make_wheel(directory, "low", "2.0", files={"low/__init__.py": "DEPTH = 2\n"})
    program = make_wheel(
        directory,
        "high",
        "1.0",
        files={
            "high/__init__.py": "from low import DEPTH\n",
            "high/main.py": "import high, sys\ndef run(): print(high.DEPTH, sys.executable)\n",
        },
        requires=["low"],
        entry_points={"console_scripts": {"high": "high.main:run"}},
        data={"data/share/high/notes.txt": "notes\n"},
    )
    return program, library


def put_tool(root: Root, wheel: Path) -> Tool:
    """Install syncsteps from ``wheel`` into a directory of the root, by the root's own pip."""
    inside = root.path / "opt" / wheel.name
    shutil.copyfile(wheel, inside)
    done = root.run(
        ["python3", "-m", "pip", "install", "--target", _LIBRARY, f"/opt/{wheel.name}"],
        environment={**pip_environment(os.environ), "PIP_NO_CACHE_DIR": "1"},
    )
    assert done.status == 0, f"pip in {root.path}: {done.stdout}{done.stderr}"
    inside.unlink()
    return Tool(command=("python3", "-m", "syncsteps"), environment={"PYTHONPATH": _LIBRARY})


def bring_tool(root: Root, wheel: Path) -> Tool:
    """Copy the Python of these tests into the root, and syncsteps with it.

    For a system whose own Python is too old for the tool, though not for being its target. The
    system's C library may be older than this machine's, so the loader and the libraries come along.
    """
    home = root.path / "opt/tool"
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (home / "bin").mkdir(parents=True)
    binary = home / "bin" / name
    shutil.copyfile(Path(sys.executable).resolve(), binary)
    binary.chmod(0o755)
    shutil.copytree(
        sysconfig.get_path("stdlib"),
        home / "lib" / name,
        ignore=shutil.ignore_patterns(
            "site-packages", "dist-packages", "test", "idlelib", "__pycache__", "config-*"
        ),
    )
    command = [sys.executable, "-m", "pip", "install", "--target", str(home / "site"), str(wheel)]
    done = run(command, timeout=300)
    assert done.status == 0, f"pip on this machine: {done.stdout}{done.stderr}"
    libraries = {path.name: path for path in _libraries([binary, *home.rglob("*.so")])}
    for path in libraries.values():
        shutil.copyfile(path, home / "lib" / path.name)
    loader = next(name for name in libraries if name.startswith("ld-"))
    (home / "lib" / loader).chmod(0o755)
    inside = ("/opt/tool/lib", f"/opt/tool/bin/{name}")
    return Tool(
        command=(f"/opt/tool/lib/{loader}", "--library-path", *inside, "-m", "syncsteps"),
        environment={"PYTHONPATH": "/opt/tool/site"},
    )


def _libraries(files: Sequence[Path]) -> Iterator[Path]:
    """Yield the shared libraries, the loader among them, that ``files`` need."""
    done = run(["ldd", *files])
    for found in re.findall(r"^\s+(?:\S+ => )?(/\S+) \(0x", done.stdout, re.MULTILINE):
        yield Path(found)


def add_uv(root: Root) -> None:
    """Put this environment's uv on the PATH of the root."""
    target = root.path / "usr/local/bin/uv"
    shutil.copyfile(uv.find_uv_bin(), target)
    target.chmod(0o755)


def pip_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables with which pip, in a root, reaches the index that this machine's pip uses.

    What names a file of this machine (a constraints file, a folder of wheels) is left out.
    """
    done = run([sys.executable, "-m", "pip", "config", "list"], environment=environment)
    found = {k: v for k, v in environment.items() if k.lower() in _PROXIES}
    if BUNDLE.is_file():
        found |= dict.fromkeys(("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), str(BUNDLE))
    for line in done.stdout.splitlines():
        key, _, quoted = line.partition("=")
        option = key.rpartition(".")[2].removeprefix("default-")
        words = [
            word for word in quoted.strip("'\"").split() if not word.startswith(("file:", "/"))
        ]
        if option in _PIP_OPTIONS and words:
            found[f"PIP_{option.replace('-', '_').upper()}"] = " ".join(words)
    return found
