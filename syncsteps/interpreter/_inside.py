"""The script that runs inside the target: it describes its interpreter as JSON on standard output.

It is fed to the target on standard input, so it stands alone, holds ASCII only, and compiles on
Python 3.6 and later, to be able to say that the target is too old. It writes nothing to disk.
"""

# To import pathlib, and what is seldom needed, takes longer than all the rest takes to run.
# ruff: noqa: PLC0415, PTH100, PTH110, PTH112, PTH113, PTH117, PTH118, PTH119, PTH120, PTH123, PTH208

import json
import os
import platform
import re
import site
import sys
import sysconfig

HEADERS = re.compile(
    rb"^(Name|Version|Requires-Dist|Requires-Python)[ \t]*:(.*(?:\n[ \t].*)*)",
    re.IGNORECASE | re.MULTILINE,
)
END_OF_HEADERS = re.compile(rb"\n\r?\n")
MUSL = re.compile(r"-musllinux_(\d+)_(\d+)_")


def read(*parts: str) -> "bytes | None":
    """Return the content of a file, or None when it cannot be read."""
    try:
        with open(os.path.join(*parts), "rb") as file:
            return file.read()
    except OSError:
        return None


def read_text(*parts: str) -> "str | None":
    """Return the content of a file as text, or None when it cannot be read."""
    content = read(*parts)
    return None if content is None else content.decode("utf-8", "replace")


def find_tags(home: str) -> "list[str]":
    """Return the tags (PEP 425) that the `packaging` in ``home``, a directory or zip, computes.

    There are none if it is written for newer versions of Python than this one.
    """
    import importlib.machinery
    import importlib.util

    # A copy that was imported on start-up is another one, perhaps much older.
    for name in [name for name in sys.modules if name.partition(".")[0] == "packaging"]:
        del sys.modules[name]
    spec = importlib.machinery.PathFinder.find_spec("packaging", [home])
    if spec is None or spec.loader is None:
        raise ImportError("packaging is not in " + home)
    package = importlib.util.module_from_spec(spec)
    sys.modules["packaging"] = package
    try:
        spec.loader.exec_module(package)
        tags = importlib.import_module("packaging.tags")
    except (AttributeError, ImportError, SyntaxError, TypeError):
        # Syntax, names and annotations of a later Python: these are the ways in which it shows.
        return []
    return [str(tag) for tag in tags.sys_tags()]


def marker_environment() -> "dict[str, str]":
    """Return the variables of PEP 508 as that standard defines them.

    `packaging.markers` gives the same, and takes longer to import than all the rest together.
    """
    release = sys.implementation.version
    implementation_version = f"{release.major}.{release.minor}.{release.micro}"
    if release.releaselevel != "final":
        implementation_version += release.releaselevel[0] + str(release.serial)
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": implementation_version,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def find_site_packages() -> "list[str]":
    """Return the directories that `site` would add, whether they exist or not."""
    # Old virtualenv ships a `site` of its own without this function.
    find = getattr(site, "getsitepackages", None)
    return [os.path.abspath(path) for path in find()] if find else []


def find_scheme(site_packages: "list[str]", *, virtual: bool) -> "dict[str, str]":
    """Return where an installer puts files; the libraries are directories that Python looks in.

    Debian 11 answers with a ``site-packages`` that is on no path; its own pip, and we, use the
    first directory that `site` adds, and the prefix that belongs to it.
    """
    paths = sysconfig.get_paths()
    python = "python{}.{}".format(*sys.version_info[:2])
    scheme = {name: paths[name] for name in ("purelib", "platlib", "scripts", "data")}
    scheme["headers"] = paths["include"]
    if virtual:
        scheme["headers"] = os.path.join(sys.prefix, "include", "site", python)
    searched = {os.path.realpath(path) for path in sys.path + site_packages}
    if not site_packages or os.path.realpath(scheme["purelib"]) in searched:
        if os.path.realpath(scheme["platlib"]) not in searched:
            scheme["platlib"] = scheme["purelib"]
        return scheme
    library = site_packages[0]
    scheme.update(purelib=library, platlib=library)
    above = os.path.dirname(os.path.dirname(library))
    if os.path.basename(above) in ("lib", "lib64"):
        prefix = os.path.dirname(above)
        scheme.update(
            scripts=os.path.join(prefix, "bin"),
            headers=os.path.join(prefix, "include", python),
            data=prefix,
        )
    return scheme


