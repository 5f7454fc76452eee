"""Small changes of Python sources, one at a time: what a slip of the hand leaves behind.

A change is put into the text where the node stands, so that everything else stays as it is written, line by line.
"""

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

_COMPARE = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}  # fmt: skip
_ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
_WORDS = {"min": "max", "max": "min", "any": "all", "all": "any", "ceil": "floor", "floor": "ceil"}
_SILENT = (ast.JoinedStr, ast.Import, ast.ImportFrom, ast.Raise)  # messages and imports: no figure hangs on them


class Mutant(NamedTuple):
    """`name` says file, function, change, and which of several alike; `text` is the file's with the change."""

    name: str
    file: str
    line: int
    text: str


def mutants(file: str, source: str) -> list[Mutant]:
    """Every mutant of a source, in the order of its lines."""
    tree = ast.parse(source)
    offsets = _line_offsets(source)
    raw = source.encode()
    found, alike = [], Counter[str]()
    for scope, node, new, operator in _changes(tree):
        start = offsets[node.lineno - 1] + node.col_offset
        end = offsets[node.end_lineno - 1] + node.end_col_offset
        before, after = raw[start:end].decode(), new if isinstance(new, str) else f"({ast.unparse(new)})"
        text = (raw[:start] + after.encode() + raw[end:]).decode()
        name = f"{file}:{scope}: {operator}: {_short(before)} -> {_short(after)}"
        alike[name] += 1
        name += f" #{alike[name]}" if alike[name] > 1 else ""
        if _compiles(text):
            found.append(Mutant(name, file, node.lineno, text))
    return found


def _line_offsets(source: str) -> list[int]:
    offsets = [0]
    for line in source.encode().splitlines(keepends=True):
        offsets.append(offsets[-1] + len(line))
    return offsets


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 90 else f"{words[:60]} ... {words[-25:]}"


def _compiles(text: str) -> bool:
    try:
        compile(text, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _changes(tree: ast.Module) -> Iterator[tuple[str, ast.AST, ast.AST | str, str]]:
    """(function, node, what stands in its place, operator) for every change."""

    def visit(node: ast.AST, scope: str) -> Iterator[tuple[str, ast.AST, ast.AST | str, str]]:
        if isinstance(node, _SILENT) or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)):
            return
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            scope = f"{scope}.{node.name}" if scope else node.name
        if _addresses(node):
            return
        for new, operator in _of(node):
            yield scope, node, new, operator
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "decorator_list", "args") and not isinstance(node, ast.Call):
                if field == "args" and isinstance(node, (ast.FunctionDef, ast.Lambda)):
                    for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
                        yield from visit(default, scope)
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from visit(child, scope)

    yield from visit(tree, "")


def _addresses(node: ast.AST) -> bool:
    """The mask of a loop's limits: any change of it crashes."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd) and ast.unparse(node.right) == str(0xFFFF)


def _of(node: ast.AST) -> Iterator[tuple[ast.AST | str, str]]:
    """What may stand in a node's place."""
    if isinstance(node, ast.Compare):
        for i, operator in enumerate(node.ops):
            for other in _COMPARE[type(operator)]:
                yield _with(node, "ops", [*node.ops[:i], other(), *node.ops[i + 1 :]]), "comparison"
    elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        if not (isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)):
            yield _with(node, "op", _ARITHMETIC[type(node.op)]()), "arithmetic"
    elif isinstance(node, ast.AugAssign):
        if type(node.op) in _ARITHMETIC:
            yield ast.unparse(_with(node, "op", _ARITHMETIC[type(node.op)]())), "arithmetic"
        yield "pass", "statement removed"
    elif isinstance(node, ast.BoolOp):
        yield _with(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And()), "and/or"
        for i in range(len(node.values)):
            rest = [*node.values[:i], *node.values[i + 1 :]]
            yield rest[0] if len(rest) == 1 else _with(node, "values", rest), "one left out"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield node.operand, "sign"
    elif isinstance(node, ast.IfExp):
        swapped = copy.copy(node)
        swapped.body, swapped.orelse = node.orelse, node.body
        yield swapped, "branches swapped"
    elif isinstance(node, ast.Constant):
        yield from _constants(node.value)
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif _may_go(node):
        yield "pass", "statement removed"


def _may_go(node: ast.AST) -> bool:
    """Statements without which the rest still runs: calls, jumps, and what writes to a place, not to a name."""
    if isinstance(node, ast.Assign):
        return all(isinstance(target, (ast.Subscript, ast.Attribute)) for target in node.targets)
    return isinstance(node, (ast.Continue, ast.Break)) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    )


def _with(node: ast.AST, field: str, value: object) -> ast.AST:
    other = copy.copy(node)
    setattr(other, field, value)
    return other


def _constants(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, bool):
        yield str(not value), "constant"
    elif isinstance(value, int):
        yield str(value + 1), "constant"
        yield f"({value - 1})", "constant"
    elif isinstance(value, float):
        yield repr(value + 1.0 if value else 1.0), "constant"
        if value not in (0.0, 1.0):
            yield repr(value / 2.0), "constant"


def _calls(node: ast.Call) -> Iterator[tuple[ast.AST, str]]:
    word = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if word in _WORDS:
        func = copy.copy(node.func)
        setattr(func, "attr" if isinstance(func, ast.Attribute) else "id", _WORDS[word])
        yield _with(node, "func", func), "another function"
    if word == "range" and node.args:
        last = len(node.args) - 1 if len(node.args) < 3 else 1
        less = ast.BinOp(node.args[last], ast.Sub(), ast.Constant(1))
        yield _with(node, "args", [*node.args[:last], less, *node.args[last + 1 :]]), "range one short"
