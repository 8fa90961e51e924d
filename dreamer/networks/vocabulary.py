"""Everyday words for groups of classes, so that kernels can be asked for by what they are about.

The members are the shipped networks' class names, and words that are part of ImageNet's. A word that is not here is
looked for in the class names themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

from dreamer.networks.labels import normalized_name


def _words(text: str) -> list[str]:
    return text.split()


_DOGS = _words("""american_bulldog australian_terrier beagle border_terrier dalmatian dingo dog english_foxhound
english_springer golden_retriever old_english_sheepdog rhodesian_ridgeback samoyed shih-tzu terrier
retriever spaniel hound poodle corgi husky collie setter mastiff""")
_CATS = _words("abyssinian_cat bengal_cat cat wild_cat cougar_face cougar_body leopards lion tabby tiger lynx cheetah")
_MONKEYS = _words("""ape bald_uakari black_headed_night_monkey common_squirrel_monkey japanese_macaque
mantled_howler_monkey nilgiri_langur patas_monkey pygmy_marmoset silvery_marmoset white_headed_capuchin
monkey gorilla baboon""")
_BIRDS = _words("chicken duck eagle emu flamingo flamingo_head ibis pigeon rooster turkey hen finch owl parrot macaw")
_FISH = _words("fish tench bass shark sea_horse goldfish ray eel")
_REPTILES = _words("crocodile crocodile_head snake hawksbill lizard turtle iguana brontosaurus stegosaurus")
_INSECTS = _words("ant butterfly dragonfly mayfly tick spider scorpion bee beetle cricket mantis moth")
_HOOFED = _words("bison cow deer gerenuk horse llama okapi pig rhino elephant zebra gazelle ox ram")
_FLOWERS = _words("daisy dandelion lotus rose sunflower tulip water_lilly orchid")
_BUILDINGS = _words("church minaret pagoda pyramid buddha palace mosque monastery castle dome")
_WHEELS = _words("car_side motorbikes garbage_truck wheelchair inline_skate car truck bicycle wagon bus")
_SHIPS = _words("ferry ketch schooner boat ship yawl canoe")
_STRINGS = _words("electric_guitar grand_piano mandolin guitar violin cello harp banjo")
_BRASS = _words("euphonium french_horn saxophone gramophone trombone cornet sax")

GROUPS: dict[str, list[str]] = {
    "dog": _DOGS,
    "cat": _CATS,
    "monkey": _MONKEYS,
    "bird": _BIRDS,
    "fish": _FISH,
    "reptile": _REPTILES,
    "insect": _INSECTS,
    "flower": _FLOWERS,
    "building": _BUILDINGS,
    "vehicle": [*_WHEELS, "airplanes", "helicopter", *_SHIPS],
    "ship": _SHIPS,
    "instrument": [*_STRINGS, *_BRASS, "accordion"],
    "animal": [*_DOGS, *_CATS, *_MONKEYS, *_BIRDS, *_HOOFED, "bear", "beaver", "kangaroo", "panda", "rabbit", "wolf"],
    # What classes share: a kernel that answers to all of them tends to be about this part.
    "eye": [*_DOGS, *_CATS, *_MONKEYS],
    "face": [*_DOGS, *_CATS, *_MONKEYS, "panda", "llama", "buddha"],
    "snout": [*_DOGS, "wolf", "bear", "pig"],
    "fur": [*_DOGS, *_CATS, *_MONKEYS, "bear", "beaver", "wolf", "rabbit", "bison", "panda"],
    "feather": _BIRDS,
    "scale": [*_FISH, *_REPTILES],
    "leg": [*_INSECTS, "crab", "crayfish", "lobster"],
    "wing": ["butterfly", "dragonfly", "eagle", "airplanes", "mayfly", "ibis"],
    "petal": _FLOWERS,
    "leaf": ["bonsai", "joshua_tree", "lotus", "water_lilly", "strawberry"],
    "arch": [*_BUILDINGS, "menorah", "chandelier"],
    "tower": ["church", "minaret", "pagoda"],
    "wheel": _WHEELS,
    "string": _STRINGS,
    "horn": [*_BRASS, "gerenuk", "bison"],
    "spiral": ["nautilus", "snake", "french_horn", "yin_yang"],
    "spot": ["dalmatian", "leopards", "bengal_cat", "crab"],
    "disc": ["watch", "stop_sign", "pizza", "yin_yang", "soccer_ball", "golf_ball"],
}
_SYNONYMS = {"pup": "dog", "puppy": "dog"}


def word_forms(word: str) -> list[str]:
    """The word in lower case, then what it may be the plural of, and what those are synonyms for.

    "Dogs" is "dogs" or "dog"; "foxes" may also be "foxe" or "fox", and "puppies" is "dog" at last.
    """
    word = normalized_name(word)
    forms = [word]
    if word.endswith("s") and not word.endswith("ss"):
        forms.append(word[:-1])
    if word.endswith(("ses", "xes", "zes", "ches", "shes")):
        forms.append(word[:-2])
    if word.endswith("ies"):
        forms.append(f"{word[:-3]}y")
    if word.endswith("ves"):
        forms.append(f"{word[:-3]}f")
    return forms + [_SYNONYMS[form] for form in forms if form in _SYNONYMS]


def classes_about(word: str, classes: Sequence[str]) -> list[int]:
    """Indices of the classes that a word stands for: a group's members, or the classes whose names contain it.

    A group also has the classes that are called by its own word: "wheel" includes "potter's wheel".
    """
    forms = word_forms(word)
    names = [normalized_name(name) for name in classes]
    for group in forms:
        if group in GROUPS:
            members = {group, *map(normalized_name, GROUPS[group])}
            return [index for index, name in enumerate(names) if members.intersection((name, *name.split()[-1:]))]
    # "bus" is a word of a name and "bu" is not; "bars" and "bar" both are.
    text = f" {' / '.join(names)} "
    whole = [form for form in forms if f" {form} " in text]
    chosen = whole or [form for form in forms if form and form in text][:1]
    return [index for index, name in enumerate(names) if any(form in name for form in chosen)]
