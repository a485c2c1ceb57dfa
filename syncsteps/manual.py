"""What ``syncsteps VERB --help`` says beside the options: how a verb goes about its work."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GROUPS", "MANUAL"]

# The titles that options are listed under, and which they are; others go without.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "which interpreter": (
        "python",
        "interpreter",
        "break-system-packages",
        "allow-virtualenv",
        "lock-timeout",
    ),
    "what of the lock": (
        "lock",
        "extra",
        "all-extras",
        "group",
        "only-group",
        "all-groups",
        "default-groups",
        "no-default-groups",
        "package",
        "all-packages",
        "no-project",
        "no-local",
    ),
    "where files come from": (
        "installer",
        "source",
        "build",
        "wheelhouse",
        "allow-outside",
        "jobs",
    ),
    "what may change": (
        "prune",
        "reinstall-package",
        "allow-replace",
        "ignore",
        "compile-bytecode",
    ),
    "imports": (
        "smoke-include",
        "smoke-exclude",
        "smoke-timeout",
        "smoke-severity",
        "smoke-network",
    ),
    "what is told, and kept": (
        "json",
        "junit",
        "sarif",
        "quiet",
        "verbose",
        "no-progress",
        "hashes",
        "cache-dir",
        "no-cache",
    ),
}

_SOURCES = """\
Where files come from
  A file is fetched from the lock's own address of it, else from the index
  that the lock names for the package and from no other, else from the
  configured one. --source index takes everything by name and hash from the
  configured index, for mirrors and air gaps: pip's own, and for uv the one
  that UV_DEFAULT_INDEX, UV_INDEX_URL or UV_INDEX names, else those of its
  settings files, where an explicit index is asked for what the lock takes
  from it.

  Logins are the installers' own: URLs in variables and settings, netrc,
  keyring. Those of uv's indexes (also UV_INDEX_NAME_USERNAME and _PASSWORD)
  reach pip too, in a netrc file of the run, one for each host.

  Builds are cached by uv by the hash of the source, and by pip from version
  23.1 on; a directory is built again whenever it has changed. The build
  constraints of a uv.lock (build-constraint-dependencies of [tool.uv]) count
  with uv, and with pip from version 25.3 on; an older pip is refused where
  something would have to be built. When a build fails, the end of its log is
  shown, and all of it, without secrets, is in a file that the error names.
"""
_CACHE = """\
The cache
  A sync or install that has nothing to do, and an export, are answered from
  what the same run came to before, without starting the target or reading
  the lock, as long as nothing that it depended on has changed since:
  arguments, environment, the lock and the project's files, the interpreter,
  what is on PATH, what is installed, receipts and journal, the databases of
  package managers, syncsteps itself. It goes by inode, size and times; what
  was changed less than two seconds before a run is looked at again.

  The other verbs, and runs with other options, have a part of that: a target
  that has not changed since an earlier run is not started to ask what it is,
  and a lock of the same bytes is not parsed again (a requirements.txt or a
  Pipfile.lock is, and what leaves something to variables: there, other things
  have a say). What this user may write to, and how much space is left, is
  looked at each time.

  All of it is in the user's directory for caches
  ($XDG_CACHE_HOME/syncsteps or ~/.cache/syncsteps; on macOS
  ~/Library/Caches/syncsteps, on Windows %LOCALAPPDATA%\\syncsteps\\Cache), or
  in --cache-dir DIR; --no-cache goes without. Of each of the three kinds there
  are at most 100 files, and of 32 MB, for two months. What others than the
  user could write is not read; what is damaged is as good as not there. With
  --verbose, the last line says why a run is no answer to the next.

  A run that changes something keeps no more than the lock. One that fails
  keeps nothing, and neither does one in a layer of a container (a file system
  of type overlay), with SOURCE_DATE_EPOCH set, or without a home, unless
  --cache-dir names a directory for it, such as a cache that is mounted.
  SYNCSTEPS_NO_CACHE=1 is for what builds images otherwise.
"""
_IMPORTS = """\
What is imported
  Of a distribution, the names that it declares (PEP 794) or that its files
  have: the shallowest packages, the compiled modules below them where there
  are any, all modules of a package that opens shared libraries only there,
  and the objects of its scripts; of what the lock has as a directory, every
  public module. A module that says that it wants an optional dependency
  counts as there.

  [tool.syncsteps.smoke] says what else, in include and exclude. A pattern is
  held against names of modules, where * stands for dots too, and against
  names of distributions: one of those is left out, or in include imported
  with all its public modules. With an excluded module goes what lies below
  it, and what is excluded stays out. The table of a package,
  [tool.syncsteps.smoke.packages.NAME], has include, exclude, statements,
  environment, timeout and severity.

How it is imported
  Each distribution in a process of its own, with a throwaway home and working
  directory, no input, no display and, on Linux where the system allows, no
  network; what will be retired is not found, and on Linux what a module
  starts is ended. Compiled files are also checked, on Linux, for libraries
  that the system's loader would not find, imported or not.

