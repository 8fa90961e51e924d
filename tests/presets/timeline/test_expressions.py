from __future__ import annotations

import math

import pytest

from dreamer.presets.timeline.expressions import Moment, is_expression, parse_expression


def value(text: str, *, t: float = 2.0, f: float = 60, p: float = 0.25, b: float = 4.0) -> float:
    return parse_expression(text).at(Moment(t, f, p, b))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("= 0.01 + 0.004 * sin(2*pi*t/4)", 0.01 + 0.004 * math.sin(math.pi)),
        ("= t + 10 * f + 100 * p + 1000 * b", 2 + 600 + 25 + 4000),
        ("= 2 ** 3 ** 2 / 4 % 5 - -1", 128 % 5 + 1),
        ("= 2 ** -1", 0.5),
        ("= 1 if t < 2 else 7 if t == 2 else 9", 7),
        ("= (0 < t <= 2) + (0 < t < 2) + (t != 3)", 2),
        ("= min(3, 1, 2) + max(3, 1) + abs(-4)", 8),
        ("= sqrt(16) + exp(0) + log(e) + floor(2.9) + ceil(2.1) + round(2.6)", 4 + 1 + 1 + 2 + 3 + 3),
        ("= cos(0) + tan(0)", 1),
        ("= clamp(9, 0, 1) + clamp(-9, 0, 1) + clamp(0.5, 0, 1)", 1.5),
        ("= mix(10, 20, p)", 12.5),
        ("= smoothstep(-1) + smoothstep(0.25) + smoothstep(2)", 0.15625 + 1),
        ("  =\n tau\n / pi ", 2),
        ("= 1e2 + 0x10 + 1_0", 126),
    ],
)
def test_expressions_compute(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected)


def test_a_wave_goes_from_0_to_1_and_back() -> None:
    assert [value("= wave(4)", t=t) for t in (0, 1, 2, 3, 4)] == pytest.approx([0, 0.5, 1, 0.5, 0])


@pytest.mark.parametrize(
    ("text", "expected"), [("= 1", True), ("  =1", True), ("1 = 1", False), (3, False), ("", False)]
)
def test_an_expression_begins_with_an_equals_sign(text: object, expected: bool) -> None:
    assert is_expression(text) is expected


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("= 1 + sen(t)", "column 7: unknown sen(); did you mean sin()?"),
        ("= tt", "column 3: unknown tt; did you mean t?"),
        ("= 1 + velocity", "column 7: unknown velocity; there are t, f, p, b, pi, e, tau"),
        ("= sin + 1", "column 3: sin is a function; write sin(...)"),
        ("= 2 * t(3)", "column 7: unknown t(); did you mean tan()?"),
        ("= t ^ 2", "column 3: a power is written **"),
        ("= 1 + (2", "column 7: '(' was never closed"),
        ("=", "column 1: nothing follows the equals sign"),
        ("= clamp(t, 0)", "column 3: clamp() takes 3 values, and 2 are given"),
        ("= 1 + min(1)", "column 7: min() takes 2 to 9 values, and 1 are given"),
        ("= wave()", "column 3: wave() takes 1 value, and 0 are given"),
        ("= 'a'", "column 3: only numbers, t, f, p, b, pi, e, tau, + - * / % **, comparisons"),
        ("= 1if t else 2", "column 3: invalid decimal literal"),
        (f"= {'9' * 400}", "column 3: the number is too large"),
        (f"= {'-' * 500}1", ": is nested too deeply"),
        (f"= {'(' * 300}1{')' * 300}", "nested"),
        (f"= {'1+' * 900}1", "column 3: is nested too deeply"),
        (f"= {'1+' * 9000}1", "has 18001 characters; 2000 are the most"),
        ("= 1\x00", "null bytes"),
    ],
)
def test_a_mistake_has_its_column_and_what_would_be_right(text: str, mistake: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_expression(text)
    assert mistake in str(caught.value)


def test_columns_count_characters_not_bytes() -> None:
    with pytest.raises(ValueError, match="column 5: unknown zzzz"):
        parse_expression("= µ(zzzz)")


@pytest.mark.parametrize(
    "text",
    [
        "= __import__('os').system('true')",
        "= t.real",
        "= (lambda: 1)()",
        "= [t][0]",
        "= {1: 2}",
        "= [x for x in (1, 2)]",
        "= (x := 3)",
        "= f'{t}'",
        "= True",
        "= 1j",
        "= None",
        "= t and 1",
        "= not t",
        "= ~1",
        "= 1 // 2",
        "= 1 << 2",
        "= 1 @ 2",
        "= t is 1",
        "= 1 in (1, 2)",
        "= min(*(1, 2))",
        "= round(t, ndigits=2)",
        "= ...",
        "= 1; 2",
        "= yield",
    ],
)
def test_nothing_but_arithmetic_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="column"):
        parse_expression(text)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("= 1 / (t - 2)", "has no value at 2 s: division by zero"),
        ("= 5 % (t - 2)", "has no value at 2 s: division by zero"),
        ("= wave(t - 2)", "has no value at 2 s: division by zero"),
        ("= 9 ** 9 ** 9 ** 9", "has no value at 2 s: the number is too large"),
        ("= exp(10000)", "has no value at 2 s: the number is too large"),
        ("= sqrt(-t)", "has no value at 2 s: a root, power or logarithm of a number that has none"),
        ("= log(0)", "has no value at 2 s: a root, power or logarithm"),
        ("= (0 - t) ** 0.5", "has no value at 2 s: a root, power or logarithm"),
        ("= 1e300 * 1e300", "is inf at 2 s, which is too large"),
        ("= 1e999 - 1e999", "is nan at 2 s"),
        ("= floor(1e999)", "has no value at 2 s: the number is too large"),
        ("= 10 ** 13", "is 1e+13 at 2 s, which is too large"),
    ],
)
def test_what_has_no_value_says_when(text: str, mistake: str) -> None:
    with pytest.raises(ValueError) as caught:
        value(text)
    assert mistake in str(caught.value)
