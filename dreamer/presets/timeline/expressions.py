"""Numbers as expressions of time: parsed once, walked by a whitelist, never evaluated as code."""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dreamer.errors import nearest
from dreamer.presets.timeline.easings import smoothstep
from dreamer.presets.timeline.hearing import COUNTED, SIGNALS, SILENCE, Heard

SIGN = "="
VARIABLES = ("t", "f", "p", "b")
_CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau}
_LARGEST = 1e12
_LONGEST, _DEEPEST = 2000, 100


@dataclass(frozen=True)
class Moment:
    """What an expression is a function of: t (seconds), f (frame), p (0 to 1 through the film), b (beats); a song."""

    t: float
    f: float
    p: float
    b: float
    heard: Heard = SILENCE


Evaluate = Callable[[Moment], float]


def _clamp(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)


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
    "smoothstep": (1, 1, lambda x: smoothstep(_clamp(x, 0, 1))),
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
# Python words these in many ways.
_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (ZeroDivisionError, "division by zero"),
    (OverflowError, "the number is too large"),
    (ValueError, "a root, power or logarithm of a number that has none"),
)


@dataclass(frozen=True)
class Expression:
    """A parsed expression. `signals`: the names of those that it follows."""

    text: str
    signals: frozenset[str]
    _evaluate: Evaluate

    def at(self, moment: Moment) -> float:
        """Its value. Raises ValueError where it has none: a division by zero, a root of a negative number, overflow."""
        t = moment.t
        try:
            value = float(self._evaluate(moment))
        except (ArithmeticError, ValueError) as error:
            reason = next(words for kind, words in _FAILURES if isinstance(error, kind))
            raise ValueError(f"has no value at {t:.4g} s: {reason}") from error
        if not abs(value) <= _LARGEST:
            raise ValueError(f"is {value:g} at {t:.4g} s, which is too large")
        return value


def is_expression(value: object) -> bool:
    """Whether a value of a preset is written as an expression: a text that begins with an equals sign."""
    return isinstance(value, str) and value.lstrip().startswith(SIGN)


def parse_expression(text: str) -> Expression:
    """Parse "= 1 + 0.2 * sin(2 * pi * t / 4)". Raises ValueError with the column of what is wrong, counted from 1."""
    body = text[text.index(SIGN) + 1 :].lstrip()
    offset = len(text) - len(body)
    body = body.rstrip().translate({ord(blank): " " for blank in "\r\n\t\f"})
    if not body:
        raise ValueError(f"column {offset}: nothing follows the equals sign")
    if len(body) > _LONGEST:
        raise ValueError(f"has {len(body)} characters; {_LONGEST} are the most")
    compiler = _Compiler(body, offset)
    evaluate = compiler.compiled(_parsed(body, offset), 0)
    return Expression(text, frozenset(compiler.signals), evaluate)


def _variable(name: str) -> Evaluate:
    get: Callable[[Moment], float] = operator.attrgetter(name)
    return get


def _parsed(body: str, offset: int) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)
            warnings.simplefilter("error", DeprecationWarning)
            return ast.parse(body, mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"column {offset + (error.offset or 1)}: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise ValueError("is nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"column {offset + 1}: {error}") from error