What comes of it
  What fails is tried again, alone and in a fresh process: one that passes
  then is flaky, which is told and stops nothing. The other verdicts name the
  system library that is missing, what needs it and the command that installs
  it; the Python module that is missing, and the extra that would bring it; a
  crash, an exit, the time that ran out. What needs a display or a GPU driver
  is told and stops nothing either: an image has neither while it is built.
  --verbose tells what importing did besides (files in the home, variables,
  threads, processes, .pth files) and the ten slowest; --json has all of it.
"""
_WHEELHOUSE = """\
What is in a wheelhouse
  Files of the lock, checked against the lock's hashes; and what is no wheel
  (an sdist, a repository, a directory, the project itself), built with the
  target's Python, in an environment of its own. Fetching is pip's work,
  whatever --installer says, since uv has no command that keeps files: pip's
  configuration applies, the logins of both, and of a uv.lock the addresses of
  its files and its build constraints. A sync from the wheelhouse uses uv or
  pip as ever; what is left in the interpreter, the receipt included, is what
  a sync without a wheelhouse leaves.

  Each wheel is moved in whole, and syncsteps-wheelhouse.json says what of the
  lock it came from (python -m pydoc syncsteps.wheelhouse.manifest documents
  each key). So a fetch that was interrupted goes on where it was; what is
  right is not fetched again, and where nothing is missing no network is
  needed; what the manifest does not name is left alone, and told. The
  manifest is trusted in what was built from what; it cannot put another file
  in the place of one that the lock has a hash of.

A sync from it
  From a wheelhouse that is not what the lock says, a sync names each package
  with the reason, and changes nothing. Where the wheels are installed, the
  sources need not be, or only a part of them: what is there has to be what
  the wheel was built from. What was compiled is refused by an interpreter
  with another C library, or an older one.

For a Python that is elsewhere
  --interpreter FILE or IMAGE fetches for a Python that is not on this
  machine: wheels only. What would have to be built is refused with the list.
  So it is with --build never, in fetch and sync (FIL003).
"""
_REPRODUCE = """\
The view
  The sync is done once more, with the same options, where it changes nothing.
  --isolation overlay: on Linux, in a layer (overlayfs) over the directories
  that a sync writes in, in a namespace that nobody else sees and that ends
  with the run; as root, or as an ordinary user where user namespaces are
  allowed. Ordinary users can write there also where the system is root's.
  --isolation copy: in a copy of the interpreter's prefix, where that is no
  part of the system. With --image IMAGE: in a container, by docker, podman or
  buildah, whichever works; syncsteps is brought along as it is installed here
  (the zipapp runs with any Python from 3.10 on), and uv; the project can only
  be read, and is copied if something of it is built. By default it is the
  first of these that can be; what is missing is named, with how to get it. A
  run that is killed may leave its container (syncsteps-reproduce-...).

  What is written goes to memory, or with --scratch to a new directory there;
  if less is free than the lock needs (INT007), that is what it is for. That
  the system is untouched is shown by a digest over every file's inode, mode,
  owner, size and times in those directories, before and after. Installers'
  caches are used as ever, and what is built is built in the project.

The comparison
  --against takes a receipt (.syncsteps/receipts/PROJECT.json beside the
  target's site-packages), or what sync --json wrote. Equal is what has the
  same distributions with the same digests. That takes the same lock and
  options; a Python of the same implementation and minor version on the same
  platform; builds that come out the same; and that of what the lock names the
  one had nothing before that the other had not, since that is in no receipt.
  Where the interpreter lies does not matter: scripts begin with its path, and
  are compared as if it lay there (not on Windows, where they are programs).
  The files that differ are named if the other run was written by --json, or
  if the receipt lies in its place, as in an image that is mounted.
"""
_BY_ITSELF = "`syncsteps smoke --help` says what is imported, and how.\n"

_ALL = """\
`syncsteps VERB --help` lists the options of a verb. Those that all verbs have
are also keys of [tool.syncsteps] in pyproject.toml, and variables:
SYNCSTEPS_NO_PROJECT is --no-project. A flag wins over the variable, the
variable over the file.

exit codes:
  0    done
  1    a check failed: a finding, an import, a difference
  2    usage or settings
  3    the lock cannot be read, selected from, or does not fit
  4    the interpreter refuses, or cannot be used
  5    staging failed, or an index did not answer; nothing has been changed
  6    the commit failed and was rolled back; nothing has been changed
  7    an earlier interrupted commit could not be recovered
  130  interrupted; nothing has been changed, unless the last line says that it
       came during the swap
"""

# By verb, and under "" for all of them; blank lines between the parts.
MANUAL: Mapping[str, str] = {
    "": _ALL,
    "sync": f"{_BY_ITSELF}\n{_SOURCES}\n{_CACHE}",
    "install": f"{_SOURCES}\n{_CACHE}",
    "export": _CACHE,
    "smoke": _IMPORTS,
    "reproduce": f"{_REPRODUCE}\n{_BY_ITSELF}\n{_SOURCES}",
    "fetch": f"{_WHEELHOUSE}\n{_SOURCES}",
}
