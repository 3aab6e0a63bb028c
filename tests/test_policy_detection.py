"""What the built-in policies find over the wire, in texts that stand in detection_texts.txt and, for
prompts, in the texts of the detector's own test."""

import pathlib
import re

import pytest

HERE = pathlib.Path(__file__).resolve().parent
PROMPTS = HERE.parent / "src/policy/prompt/testdata/handed_over.txt"
FAMILY = {"sqli": r"sqli", "command": r"dangerous_(?!injection)|command", "prompt": r"prompt|injection_(?!sql)"}
# Of 100 texts: found at least, reported at most. Texts on prompts are the hard ones.
FOUND_MIN = {"sqli": 100, "command": 100, "prompt": 90}
REPORTED_MAX = {"sqli": 0, "command": 0, "prompt": 5}


def texts(family):
    """(attack, text) of one family."""
    section = "prompt" if family == "prompt" else None
    rows = []
    for line in (PROMPTS if family == "prompt" else HERE / "detection_texts.txt").read_text("utf8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif section == family and line[:2] in ("+ ", "- "):
            rows.append((line[0] == "+", line[2:].replace("\\n", "\n")))
    return rows


@pytest.mark.parametrize("family", FAMILY)
def test_a_family_is_found_and_everyday_texts_are_left_alone(community, family):
    attacks = harmless = 0
    missed, reported = [], []
    for attack, text in texts(family):
        named = community.pre_check(text)["policies"]
        hit = any(re.search(FAMILY[family], policy) for policy in named)
        attacks += attack
        harmless += not attack
        if attack and not hit:
            missed.append(text)
        if hit and not attack:
            reported.append((text, named))
    assert attacks >= 20 and harmless >= 10
    print(f"{family}: found {attacks - len(missed)} of {attacks}, reported {len(reported)} of {harmless} harmless")
    assert (attacks - len(missed)) * 100 >= FOUND_MIN[family] * attacks, missed
    assert len(reported) * 100 <= REPORTED_MAX[family] * harmless, reported
