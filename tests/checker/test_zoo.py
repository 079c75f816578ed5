"""The checker rejects every wrong rule of the zoo, and none of the library's."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from minigen.catalogue import CASES, Case
from minigen.checker import FailureKind
from minigen.engine.op import registry
from tests.checker.zoo import Specimen, find, zoo

SPECIMENS = zoo()
PAIRED = [
    specimen
    for specimen in SPECIMENS
    if specimen.right and specimen.expected not in {FailureKind.KINK, FailureKind.NOT_FINITE}
]


def _name(specimen: Specimen) -> str:
    return specimen.name


@pytest.mark.derivation("gradcheck.second_order")
@pytest.mark.parametrize("specimen", SPECIMENS, ids=_name)
def test_the_specimen_is_rejected_for_the_reason_stated(specimen: Specimen) -> None:
    report = specimen.check()
    assert not report
    assert specimen.expected in {failure.kind for failure in report.failures}
    assert specimen.diagnosis in " ".join(str(report).split())


@pytest.mark.derivation("gradcheck.directional")
@pytest.mark.parametrize("specimen", SPECIMENS, ids=_name)
def test_the_specimen_is_rejected_along_random_directions_too(specimen: Specimen) -> None:
    report = specimen.check(mode="directional")
    assert specimen.expected in {failure.kind for failure in report.failures}


@pytest.mark.derivation("gradcheck.second_order")
@pytest.mark.parametrize("specimen", SPECIMENS, ids=_name)
def test_a_specimen_of_second_order_is_right_at_first(specimen: Specimen) -> None:
    assert bool(specimen.check(order=1)) == (specimen.order == 2)


@pytest.mark.parametrize("specimen", PAIRED, ids=_name)
def test_the_library_passes_where_the_specimen_fails(specimen: Specimen) -> None:
    assert specimen.right is not None
    right = replace(specimen, function=specimen.right)
    right.check(order=2, mode="full").raise_if_failed()  # compares all, whatever the seed
    for seed in range(3):
        right.check(order=2, mode="directional", seed=seed).raise_if_failed()


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.mode == "full"],  # the catalogue's tests do so for the others
    ids=lambda case: f"{case.kind} {case.title}",
)
def test_the_library_passes_along_random_directions(case: Case) -> None:
    replace(case, mode="directional").check(order=2).raise_if_failed()


def test_the_zoo_is_as_large_as_promised() -> None:
    assert len(SPECIMENS) >= 130
    families = Counter(specimen.family for specimen in SPECIMENS)
    assert sum(families[name] for name in ("convolution", "pooling", "normalization")) >= 20
    assert len({specimen.name for specimen in SPECIMENS}) == len(SPECIMENS)
    accusing = set(FailureKind) - {FailureKind.LONG_STEP}  # which accuses no rule
    assert {specimen.expected for specimen in SPECIMENS} == accusing
    assert {specimen.order for specimen in SPECIMENS} == {1, 2}


def test_a_specimen_says_what_is_wrong_in_one_sentence() -> None:
    for specimen in SPECIMENS:
        assert specimen.description.endswith("."), specimen.name
        assert specimen.family, specimen.name
        assert specimen.source.__doc__, specimen.name


def test_wrong_rules_are_no_ops_of_the_library() -> None:
    assert not [name for name, known in registry.items() if "zoo" in known.forward.__module__]


def test_specimens_are_found_by_name() -> None:
    assert find("softmax_zero").family == "reduction"
    with pytest.raises(ValueError, match=r"'softmax_one'; there are: .*softmax_zero"):
        find("softmax_one")


@pytest.mark.derivation("gradcheck.random_cotangent")
@pytest.mark.parametrize("name", ["softmax_zero", "standardize_zero", "exp_without_cotangent"])
@pytest.mark.parametrize("mode", ["full", "directional"])
def test_a_cotangent_of_ones_is_a_trap(name: str, mode: str) -> None:
    specimen = find(name)
    assert specimen.check(mode=mode, cotangent="ones")
    assert not specimen.check(mode=mode, cotangent="random")


def test_a_check_that_proves_nothing_says_so() -> None:
    report = find("softmax_zero").check(cotangent="ones")
    assert "this comparison proves nothing" in " ".join(str(report).split())
