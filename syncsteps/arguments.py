"""The command line's verbs and options, as a parser of its arguments."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from syncsteps import exporting
from syncsteps.options import OPTIONS, Option
from syncsteps.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["VERBS", "make_parser"]

VERBS: Mapping[str, str] = {
    "sync": "put the lock into the interpreter: verify, stage aside, import, then swap",
    "export": "write the lock as requirements.txt or pylock.toml, for the target or for all",
    "verify": "say whether the lock fits the interpreter, and change nothing",
    "install": "do what sync does, without the imports",
    "smoke": "import what is installed from the lock",
    "check": "compare the interpreter with the lock and with the receipt",
    "inspect": "write the interpreter's snapshot as JSON",
    "fetch": "fetch or build all of the lock into a wheelhouse, for a sync without a network",
    "recover": "finish or undo a sync that was cut off",
    "explain": "say what a code means and what to do, or what is known of an image",
}


def make_parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser for these arguments: of a verb that is not among them it has no options."""
    helped = bool({"-h", "--help"} & set(argv))
    parser = argparse.ArgumentParser(
        prog="syncsteps",
        description="Put a project's lock file into the system Python, with no virtual\n"
        "environment, without ever breaking that Python.",
        allow_abbrev=False,
        **(_manual("") if helped else {}),
    )
    parser.add_argument("--version", action="version", version=f"syncsteps {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    # Only where the verb does not come first can there be a text that names them all.
    named = {verb: VERBS[verb] for verb in argv[:1] if verb in VERBS}
    for verb, summary in (named or VERBS).items():
        child = verbs.add_parser(
            verb,
            help=summary,
            description=summary,
            allow_abbrev=False,
            **(_manual(verb) if helped else {}),
        )
        if verb == "explain":
            child.add_argument(
                "code", metavar="CODE", help="such as INT002, or an image such as debian:12"
            )
        elif verb in argv:
            _add_own_options(child, verb)
            homes = _groups(child) if helped else {}
            for option in OPTIONS:
                _add_option(homes.get(option.name, child), option)
    return parser


def _manual(verb: str) -> Mapping[str, Any]:
    """Return what a parser needs to say more than its options."""
    from syncsteps.manual import MANUAL  # noqa: PLC0415 - only --help needs it

    return {
        "epilog": MANUAL.get(verb),
        "formatter_class": argparse.RawDescriptionHelpFormatter,
    }


def _groups(parser: argparse.ArgumentParser) -> Mapping[str, argparse._ArgumentGroup]:
    """Return, by the names of options, the groups of ``parser`` that they are listed in."""
    from syncsteps.manual import GROUPS  # noqa: PLC0415 - as above

    found: dict[str, argparse._ArgumentGroup] = {}
    for title, names in GROUPS.items():
        found |= dict.fromkeys(names, parser.add_argument_group(title))
    return found


def _add_own_options(parser: argparse.ArgumentParser, verb: str) -> None:
    if verb in {"sync", "install"}:
        parser.add_argument("--dry-run", action="store_true", help="stop after the plan")
    if verb in {"export", "inspect"}:
        parser.add_argument(
            "-o", "--output", metavar="FILE", default="-", help="where to (default: stdout)"
        )
    if verb == "export":
        parser.add_argument(
            "--format",
            choices=exporting.EXPORT_FORMATS,
            default=exporting.EXPORT_FORMATS[0],
            help="what to write (default: %(default)s)",
        )
        parser.add_argument(
            "--universal",
            action="store_true",
            help="for every platform, with markers; in a pylock.toml also extras and groups stay a"
            " matter of choice, unless some are asked for",
        )
        parser.add_argument(
            "--annotate",
            action=argparse.BooleanOptionalAction,
            default=True,
            help="say in a requirements.txt what requires each package (default: yes)",
        )


def _add_option(parser: argparse.ArgumentParser | argparse._ArgumentGroup, option: Option) -> None:
    keywords: dict[str, Any] = {"help": option.help, "dest": option.field, "default": None}
    if option.kind == "flag":
        keywords["action"] = "store_true"
    elif option.kind in {"list", "snapshots"}:
        keywords |= {"action": "extend", "nargs": 1, "metavar": option.metavar}
    elif option.kind == "number":
        keywords |= {"type": _positive, "metavar": option.metavar}
    elif option.choices:
        keywords["choices"] = option.choices
    else:
        keywords["metavar"] = option.metavar
    parser.add_argument(f"--{option.name}", **keywords)


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number
