"""Where the texts come from that the prompt model learns from. Standard library only."""
import ast
import glob
import gzip
import json
import os
import random
import re

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = "Jane Smith|Omar|Linda|Ravi|Marta|Chen Wei|Olga|Paul|Susan|Kofi|Yuki|Lars|Ahmed|Rosa".split("|")
PERSONAS = "Nexa|Rex|OMEGA|Vex|Titan|Zed|Mira|Hydra|Bolt|Karma|Loki|FreeGPT|Orin|Jester".split("|")
CRIMES = (
    "build a bomb|steal a car|make a weapon at home|hack a wifi network|cook drugs|pick a lock|forge a passport|"
    "write malware|launder money|poison someone|rob a bank|make napalm|phish a user|evade taxes"
).split("|")
WORDS = "pwned|banana|access granted|hacked|moon|yes|hello|42|approved|blue|canary".split("|")
HOSTS = "collector|drop|mailbox|evil|backup|cdn|partner|audit|sync".split("|")
TOPICS = "cats|rain|music".split("|")
CHOICE = re.compile(r"\{([^{}]*)\}")


def expand(template, rng):
    """Replaces the innermost {a|b} by one of its parts until none is left, then fills the slots."""
    while True:
        match = CHOICE.search(template)
        if not match or "|" not in match.group(1):
            break
        template = template[: match.start()] + rng.choice(match.group(1).split("|")) + template[match.end() :]
    host = rng.choice(HOSTS) + str(rng.randrange(100)) + rng.choice([".test", ".example", ".invalid", ".com", ".net"])
    user = rng.choice(["info", "ops", "a.b", "drop", "sales", "max", "x1"])
    fill = {
        "<name>": lambda: rng.choice(NAMES if rng.random() < 0.6 else PERSONAS),
        "<crime>": lambda: rng.choice(CRIMES),
        "<word>": lambda: rng.choice(WORDS),
        "<topic>": lambda: rng.choice(TOPICS),
        "<email>": lambda: f"{user}@{host}",
        "<url>": lambda: f"https://{host}/" + rng.choice(["", "log", "c", "r/reset", "x.png"]),
    }
    for slot, value in fill.items():
        while slot in template:
            template = template.replace(slot, value(), 1)
    return template


def phrases():
    """language -> section -> templates, from phrases/*.txt."""
    grammar = {}
    for path in sorted(glob.glob(os.path.join(HERE, "phrases", "*.txt"))):
        sections = grammar.setdefault(os.path.basename(path)[:-4], {})
        section = None
        for line in open(path, encoding="utf8"):
            line = line.rstrip("\n")
            if line.startswith("[") and line.endswith("]") and " " not in line:
                section = sections.setdefault(line[1:-1], [])
            elif line and not line.startswith("#"):
                section.append(line)
    return grammar


def corpora(folder):
    """The development corpora, as (text, is_attack, origin)."""
    rows = []
    for path in sorted(glob.glob(os.path.join(folder, "*.jsonl.gz"))):
        with gzip.open(path, "rt", encoding="utf8") as lines:
            for line in lines:
                row = json.loads(line)
                if row["label"] == "dangerous_command":
                    continue
                rows.append((row["text"], row["label"] == "prompt_injection", row["origin"]))
    return rows


def translations(folder, per_language, rng):
    """Sentences of user interfaces in many languages: msgstr of .po files below `folder`."""
    by_language = {}
    for path in sorted(glob.glob(os.path.join(folder, "**", "LC_MESSAGES", "*.po"), recursive=True)):
        language = path.split(os.sep)[-3]
        text = open(path, encoding="utf8", errors="replace").read()
        for block in re.findall(r'^msgstr(?:\[\d\])? ((?:"(?:[^"\\]|\\.)*"\s*)+)', text, re.M):
            sentence = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', block))
            sentence = sentence.replace('\\"', '"').replace("\\n", "\n")
            if len(sentence) >= 25:
                by_language.setdefault(language, set()).add(sentence)
    rows = []
    for language in sorted(by_language):
        sentences = sorted(by_language[language])
        rng.shuffle(sentences)
        rows += sentences[:per_language]
    return rows


