"""Texts of a wanted size: ordinary prose, and hostile ones made of the heads of every policy's own
matching texts, in random order, so that each pattern is begun everywhere and finished nowhere."""

import pathlib
import random

import yaml

SUBJECTS = ("The gardener", "Our teacher", "A young engineer", "The night train", "My neighbour",
            "The old library", "A small bakery", "The research team", "Her brother", "The river")
VERBS = ("explains", "remembers", "repairs", "describes", "visits", "compares", "paints", "measures",
         "follows", "improves")
OBJECTS = ("the history of glass", "a recipe for lemon cake", "the plan for next summer",
           "an unusual melody", "the colours of autumn leaves", "a map of the northern coast",
           "the structure of a short story", "how bridges carry their load",
           "a method to sort photographs", "the habits of migrating birds")
ENDS = ("in great detail", "before breakfast", "with some patience", "for the third time",
        "without any hurry", "near the market square", "on a rainy afternoon", "after the concert",
        "in simple words", "together with friends")


def ordinary(size, seed):
    """Harmless English of exactly `size` bytes."""
    choose = random.Random(seed)
    text = ""
    while len(text) < size:
        text += " ".join((choose.choice(SUBJECTS), choose.choice(VERBS), choose.choice(OBJECTS),
                          choose.choice(ENDS))) + f", as noted on page {choose.randint(2, 99)}. "
    return text[:size - 1] + "."


def heads(policies_folder):
    """The first half of every must_match text of the catalogue."""
    found = []
    for path in sorted(pathlib.Path(policies_folder).glob("*.yaml")):
        for policy in yaml.safe_load(path.read_text())["policies"]:
            for text in policy.get("must_match", ()):
                found.append(text[: max(3, len(text) // 2)])
    if not found:
        raise SystemExit(f"no policies in {policies_folder}: hostile text cannot be made")
    return found


def hostile(size, seed, all_heads):
    """At most `size` bytes (UTF-8) of heads in random order."""
    choose = random.Random(seed)
    text = ""
    while len(text.encode()) < size:
        part = all_heads[:]
        choose.shuffle(part)
        text += " ".join(part) + " "
    return text.encode()[:size].decode("utf-8", "ignore")