def describe(location: str, metadata: str) -> "dict[str, object] | None":
    """Return what the distribution with this metadata is, or None if it has no name or version."""
    wheel_like = metadata.endswith(".dist-info")
    if wheel_like:
        content = read(metadata, "METADATA")
    else:
        content = read(metadata, "PKG-INFO") if os.path.isdir(metadata) else read(metadata)
    keys = (b"name", b"version", b"requires-dist", b"requires-python")
    found: dict[bytes, list[str]] = {key: [] for key in keys}
    for key, value in HEADERS.findall(END_OF_HEADERS.split(content or b"", maxsplit=1)[0]):
        found[key.lower()].append(" ".join(value.decode("utf-8", "replace").split()))
    if not any(found[b"name"]) or not any(found[b"version"]):
        return None
    requires = found[b"requires-dist"]
    if not requires and not wheel_like and os.path.exists(os.path.join(metadata, "requires.txt")):
        import importlib.metadata
        import pathlib

        # Setuptools' own format for requirements; the standard library converts it.
        requires = importlib.metadata.PathDistribution(pathlib.Path(metadata)).requires or []
    installer = read_text(metadata, "INSTALLER") if wheel_like else None
    return {
        "name": re.sub(r"[-_.]+", "-", found[b"name"][0]).lower(),
        "version": found[b"version"][0],
        "location": location,
        "metadata": metadata,
        "installer": (installer or "").strip() or None,
        "direct_url": read_text(metadata, "direct_url.json") if wheel_like else None,
        "requires": requires,
        "requires_python": found[b"requires-python"][0] if found[b"requires-python"] else None,
    }


def metadata_in(entry: str) -> "list[str]":
    """Return the metadata directories and files of an entry of ``sys.path``, sorted."""
    try:
        names = sorted(os.listdir(entry))
    except OSError:
        return []
    found = [name for name in names if name.lower().endswith((".dist-info", ".egg-info"))]
    if entry.lower().endswith(".egg") and "EGG-INFO" in names:
        found.append("EGG-INFO")
    return [os.path.join(entry, name) for name in found]


def describe_archive(entry: str) -> "list[dict[str, object]]":
    """Return the distributions in a file (a zipped egg or wheel) that is on ``sys.path``."""
    import importlib.metadata

    return [
        {
            "name": re.sub(r"[-_.]+", "-", one.metadata["Name"]).lower(),
            "version": one.version,
            "location": entry,
            # The standard library has no public name for where a distribution's metadata lies.
            "metadata": str(getattr(one, "_path", entry)).rstrip("/"),
            "requires": list(one.requires or ()),
            "requires_python": next(iter(one.metadata.get_all("Requires-Python") or ()), None),
        }
        for one in importlib.metadata.distributions(path=[entry])
        if all(key in one.metadata and one.metadata[key] for key in ("Name", "Version"))
    ]


def find_distributions(sys_path: "list[str]") -> "tuple[list[dict[str, object]], list[str]]":
    """Return the distributions in the order of the path, and the metadata that names none."""
    distributions: list[dict[str, object]] = []
    broken, seen = [], set()
    for entry in sys_path:
        # One directory may be listed twice, as lib and as lib64.
        real = os.path.realpath(entry)
        if real in seen:
            continue
        seen.add(real)
        if os.path.isfile(entry):
            distributions.extend(describe_archive(entry))
            continue
        for metadata in metadata_in(entry):
            one = describe(entry, metadata)
            if one is None:
                broken.append(metadata)
            else:
                distributions.append(one)
    return distributions, broken


