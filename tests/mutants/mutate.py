# SPDX-License-Identifier: GPL-2.0-or-later
"""Small faults for functions: where each can be put, and the code that has it."""

import ast
from collections.abc import Iterator
from types import CodeType
from typing import Any, NamedTuple

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.Break: ast.Continue, ast.Continue: ast.Break,
}  # fmt: skip


class Mutant(NamedTuple):
    """One fault: the `number`th place of a file where there can be one."""

    file: str
    function: str
    """The outermost one, by its qualified name."""
    line: int
    statement: range
    """Lines of the statement, without those of its body."""
    what: str
    number: int


class _Places(ast.NodeTransformer):
    """Numbers the places inside of functions, and puts a fault at one of them."""

    def __init__(self, file: str, wanted: int = -1) -> None:
        self.found: list[Mutant] = []
        self._file, self._wanted = file, wanted
        self._names: list[str] = []
        self._function = ""
        self._statement = range(0)

    def visit(self, node: ast.AST) -> Any:
        outer = self._statement
        if isinstance(node, ast.stmt):
            self._statement = range(node.lineno, max(node.lineno, _last_line(node)) + 1)
        changed = super().visit(node)
        self._statement = outer
        return changed

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._named(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if self._function:
            return self.generic_visit(node)
        self._function = ".".join([*self._names, node.name])
        node.body = [kept for one in node.body if isinstance(kept := self.visit(one), ast.stmt)]
        self._function = ""
        return node

    def _named(self, node: ast.ClassDef) -> ast.AST:
        self._names.append(node.name)
        self.generic_visit(node)
        self._names.pop()
        return node

    def _is_here(self, node: ast.expr | ast.stmt, what: str) -> bool:
        if not self._function:
            return False
        self.found.append(Mutant(self._file, self._function, node.lineno, self._statement, what, len(self.found)))
        return len(self.found) - 1 == self._wanted

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if self._is_here(node, f"{type(node.ops[0]).__name__} turned"):
            node.ops[0] = SWAPS[type(node.ops[0])]()  # type: ignore[call-overload]
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        if self._is_here(node, f"{type(node.op).__name__} turned"):
            node.op = SWAPS[type(node.op)]()  # type: ignore[assignment]
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if type(node.op) in SWAPS and self._is_here(node, f"{type(node.op).__name__} turned"):
            node.op = SWAPS[type(node.op)]()  # type: ignore[assignment]
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        is_here = isinstance(node.op, ast.Not) and self._is_here(node, "not left out")
        return node.operand if is_here else node

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        if self._is_here(node, "condition turned"):
            node.test = ast.UnaryOp(ast.Not(), node.test)
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        is_value = node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None)
        if is_value and self._is_here(node, "returns None"):
            node.value = ast.Constant(None)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Constant):
            return node  # a docstring
        self.generic_visit(node)
        return ast.Pass() if self._is_here(node, "statement left out") else node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        return ast.Pass() if self._is_here(node, "statement left out") else node

    def visit_Break(self, node: ast.Break) -> ast.AST:
        return ast.Continue() if self._is_here(node, "break turned") else node

    def visit_Continue(self, node: ast.Continue) -> ast.AST:
        return ast.Break() if self._is_here(node, "continue turned") else node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        other: object
        match node.value:
            case bool():
                other = not node.value
            case int():
                other = node.value + 1
            case str():
                other = f"{node.value}!"
            case bytes():
                other = node.value + b"!"
            case _:
                return node
        return ast.copy_location(ast.Constant(other), node) if self._is_here(node, f"{node.value!r} changed") else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node  # wording

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        return node  # a default is taken when a module is loaded

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node


def _last_line(statement: ast.stmt) -> int:
    body: list[ast.stmt] = getattr(statement, "body", [])
    return body[0].lineno - 1 if body else statement.end_lineno or statement.lineno


def mutants(file: str, source: str) -> list[Mutant]:
    """Every fault that the functions of a file can have."""
    places = _Places(file)
    places.visit(ast.parse(source))
    return places.found


def mutated(mutant: Mutant, source: str) -> CodeType:
    """The code of the function with the fault."""
    tree = _Places(mutant.file, mutant.number).visit(ast.parse(source))
    module = compile(ast.fix_missing_locations(tree), mutant.file, "exec")
    return next(code for code in codes(module) if code.co_qualname == mutant.function)


def codes(code: CodeType) -> Iterator[CodeType]:
    """A code and all that are in it."""
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from codes(one)
