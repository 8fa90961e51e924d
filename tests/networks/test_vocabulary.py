from __future__ import annotations

import pytest

from dreamer.networks.labels import normalized_name
from dreamer.networks.network import class_names
from dreamer.networks.vocabulary import GROUPS, classes_about

NETWORKS = ("pocket", "googlenet")


def plural(name: str) -> str:
    """As an English speaker writes it, for the endings that class names have."""
    if name.endswith(("s", "x", "z", "ch", "sh")):
        return f"{name}es"
    return f"{name[:-1]}ies" if name.endswith("y") and name[-2] not in "aeiou" else f"{name}s"


def about(word: str, network: str) -> set[str]:
    classes = class_names(network)
    return {classes[index] for index in classes_about(word, classes)}


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.slow
def test_no_word_shadows_the_classes_that_are_called_by_it(network: str) -> None:
    classes = class_names(network)
    called: dict[str, set[int]] = {}
    for index, name in enumerate(classes):
        last = normalized_name(name).split()[-1]
        for word in (name, last, plural(last)):
            called.setdefault(word, set()).add(index)
    for word, indices in called.items():
        assert indices <= set(classes_about(word, classes)), word


@pytest.mark.parametrize("word", ["fox", "foxes", "Fox"])
def test_foxes_are_foxes(word: str) -> None:
    assert {"red fox", "kit fox", "Arctic fox", "grey fox"} <= about(word, "googlenet")
    assert "beagle" not in about(word, "googlenet")


def test_puppies_are_dogs() -> None:
    assert about("pup", "pocket") == about("puppy", "pocket") == about("Puppies", "pocket") == about("dogs", "pocket")


def test_a_word_that_ends_in_s_is_not_taken_for_a_plural_where_a_class_has_it() -> None:
    assert {"minibus", "school bus"} <= about("bus", "googlenet") and "bullfrog" not in about("bus", "googlenet")


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.slow
def test_every_group_has_classes(network: str) -> None:
    assert all(about(group, network) for group in GROUPS)


def test_groups_know_the_classes_of_imagenet_too() -> None:
    classes = ["Siberian husky", "golden retriever", "tabby", "sports car", "hot dog bun"]
    assert classes_about("dogs", classes) == [0, 1]
    assert classes_about("cats", classes) == [2]
    assert classes_about("husky", classes) == [0]
