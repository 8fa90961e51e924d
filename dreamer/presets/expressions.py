"""Numbers as expressions of time: parsed once, walked by a whitelist, never evaluated as code."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dreamer.errors import nearest

SIGN = "="
VARIABLES = ("t", "f", "p", "b")
_CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau}
_LARGEST = 1e12

Values = Mapping[str, float]
Evaluate = Callable[[Values], float]


def _clamp(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)


def _smoothstep(x: float) -> float:
    x = _clamp(x, 0, 1)
    return x * x * (3 - 2 * x)


_DEFINED: dict[str, tuple[int, int, Callable[..., float]]] = {
    "sin": (1, 1, math.sin),
    "cos": (1, 1, math.cos),
    "tan": (1, 1, math.tan),
    "abs": (1, 1, abs),
    "sqrt": (1, 1, math.sqrt),
    "exp": (1, 1, math.exp),
    "log": (1, 1, math.log),
    "floor": (1, 1, math.floor),
    "ceil": (1, 1, math.ceil),
    "round": (1, 1, round),
    "min": (2, 9, min),
    "max": (2, 9, max),
    "clamp": (3, 3, _clamp),
    "mix": (3, 3, lambda a, b, x: a + (b - a) * x),
    "smoothstep": (1, 1, _smoothstep),
}
# wave(period): a sine between 0 and 1 that begins at 0.
FUNCTIONS = (*_DEFINED, "wave")
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: math.pow,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


@dataclass(frozen=True)
class Expression:
    """A parsed expression of t (seconds), f (frame), p (0 to 1 through the film) and b (beats)."""

    text: str
    _evaluate: Evaluate

    def at(self, *, t: float, f: float, p: float, b: float) -> float:
        """Its value. Raises ValueError where it has none: a division by zero, a root of a negative number, overflow."""
        try:
            value = float(self._evaluate({"t": t, "f": f, "p": p, "b": b}))
        except (ArithmeticError, ValueError) as error:
            raise ValueError(f"has no value at {t:g} s: {error}") from error
        if not abs(value) <= _LARGEST:
            raise ValueError(f"is {value:g} at {t:g} s")
        return value


def is_expression(value: object) -> bool:
    """Whether a value of a preset is written as an expression: a text that begins with an equals sign."""
    return isinstance(value, str) and value.lstrip().startswith(SIGN)


def parse_expression(text: str) -> Expression:
    """Parse "= 1 + 0.2 * sin(2 * pi * t / 4)". Raises ValueError with the column of what is wrong, counted from 1."""
    start = text.index(SIGN) + 1
    body = text[start:]
    offset = start + len(body) - len(body.lstrip())
    try:
        tree = ast.parse(body.strip(), mode="eval")
    except SyntaxError as error:
        raise ValueError(f"column {offset + (error.offset or 1)}: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise ValueError("is nested too deeply") from error
    return Expression(text, _Compiler(offset).compiled(tree.body))


class _Compiler:
    def __init__(self, offset: int) -> None:
        self._offset = offset

    def compiled(self, node: ast.expr) -> Evaluate:
        """A function of the variables for a node of the syntax tree."""
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                number = float(value)
                return lambda values: number
            case ast.Name(id=name):
                return self._name(node, name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.compiled(operand)
                return lambda values: -inner(values)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.compiled(operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                act, one, other = _OPERATORS[type(op)], self.compiled(left), self.compiled(right)
                return lambda values: act(one(values), other(values))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
                holds, one, other = _COMPARISONS[type(op)], self.compiled(left), self.compiled(right)
                return lambda values: float(holds(one(values), other(values)))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                asked, yes, no = self.compiled(test), self.compiled(body), self.compiled(orelse)
                return lambda values: yes(values) if asked(values) else no(values)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(node, name, arguments)
        raise ValueError(f"{self._column(node)}: only numbers, {', '.join(VARIABLES)}, + - * / % ** and functions")

    def _name(self, node: ast.expr, name: str) -> Evaluate:
        if name in _CONSTANTS:
            constant = _CONSTANTS[name]
            return lambda values: constant
        if name in VARIABLES:
            return lambda values: values[name]
        raise self._unknown(node, name, [*VARIABLES, *_CONSTANTS])

    def _call(self, node: ast.expr, name: str, arguments: list[ast.expr]) -> Evaluate:
        inner = [self.compiled(argument) for argument in arguments]
        if name == "wave" and len(inner) == 1:
            return lambda values: 0.5 - 0.5 * math.cos(math.tau * values["t"] / inner[0](values))
        if name not in _DEFINED:
            raise self._unknown(node, f"{name}()", [f"{each}()" for each in FUNCTIONS])
        least, most, function = _DEFINED[name]
        if not least <= len(inner) <= most:
            raise ValueError(f"{self._column(node)}: {name}() takes {least} values, and {len(inner)} are given")
        return lambda values: function(*(each(values) for each in inner))

    def _unknown(self, node: ast.expr, name: str, known: list[str]) -> ValueError:
        near = nearest(name, known, 1)
        advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        return ValueError(f"{self._column(node)}: unknown {name}; {advice}")

    def _column(self, node: ast.expr) -> str:
        return f"column {self._offset + node.col_offset + 1}"
