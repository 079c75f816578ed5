"""The table of cases is complete: an op without a case fails here."""

from __future__ import annotations

from collections import Counter, defaultdict

from minigen import functional
from minigen.engine.op import registry

from .cases import CASES, find
from .evaluation import Minigen, Trial, evaluate


def test_every_op_has_a_case() -> None:
    compared = {id(find(case.op)) for case in CASES}
    public = {name: getattr(functional, name) for name in functional.__all__}
    functions = [*public.items(), *registry.items()]
    assert [name for name, function in functions if id(function) not in compared] == []


def test_every_rule_is_compared_at_both_orders() -> None:
    compared: defaultdict[str, set[str]] = defaultdict(set)
    for case in CASES:
        compared[case.op].update(evaluate(Minigen(0), case.function, Trial(case, 0)))
    with_rule = [name for name, op in registry.items() if op.rule is not None]
    wanted = {"gradient 0", "recorded gradient 0", "second gradient 0"}
    assert [name for name in with_rule if not wanted <= compared[name]] == []


def test_the_names_of_cases_differ() -> None:
    assert [name for name, n in Counter(case.name for case in CASES).items() if n > 1] == []
