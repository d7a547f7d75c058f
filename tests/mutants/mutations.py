"""What can be changed in a module: one operator, constant or statement at a time."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
CONNECTIVES: dict[type[ast.boolop], type[ast.boolop]] = {ast.And: ast.Or, ast.Or: ast.And}

SHOWN = 90
"""Characters of a change that are kept."""


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One change of one file. `before` and `after` are the code in question, in Python's own spelling."""

    file: str
    """The path from the root of the repository, with `/`."""
    index: int
    """The place in the order of the changes of that file."""
    line: int
    function: str
    """The names of the classes and functions around it, such as `Registry.publish`."""
    before: str
    after: str

    number: int = 1
    """Which of several equal changes in that function it is."""

    @property
    def room(self) -> str:
        """The room of the server that has the file."""
        return self.file.split("/")[1]

    @property
    def key(self) -> str:
        """What tells it apart while lines move: the file, the function, and the change."""
        again = f" ({self.number})" if self.number > 1 else ""
        return f"{self.file}::{self.function}: {self.before} → {self.after}{again}"


def mutations_of(source: str, file: str) -> list[Mutation]:
    """Return every mutation of the source of a module, in the order of its lines."""
    found: list[Mutation] = []
    seen: Counter[str] = Counter()
    for index, change in enumerate(_changes(ast.parse(source))):
        mutation = Mutation(
            file=file,
            index=index,
            line=change.line,
            function=change.function,
            before=_short(change.before),
            after=_short(change.after),
        )
        seen[mutation.key] += 1
        found.append(replace(mutation, number=seen[mutation.key]))
    return found


def mutated(source: str, index: int) -> ast.Module:
    """Return the tree of a module with the mutation of this index."""
    tree = ast.parse(source)
    for each, change in enumerate(_changes(tree)):
        if each == index:
            change.apply()
            return ast.fix_missing_locations(tree)
    raise IndexError(index)


@dataclass(frozen=True, kw_only=True)
class _Change:
    """A change of one node: a field of `owner` (an item of it, if there is a `position`) gets another value."""

    owner: ast.AST
    field: str
    position: int | None
    value: object
    before: str
    after: str
    line: int
    function: str

    def apply(self) -> None:
        """Change the tree."""
        if self.position is None:
            setattr(self.owner, self.field, self.value)
        else:
            getattr(self.owner, self.field)[self.position] = self.value


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


def _changes(tree: ast.Module) -> Iterator[_Change]:
    """Yield every change of a tree. Annotations, docstrings and what is imported for types are left alone."""
    yield from _within(tree, ())


def _within(node: ast.AST, names: tuple[str, ...]) -> Iterator[_Change]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        names = (*names, node.name)
    for field, position, child in _children(node):
        for value, before, after in _replacements(child, field):
            yield _Change(
                owner=node,
                field=field,
                position=position,
                value=value,
                before=before,
                after=after,
                line=getattr(child, "lineno", 0),
                function=".".join(names),
            )
        yield from _within(child, names)


def _children(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    """Yield what is below a node and is code, with the field and the position that hold it."""
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "type_params", "decorator_list"}:
            continue
        if isinstance(node, ast.JoinedStr | ast.FormattedValue) and field in {"format_spec", "conversion"}:
            continue
        if isinstance(value, ast.AST):
            yield field, None, value
        elif isinstance(value, list):
            for position, each in enumerate(value):
                if isinstance(each, ast.AST) and not _is_no_code(each):
                    yield field, position, each


def _is_no_code(node: ast.AST) -> bool:
    """Whether a statement is a docstring, an import, a list of exports, or one for types only."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal | ast.Pass):
        return True
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return True
    if isinstance(node, ast.Assign) and [ast.unparse(each) for each in node.targets] == ["__all__"]:
        return True
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str | type(...))
    )


def _replacements(node: ast.AST, field: str) -> Iterator[tuple[ast.AST, str, str]]:
    """Yield what stands in for a node, with the code before and after."""
    if isinstance(node, ast.stmt):
        yield from _statements(node)
    elif isinstance(node, ast.expr):
        for other in _expressions(node, field):
            yield other, ast.unparse(node), ast.unparse(other)


def _statements(node: ast.stmt) -> Iterator[tuple[ast.AST, str, str]]:
    gone = ast.copy_location(ast.Pass(), node)
    if isinstance(node, ast.Expr | ast.AugAssign | ast.Raise | ast.Delete | ast.Assert):
        yield gone, ast.unparse(node), "pass"
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        nothing = ast.copy_location(ast.Return(value=ast.Constant(None)), node)
        yield nothing, ast.unparse(node), "return None"
    elif isinstance(node, ast.If | ast.While):
        name = "while" if isinstance(node, ast.While) else "if"
        if isinstance(node, ast.If):
            yield _with_test(node, value=True), f"{name} {ast.unparse(node.test)}", f"{name} True"
        yield _with_test(node, value=False), f"{name} {ast.unparse(node.test)}", f"{name} False"
    elif isinstance(node, ast.Break):
        yield ast.copy_location(ast.Continue(), node), "break", "continue"
    elif isinstance(node, ast.Continue):
        yield ast.copy_location(ast.Break(), node), "continue", "break"


def _with_test(node: ast.If | ast.While, *, value: bool) -> ast.stmt:
    test = ast.copy_location(ast.Constant(value), node.test)
    return ast.copy_location(type(node)(test=test, body=node.body, orelse=node.orelse), node)


def _expressions(node: ast.expr, field: str) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in COMPARISONS:
            other = COMPARISONS[type(operator)]()
            yield ast.copy_location(ast.Compare(node.left, [other], node.comparators), node)
        case ast.BoolOp():
            yield ast.copy_location(ast.BoolOp(CONNECTIVES[type(node.op)](), node.values), node)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.BinOp() if type(node.op) in ARITHMETIC and not _is_text(node):
            yield ast.copy_location(ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right), node)
        case ast.IfExp():
            yield node.body
            yield node.orelse
        case ast.Constant():
            yield from (ast.copy_location(ast.Constant(value), node) for value in _constants(node, field))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_text(node: ast.BinOp) -> bool:
    """Whether an operator joins texts: another one would only raise."""
    return any(
        isinstance(each, ast.JoinedStr)
        or (isinstance(each, ast.Constant) and isinstance(each.value, str | bytes))
        for each in (node.left, node.right)
    )


def _constants(node: ast.Constant, field: str) -> Iterator[str | bytes | float]:
    value = node.value
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
        if value > 1:
            yield value - 1
    elif isinstance(value, float):
        yield value * 2
    elif isinstance(value, str) and field != "format_spec":
        yield f"{value}X"
    elif isinstance(value, bytes):
        yield value + b"X"
