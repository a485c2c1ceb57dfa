"""The options that all verbs have: one table that flags, keys and variables follow from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["OPTIONS", "Kind", "Option"]

Kind = Literal["flag", "text", "path", "snapshots", "list", "number"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of every verb: flag ``--NAME``, key ``NAME``, variable ``SYNCSTEPS_NAME``."""

    name: str
    kind: Kind
    help: str
    metavar: str = ""
    choices: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        """The field of `Settings` that it sets."""
        return self.name.replace("-", "_")

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"SYNCSTEPS_{self.field.upper()}"


OPTIONS: tuple[Option, ...] = (
    Option(name="lock", kind="path", metavar="FILE", help="the lock file (default: the one here)"),
    Option(
        name="python",
        kind="text",
        metavar="PYTHON",
        help="the target: a path, a command, or a version such as 3.12 (default: python3 on PATH)",
    ),
    Option(
        name="interpreter",
        kind="snapshots",
        metavar="FILE|IMAGE",
        help="in place of an interpreter: a snapshot that inspect wrote, or the name of a known"
        " image, such as debian:12; verify takes several",
    ),
    Option(name="extra", kind="list", metavar="EXTRA", help="add an extra"),
    Option(name="all-extras", kind="flag", help="add every extra"),
    Option(name="group", kind="list", metavar="GROUP", help="add a dependency group"),
    Option(
        name="only-group",
        kind="list",
        metavar="GROUP",
        help="only this dependency group, without the project",
    ),
    Option(name="all-groups", kind="flag", help="add every dependency group"),
    Option(
        name="default-groups",
        kind="flag",
        help="add the groups that the lock's own tool installs by default",
    ),
    Option(name="no-default-groups", kind="flag", help="leave out the lock's default groups"),
    Option(name="package", kind="list", metavar="NAME", help="only this member of the workspace"),
    Option(name="all-packages", kind="flag", help="every member of the workspace"),
    Option(name="no-project", kind="flag", help="its dependencies, but not the project itself"),
    Option(name="no-local", kind="flag", help="nothing that is built from this machine's disk"),
    Option(
        name="installer",
        kind="text",
        choices=("auto", "uv", "pip"),
        help="what fetches and builds (default: uv if it is there, else pip)",
    ),
    Option(
        name="prune",
        kind="text",
        choices=("none", "owned", "all"),
        help="what to remove: nothing, what this project's earlier sync installed and nothing"
        " needs any more (the default), or all that the lock does not name",
    ),
    Option(
        name="reinstall-package",
        kind="list",
        metavar="NAME",
        help="install this distribution again although it is there",
    ),
    Option(
        name="source",
        kind="text",
        choices=("lock", "index"),
        help="fetch from the URLs that the lock names (the default), or from the configured index",
    ),
    Option(
        name="build",
        kind="text",
        choices=("auto", "never"),
        help="build what has no wheel for the target (the default), or refuse with the list of it",
    ),
    Option(
        name="wheelhouse",
        kind="path",
        metavar="DIR",
        help="the directory that fetch fills, and that sync then takes every file from, with no"
        " network and no compiler",
    ),
    Option(
        name="break-system-packages",
        kind="flag",
        help="install although the interpreter is externally managed (PEP 668)",
    ),
    Option(
        name="allow-virtualenv",
        kind="flag",
        help="accept a virtual environment as the target (for isolated tests)",
    ),
    Option(
        name="allow-replace",
        kind="list",
        metavar="NAME",
        help="let the lock's NAME replace or shadow the copy of the system or of another project",
    ),
    Option(
        name="allow-outside",
        kind="flag",
        help="accept paths in the lock that leave the project's directory",
    ),
    Option(
        name="ignore",
        kind="list",
        metavar="CODE",
        help="a finding that is not to count",
    ),
    Option(
        name="smoke-include",
        kind="list",
        metavar="PATTERN",
        help="modules, or all modules of distributions, to be imported beside what offers itself",
    ),
    Option(
        name="smoke-exclude",
        kind="list",
        metavar="PATTERN",
        help="distributions or modules that are not to be imported",
    ),
    Option(
        name="smoke-timeout",
        kind="number",
        metavar="SECONDS",
        help="how long importing one distribution may take (default: 60)",
    ),
    Option(
        name="smoke-severity",
        kind="text",
        choices=("error", "warning"),
        help="what a failed import is: a sync stops (the default), or goes on and tells of it",
    ),
    Option(
        name="smoke-network",
        kind="flag",
        help="let imports use the network",
    ),
    Option(
        name="compile-bytecode",
        kind="flag",
        help="compile what is installed to byte code, the same bytes each time (PEP 552)",
    ),
    Option(
        name="jobs",
        kind="number",
        metavar="N",
        help="imports, compilers or pips that run at once (default: one for each processor)",
    ),
    Option(
        name="lock-timeout",
        kind="number",
        metavar="SECONDS",
        help="how long to wait for another sync of the same interpreter (default: 600)",
    ),
    Option(
        name="hashes",
        kind="flag",
        help="read every file in check, also those of unchanged size and time",
    ),
    Option(
        name="cache-dir",
        kind="path",
        metavar="DIR",
        help="what is kept for runs to come is in there (default: the user's directory for caches)",
    ),
    Option(
        name="no-cache",
        kind="flag",
        help="use nothing that earlier runs have kept, and keep nothing",
    ),
    Option(name="json", kind="path", metavar="FILE", help="write the result as JSON (-: stdout)"),
    Option(
        name="junit",
        kind="path",
        metavar="FILE",
        help="write rules, imports and differences as JUnit XML test cases (-: stdout)",
    ),
    Option(
        name="sarif",
        kind="path",
        metavar="FILE",
        help="write findings as SARIF 2.1.0, for code scanning (-: stdout)",
    ),
    Option(name="quiet", kind="flag", help="print only problems"),
    Option(name="verbose", kind="flag", help="print each file's and each installer's line"),
    Option(name="no-progress", kind="flag", help="plain lines, and none of progress"),
)