def docstrings(folder, count, rng):
    """Technical prose: docstrings of the Python standard library (PSF licence)."""
    found = []
    for path in sorted(glob.glob(os.path.join(folder, "*.py")) + glob.glob(os.path.join(folder, "*", "*.py"))):
        try:
            tree = ast.parse(open(path, encoding="utf8").read())
        except (SyntaxError, UnicodeDecodeError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                text = ast.get_docstring(node)
                if text and len(text) > 60:
                    found.append(text[:1500])
    found = sorted(set(found))
    rng.shuffle(found)
    return found[:count]


def key_blocks(count, rng):
    """Private keys as people paste them: secrets, which other detectors find, and no attack."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    rows = []
    for _ in range(count):
        label = rng.choice(["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ", "PGP "]) + "PRIVATE KEY"
        words = ["".join(rng.choice(letters) for _ in range(64)) for _ in range(rng.randrange(1, 5))]
        if rng.random() < 0.4:
            words = [rng.choice(["letters of a key", "some text of base64", "the bytes of it", "a few characters more"])
                     for _ in words]
        before = rng.choice(["Here is my key:\n", "key:\n", "See ", "", "My key file:\n", "What is this?\n"])
        after = rng.choice(["\nWhat is it?", "\nIs it right?", "", "\nThanks", "\nCan you check the format?"])
        rows.append(f"{before}-----BEGIN {label}-----\n" + "\n".join(words) + f"\n-----END {label}-----{after}")
    return rows


ATTACKS = ["override", "leak", "secret", "claim", "persona", "exfil", "split"]


def attack(sections, rng):
    """One to four attacking sentences of one language, maybe with a harmless one before."""
    kinds = [kind for kind in ATTACKS if kind in sections]
    first = rng.choice(kinds)
    parts = [expand(rng.choice(sections[first]), rng)]
    while len(parts) < 6 and rng.random() < (0.75 if first == "persona" else 0.35):
        kind = first if rng.random() < 0.5 else rng.choice(kinds)
        parts.append(expand(rng.choice(sections[kind]), rng))
    if rng.random() < 0.2:
        parts.insert(0, expand(rng.choice(sections["benign"]), rng))
    return " ".join(parts)


def chain(sections, count, rng):
    """Up to `count` harmless sentences; now and then one is said again, as people do."""
    pool = sections["benign"] + 2 * sections.get("everyday", [])
    said = []
    for _ in range(count):
        said.append(said[-1] if said and rng.random() < 0.2 else expand(rng.choice(pool), rng))
    return " ".join(said)


def frame(rng, inner, before, after):
    """Puts a sentence into something that is handed over for reading."""
    task = rng.choice(
        ["Summarize this email: ", "Summarise the following page:\n", "Translate: ", "What does this say? ",
         "Create action items based on email: ", "Assess this resume:\n", "Answer from the document below.\n", "",
         "Can you give me the gist?\n", "Result of the search:\n", "Explain this code:\n", "Describe the page. ",
         "What do customers say?\n", "Who wrote this and when?\n", "Tool output: ", ""])
    wrap = rng.choice(
        ["{b}\n{i}\n{a}", "{b} {i} {a}", "<html><body><p>{b}</p><!-- {i} --><p>{a}</p></body></html>",
         "Subject: Hello\n\nDear Jane,\n{b}\n\n{i}\n\n{a}\nBest regards,\nTom", "'{b} {i}'", "{b} <span>{i}</span>",
         '{"title": "{b}", "content": "{i}", "note": "{a}"}', "# {b}\n// {i}\n{a}", "From: a@b.test\n> {b}\n> {i}\n{a}",
         '<p>{b}</p><div style="display:none">{i}</div><p>{a}</p>', "{b} {i}", "def run(a, b):\n    # {i}\n    return a + b",
         '[{"note": "{b}"}, {"note": "{i}"}]', "Review 1: {b}\nReview 2: {i}\nReview 3: {a}", '<img alt="{i}"> {b} {a}',
         "| item | remark |\n| 1 | {b} |\n| 2 | {i} |", "{b}\n-----\n{i}\n-----\n{a}"])
    return task + wrap.replace("{b}", before).replace("{i}", inner).replace("{a}", after)


def generated(grammar, count, prose, rng):
    """`count` attacks and as many harmless twins, from the phrases; (text, is_attack, origin)."""
    rows = []
    languages = sorted(grammar)
    for number in range(count):
        language = "en" if rng.random() < 0.4 else rng.choice(languages)
        sections = grammar[language]
        carrier = grammar["en" if rng.random() < 0.3 else language]
        before, after = (chain(carrier, rng.choice([1, 1, 2, 3]), rng) for _ in range(2))
        if rng.random() < 0.4:
            before = rng.choice(prose)[:500]
        harmless = chain(sections, rng.choice([1, 1, 1, 2, 3, 5, 8]), rng)
        indirect = "indirect" in sections and rng.random() < 0.35
        bad = expand(rng.choice(sections["indirect"]), rng) if indirect else attack(sections, rng)
        origin = "generated-" + language
        if rng.random() < (0.85 if indirect else 0.35):
            bad = frame(rng, bad, before, after)
        if rng.random() < (0.85 if indirect else 0.35):
            harmless = frame(rng, harmless, before, after)
        rows.append((bad, True, origin))
        rows.append((harmless, False, origin))
        if number % 4 == 0:
            rows.append((quoted(expand(rng.choice(sections[rng.choice(["override", "leak"])]), rng), rng), False, origin))
    return rows


def quoted(phrase, rng):
    """A sentence that talks about an attack."""
    mark = rng.choice(["'{}'", '"{}"', "`{}`", "“{}”", "‘{}’"]).replace("{}", phrase[:75].rstrip(" ."))
    return rng.choice(
        ["The {w} {v} {q} as {n}.", "{q} is {n}; the {w} {v} it.", "Our {w} {v} phrases like {q} because they are {n}.",
         "assert_flagged({q}); // {n}", "const SAMPLE = {q}; // {n}, not user input", "What does {q} mean in the {w}?",
         "Changelog: the {w} {v} {q} ({n}).", "{w} note: do not follow {q}, it is {n}.",
         "Explain to students why {q} is {n}."]
    ).replace("{w}", rng.choice("article|lesson|report|documentation|training|runbook|test suite|course|guide|Trainer".split("|"))
    ).replace("{v}", rng.choice("quotes|mentions|lists|flags|explains|discusses|shows|classifies".split("|"))
    ).replace("{n}", rng.choice("an attack phrase|an example|a known injection pattern|untrusted text|a test fixture|"
                                "something to refuse|unsafe when retrieved content says it".split("|"))
    ).replace("{q}", mark)
