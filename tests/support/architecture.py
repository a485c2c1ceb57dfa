"""Reads which module imports which, and finds what goes against the order of layers."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = [
    "Import",
    "Layer",
    "attribute_chains",
    "cycles",
    "imports_of",
    "layer_of",
    "outward_imports",
    "read_sources",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """``importer`` imports ``imported``: a module, not a name in it.

    ``typing``: for type checkers only. ``late``: in a function, so not while modules are imported.
    """

    importer: str
    imported: str
    line: int
    typing: bool = False
    late: bool = False

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Modules that may import one another, and whatever is in the layers before theirs.

    A name stands for the module and for those below it, unless a longer name stands somewhere else.
    """

    name: str
    modules: tuple[str, ...]


def read_sources(package: Path) -> dict[str, str]:
    """Return the source of each module of ``package`` by the module's name."""
    sources = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        sources[name] = path.read_text(encoding="utf-8")
    return sources


def imports_of(sources: Mapping[str, str]) -> tuple[Import, ...]:
    """Return every import in ``sources``, those of other packages too."""
    return tuple(
        each
        for module, source in sources.items()
        for each in _imports_in(ast.parse(source), module, sources)
    )


def layer_of(module: str, layers: Sequence[Layer]) -> int | None:
    """Return the number of the layer that ``module`` stands in, or None where it has no place."""
    places = {name: number for number, layer in enumerate(layers) for name in layer.modules}
    while module:
        if module in places:
            return places[module]
        parent = module.rpartition(".")[0]
        # The top package is a module of its own, it does not stand for what is below it.
        module = parent if "." in parent else ""
    return None


def outward_imports(imports: Iterable[Import], layers: Sequence[Layer]) -> list[str]:
    """Return a sentence for each import of a module in a later layer, or in none."""
    problems = []
    for each in imports:
        importer, imported = layer_of(each.importer, layers), layer_of(each.imported, layers)
        if importer is None or imported is None:
            problems.append(
                f"{each}: {each.importer if importer is None else each.imported} has no layer"
            )
        elif imported > importer:
            problems.append(
                f"{each}: from {layers[importer].name} outward to {layers[imported].name}"
            )
    return problems


def cycles(imports: Iterable[Import], modules: Collection[str]) -> list[tuple[str, ...]]:
    """Return the circles of modules that need one another while they are being imported.

    To import ``a.b.c`` runs ``a`` and ``a.b`` first, so whoever imports it needs those as well;
    its own packages are under way already when a module runs.
    """
    needs: dict[str, set[str]] = {module: set() for module in modules}
    for each in imports:
        if each.typing or each.late or each.importer not in needs:
            continue
        wanted = {each.imported, *_packages(each.imported)} & needs.keys()
        needs[each.importer] |= wanted - {each.importer, *_packages(each.importer)}
    circles = set()
    reached = {module: _reached(module, needs) for module in needs}
    for module, others in reached.items():
        if module in others:
            circles.add(tuple(sorted(o for o in others if module in reached[o])))
    return sorted(circles)


def attribute_chains(source: str) -> Iterator[tuple[str, int]]:
    """Yield each dotted name that the code uses, such as ``os.environ``, and its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}", node.lineno
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def _imports_in(tree: ast.AST, module: str, modules: Collection[str]) -> Iterator[Import]:
    def visit(node: ast.AST, *, typing: bool, late: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                for name in _targets(child, module, modules):
                    yield Import(
                        importer=module,
                        imported=name,
                        line=child.lineno,
                        typing=typing,
                        late=late,
                    )
            else:
                yield from visit(
                    child,
                    typing=typing or _guarded(child),
                    late=late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef),
                )

    return visit(tree, typing=False, late=False)


def _guarded(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _targets(
    node: ast.Import | ast.ImportFrom, module: str, modules: Collection[str]
) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        is_package = any(other.startswith(f"{module}.") for other in modules)
        parts = module.split(".") + ([""] if is_package else [])
        base = ".".join(filter(None, [*parts[: -node.level], base]))
    for alias in node.names:
        below = f"{base}.{alias.name}"
        yield below if below in modules else base


def _packages(module: str) -> set[str]:
    parts = module.split(".")
    return {".".join(parts[:length]) for length in range(1, len(parts))}


def _reached(module: str, needs: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    queue = list(needs[module])
    while queue:
        name = queue.pop()
        if name not in found:
            found.add(name)
            queue += needs[name]
    return found