class _Compiler:
    def __init__(self, body: str, offset: int) -> None:
        self._body, self._offset = body, offset
        self.signals: set[str] = set()

    def compiled(self, node: ast.expr, depth: int) -> Evaluate:
        """A function of the variables for a node of the syntax tree."""
        if depth > _DEEPEST:
            raise ValueError(f"{self._column(node)}: is nested too deeply")
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return self._number(node, value)
            case ast.Name(id=name):
                return self._name(node, name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.compiled(operand, depth + 1)
                return lambda moment: -inner(moment)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.compiled(operand, depth + 1)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                act = _OPERATORS[type(op)]
                one, other = self.compiled(left, depth + 1), self.compiled(right, depth + 1)
                return lambda moment: act(one(moment), other(moment))
            case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARISONS for op in ops):
                return self._comparison([left, *others], ops, depth)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                asked, yes, no = (self.compiled(part, depth + 1) for part in (test, body, orelse))
                return lambda moment: yes(moment) if asked(moment) else no(moment)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(node, name, [self.compiled(argument, depth + 1) for argument in arguments])
        raise ValueError(f"{self._column(node)}: {_advice(node)}")

    def _number(self, node: ast.expr, value: float) -> Evaluate:
        try:
            number = float(value)
        except OverflowError:
            raise ValueError(f"{self._column(node)}: the number is too large") from None
        return lambda moment: number

    def _name(self, node: ast.expr, name: str) -> Evaluate:
        if name in _CONSTANTS:
            constant = _CONSTANTS[name]
            return lambda moment: constant
        if name in VARIABLES:
            return _variable(name)
        if name in SIGNALS:
            return self._signal(name, None)
        if name in FUNCTIONS:
            raise ValueError(f"{self._column(node)}: {name} is a function; write {name}(...)")
        raise self._unknown(node, name, [*VARIABLES, *_CONSTANTS, *SIGNALS])

    def _comparison(self, terms: list[ast.expr], ops: list[ast.cmpop], depth: int) -> Evaluate:
        """1 where the comparison holds, else 0; 1 < t < 2 is two of them."""
        inner = [self.compiled(term, depth + 1) for term in terms]
        links = list(zip((_COMPARISONS[type(op)] for op in ops), inner, inner[1:], strict=False))
        return lambda moment: float(all(holds(one(moment), other(moment)) for holds, one, other in links))

    def _call(self, node: ast.expr, name: str, inner: list[Evaluate]) -> Evaluate:
        if name in SIGNALS:
            if name in COUNTED or len(inner) != 1:
                takes = "no value" if name in COUNTED else "1 value"
                raise ValueError(f"{self._column(node)}: {name}() takes {takes}, and {len(inner)} are given")
            return self._signal(name, inner[0])
        if name not in FUNCTIONS:
            raise self._unknown(node, f"{name}()", [f"{function}()" for function in (*FUNCTIONS, *SIGNALS)])
        least, most, function = _DEFINED.get(name, (1, 1, min))
        if not least <= len(inner) <= most:
            takes = f"{least} value{'s' if least > 1 else ''}" if least == most else f"{least} to {most} values"
            raise ValueError(f"{self._column(node)}: {name}() takes {takes}, and {len(inner)} are given")
        if name == "wave":
            return lambda moment: 0.5 - 0.5 * math.cos(math.tau * moment.t / inner[0](moment))
        return lambda moment: function(*(argument(moment) for argument in inner))

    def _signal(self, name: str, argument: Evaluate | None) -> Evaluate:
        """What a song says at a moment: bass(0.2) is smoothed over seconds, beat(2) is every second beat."""
        self.signals.add(name)
        if argument is None:
            return lambda moment: moment.heard.value(name, None, moment.t)
        return lambda moment: moment.heard.value(name, argument(moment), moment.t)

    def _unknown(self, node: ast.expr, name: str, known: list[str]) -> ValueError:
        near = nearest(name, known, 1)
        advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        return ValueError(f"{self._column(node)}: unknown {name}; {advice}")

    def _column(self, node: ast.expr) -> str:
        # ast counts bytes, a person characters.
        before = self._body.encode()[: node.col_offset].decode(errors="ignore")
        return f"column {self._offset + len(before) + 1}"


def _advice(node: ast.expr) -> str:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
        return "a power is written **"
    return "; ".join(_allowed())


def _allowed() -> Iterator[str]:
    yield f"only numbers, {', '.join(VARIABLES)}, {', '.join(_CONSTANTS)}, + - * / % **, comparisons, a if c else b"
    yield f"the functions {', '.join(FUNCTIONS)}, and of a song {', '.join(SIGNALS)}"