def find_base_executable() -> "str | None":
    """Return the interpreter that this virtual environment was made from, if it can be told."""
    candidates = []
    direct = getattr(sys, "_base_executable", None)
    # Up to Python 3.10 this is the environment's own interpreter on POSIX.
    if direct and direct != sys.executable:
        candidates.append(direct)
    lines = (read_text(sys.prefix, "pyvenv.cfg") or "").splitlines()
    pairs = [line.partition("=") for line in lines if "=" in line]
    settings = {key.strip().lower(): value.strip() for key, _, value in pairs}
    candidates += [settings.get("base-executable", ""), settings.get("executable", "")]
    suffix = ".exe" if os.name == "nt" else ""
    names = ("python{}.{}".format(*sys.version_info[:2]), "python3", "python")
    candidates += [os.path.join(settings.get("home", ""), name + suffix) for name in names]
    found = (path for path in candidates if os.path.isabs(path) and os.path.isfile(path))
    return next(found, None)


def find_libc(tags: "list[str]") -> "dict[str, str] | None":
    """Return the C library's name and version, where the system is one that says."""
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (AttributeError, OSError, ValueError):
        name, version = "", ""
    if version:
        return {"name": name, "version": version}
    musl = next(filter(None, map(MUSL.search, tags)), None)
    return {"name": "musl", "version": ".".join(musl.groups())} if musl else None


def find_standard_library() -> "list[str]":
    """Return the names of the standard library's modules, less the private ones, sorted."""
    names = getattr(sys, "stdlib_module_names", None)
    if names is None:
        # Python 3.9 does not say: what lies in its directories are they.
        names = set(sys.builtin_module_names)
        compiled = [one for one in sys.path if os.path.basename(one) in ("lib-dynload", "DLLs")]
        for directory in [sysconfig.get_path("stdlib"), *compiled]:
            entries = os.listdir(directory) if os.path.isdir(directory) else []
            for entry in entries:
                is_package = os.path.isfile(os.path.join(directory, entry, "__init__.py"))
                if is_package or entry.endswith((".py", ".so", ".pyd")):
                    names.add(entry.partition(".")[0])
    return sorted(name for name in names if not name.startswith("_"))


def snapshot(packaging_home: str, *, with_distributions: bool = True) -> "dict[str, object]":
    """Return the description, in the schema of ``snapshot.py``, less what the tool itself adds.

    Who does not need to know what is installed saves the time that it takes to look.
    """
    sys_path = [os.path.abspath(path) for path in sys.path if path]
    virtual = sys.prefix != sys.base_prefix or hasattr(sys, "real_prefix")
    site_packages = find_site_packages()
    distributions, broken = find_distributions(sys_path if with_distributions else [])
    tags = find_tags(packaging_home)
    standard_library = sysconfig.get_path("stdlib")
    return {
        "executable": sys.executable,
        "version": platform.python_version(),
        "implementation": sys.implementation.name,
        "prefix": sys.prefix,
        "base_prefix": getattr(sys, "real_prefix", sys.base_prefix),
        "environment": marker_environment(),
        "tags": tags,
        "scheme": find_scheme(site_packages, virtual=virtual),
        "sys_path": sys_path,
        "site_packages": site_packages,
        "distributions": distributions,
        "broken": broken,
        "externally_managed": (
            None if virtual else read_text(standard_library, "EXTERNALLY-MANAGED")
        ),
        "virtual": virtual,
        "base_executable": find_base_executable() if virtual else None,
        "libc": find_libc(tags),
        "bits": 64 if sys.maxsize > 2**32 else 32,
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "debug": hasattr(sys, "gettotalrefcount"),
        "standard_library": find_standard_library(),
        "python_headers": os.path.isfile(os.path.join(sysconfig.get_path("include"), "Python.h")),
    }


def main(fence: str, packaging_home: str, minimum: str, distributions: str = "all") -> None:
    """Write the description between two fences, past whatever `sys.stdout` has become.

    ``distributions`` is ``all`` or ``none``.
    """
    wanted = tuple(int(part) for part in minimum.split("."))
    if sys.version_info[: len(wanted)] < wanted:
        answer: dict[str, object] = {"too_old": platform.python_version()}
    else:
        answer = snapshot(packaging_home, with_distributions=distributions == "all")
    # JSON with every other character escaped, so the target's encoding does not matter.
    rest = (fence + json.dumps(answer) + fence + "\n").encode("ascii")
    while rest:
        rest = rest[os.write(1, rest) :]


if __name__ == "__main__":
    main(*sys.argv[1:])
