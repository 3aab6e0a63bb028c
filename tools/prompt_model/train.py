#!/usr/bin/env python3
"""Trains the linear model of src/policy/prompt and writes weights.bin. See README.md beside it."""
import argparse
import random
import struct
import subprocess

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

import sources

BUCKETS = 1 << 17
WINDOWS = (48, 16)  # tokens, half of them apart; as kWindowTokens of model.h
ROUNDS = 2
GATE, NO_GATE, GATE_SCALE, GATE_LEAST = 1 << 14, 0xFFFFFFFF, 16, 10
SEED = 20260401
FALSE_POSITIVES_MAX = 0.01  # of harmless texts of the corpora


def features(dump, texts):
    """For each text the list of its tokens' feature arrays, by the program that shares the C++ code."""
    payload = b"".join(struct.pack("<I", len(raw)) + raw for raw in (t.encode("utf8", "replace") for t in texts))
    out = np.frombuffer(subprocess.run([dump], input=payload, capture_output=True, check=True).stdout, dtype="<u4")
    at, result = 0, []
    for _ in texts:
        tokens, at = out[at], at + 1
        starts, flat, gates = [0], [], []
        for _ in range(tokens):
            gates.append(out[at])
            count = out[at + 1]
            flat.append(out[at + 2 : at + 2 + count])
            at += 2 + count
            starts.append(starts[-1] + count)
        flat = np.concatenate(flat) if flat else np.zeros(0, dtype=np.uint32)
        result.append((np.array(starts, dtype=np.int64), flat, np.array(gates, dtype=np.uint32)))
    return result


def windows(text):
    """(first, last) tokens of the windows that are scored, as in model.cpp."""
    tokens, spans = len(text[0]) - 1, []
    for size in WINDOWS:
        first = 0
        while True:
            last = min(tokens, first + size)
            spans.append((first, last))
            if last == tokens:
                break
            first += size // 2
        if tokens <= WINDOWS[-1]:
            break
    return spans


def scale(tokens):
    return 1.0 / np.sqrt(tokens + 4.0)


def matrix(parts):
    """Rows of (text, first, last)."""
    indptr, indices, values = [0], [], []
    for (starts, flat, _), first, last in parts:
        chunk = flat[starts[first] : starts[last]]
        indices.append(chunk)
        values.append(np.full(len(chunk), scale(last - first), dtype=np.float32))
        indptr.append(indptr[-1] + len(chunk))
    return sparse.csr_matrix((np.concatenate(values), np.concatenate(indices), indptr), shape=(len(parts), BUCKETS))


def scores(text, weights, bias):
    """Score of every window of one text."""
    starts, flat, _ = text
    total = np.concatenate([[0.0], np.cumsum(weights[flat])])
    return [bias + scale(b - a) * (total[starts[b]] - total[starts[a]]) for a, b in windows(text)]


def fit(texts, labels, text_weights, strength):
    """Learns from windows: all of harmless texts; of attacks those that the round before found."""
    model = None
    for step in range(ROUNDS):
        parts, y, sample = [], [], []
        for text, label, weight in zip(texts, labels, text_weights):
            spans = windows(text)
            if label and model is not None and len(spans) > 1:
                value = scores(text, *model)
                order = np.argsort(value)[::-1]
                spans = [spans[i] for rank, i in enumerate(order) if rank < 2 or (rank < 8 and value[i] > 0)]
            share = weight / len(spans) ** 0.5
            for first, last in spans:
                parts.append((text, first, last))
                y.append(label)
                sample.append(share)
        x = matrix(parts)
        learner = LogisticRegression(C=strength, solver="liblinear", max_iter=200, random_state=SEED)
        learner.fit(x, np.array(y), sample_weight=np.array(sample))
        model = (learner.coef_[0].astype(np.float64), float(learner.intercept_[0]))
    return model


def best(text, model):
    return max(scores(text, *model))


def quantize(model):
    """Rounds to what weights.bin holds: one signed byte a bucket."""
    weights, bias = model
    step = np.abs(weights).max() / 127.0
    return np.rint(weights / step).astype(np.int8), float(step), bias


def gate(rows, texts, labels, model, threshold, needed):
    """Weights, zero or more, of the beginnings of words that open the gate for long texts; prints for
    how many windows a sum of `needed` opens it. The gate tells attacks from the prose of others; our own
    harmless twins use the words of attacks, and are left to the model."""
    windowed, y, origin = [], [], []
    for number, (text, label) in enumerate(zip(texts, labels)):
        if not label and rows[number][2].startswith("generated"):
            continue
        for (first, last), score in zip(windows(text), scores(text, *model)):
            if (label and score > threshold) or (not label and score < 0):
                buckets = text[2][first:last]
                windowed.append(buckets[buckets != NO_GATE])
                y.append(int(label))
                origin.append(number)
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in windowed])])
    x = sparse.csr_matrix((np.ones(indptr[-1]), np.concatenate(windowed), indptr), shape=(len(windowed), GATE))
    y = np.array(y)
    learner = LogisticRegression(C=1.0, solver="liblinear", max_iter=100, random_state=SEED).fit(x, y)
    packed = np.clip(np.rint(learner.coef_[0] * GATE_SCALE), 0, 255).astype(np.uint8)
    packed[packed < GATE_LEAST] = 0  # many words of little weight are a long text, not an attack
    sums = x @ packed.astype(np.float64)
    long = np.array([len(texts[number][0]) > 4 * WINDOWS[0] for number in origin])
    print(f"gate: from {needed} on, opens for {np.mean(sums[y == 1] >= needed):.4f} of the windows that score, "
          f"{np.mean(sums[(y == 1) & long] >= needed):.4f} in long texts, {np.mean(sums[y == 0] >= needed):.4f} of others, "
          f"{np.mean(sums[(y == 0) & long] >= needed):.4f} in long texts", flush=True)
    return packed.tobytes()


def vocabulary(rows, grammar_words, count):
    """The commonest English words of the texts, commonest first: with these, letters without spaces
    are parted into words again."""
    counts = {}
    for text, _, origin in rows:
        if origin.startswith("generated-") and origin != "generated-en":
            continue
        if origin == "translations" or origin.startswith("sqli"):
            continue
        for word in set(sources.re.findall(r"[a-z]{2,16}", text.lower())):
            counts[word] = counts.get(word, 0) + 1
    ranked = sorted(counts, key=lambda w: (-counts[w], w))
    common = [w for w in ranked if len(w) > 2 or w in grammar_words][:count]
    return common + sorted(w for w in grammar_words if w not in set(common) and 2 < len(w) <= 16)


def gather(args, rng):
    """All rows (text, is_attack, origin), the same for the same inputs."""
    grammar = sources.phrases()
    translated = sources.translations(args.translations, 80, rng)
    prose = sources.docstrings(args.docs, 4000, rng)
    rows = sources.corpora(args.corpora)
    quotes = [row for row in rows if row[2] == "sqli-libinjection"]
    rng.shuffle(quotes)
    rows = [row for row in rows if row[2] != "sqli-libinjection"]
    rows += [(text, False, origin) for text, _, origin in quotes[:1200]]
    rows += [(text, False, "translations") for text in translated]
    rows += [(text, False, "docstrings") for text in prose + sources.key_blocks(300, rng)]
    rows += sources.generated(grammar, 12000, prose + translated, rng)
    english = " ".join(" ".join(part) for part in grammar["en"].values()).lower()
    return rows, set(sources.re.findall(r"[a-z]+", english))


def weights_of(rows):
    """What a text counts: attacks that people wrote most, sentences of other sources least."""
    result = []
    for _, label, origin in rows:
        own = origin.startswith("generated") or origin in ("translations", "docstrings", "sqli-libinjection")
        result.append(1.0 if origin.startswith(("generated", "docstrings")) or own and label else 0.5 if own else 2.0)
    return np.array(result)


def scored(rows, texts, labels, weight, strength, train, test):
    """(score, is attack, origin) of every text of `test`, by a model that learned from `train` only."""
    packed, step, bias = quantize(fit([texts[i] for i in train], labels[train], weight[train], strength))
    return [(best(texts[i], (packed * step, bias)), bool(labels[i]), rows[i][2]) for i in test]


def measured(results, threshold):
    """F1 and share of false positives over the texts of the corpora; generated texts do not count."""
    told = [(score > threshold, attack) for score, attack, origin in results
            if not origin.startswith("generated") and origin not in ("translations", "docstrings", "sqli-libinjection")]
    hits = sum(found for found, attack in told if attack)
    false = sum(found for found, attack in told if not attack)
    attacks = sum(attack for _, attack in told)
    return 2 * hits / max(1, attacks + hits + false), false / max(1, len(told) - attacks)


def evaluate(rows, texts, labels, weight, strength, shipped):
    """Three folds. Two of them choose the threshold, each judged by a model of the other; the third,
    which neither learning nor choosing has seen, says what it is worth."""
    fold = np.random.RandomState(SEED).randint(0, 3, len(rows))
    one, two, held = (np.where(fold == n)[0] for n in (1, 2, 0))
    inner = scored(rows, texts, labels, weight, strength, one, two) + scored(rows, texts, labels, weight, strength, two, one)
    choices = [(threshold, *measured(inner, threshold)) for threshold in np.arange(0.0, 3.01, 0.25)]
    allowed = [choice for choice in choices if choice[2] <= FALSE_POSITIVES_MAX] or choices[-1:]
    threshold = max(allowed, key=lambda choice: choice[1])[0]
    outer = scored(rows, texts, labels, weight, strength, np.concatenate([one, two]), held)
    f1, false = measured(outer, threshold)
    print(f"threshold {threshold:.2f} from two folds; on the third F1 {f1:.3f}, false positives {false:.4f}", flush=True)
    print("at {:.2f}, which is shipped: F1 {:.3f}, false positives {:.4f}".format(shipped, *measured(outer, shipped)))
    groups = {}
    for score, attack, origin in outer:
        name = "generated" if origin.startswith("generated") else origin
        groups.setdefault(("+ " if attack else "- ") + name, []).append(score > shipped)
    for name, found in sorted(groups.items()):
        print(f"  {name}: {np.mean(found):.3f} of {len(found)}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", required=True, help="folder of *.jsonl.gz")
    parser.add_argument("--translations", required=True, help="folder with LC_MESSAGES/*.po below it")
    parser.add_argument("--docs", required=True, help="lib folder of a Python installation")
    parser.add_argument("--dump", required=True, help="the program built from dump_features.cpp")
    parser.add_argument("--out", help="where to write weights.bin")
    parser.add_argument("--evaluate", action="store_true")
    parser.add_argument("--strength", type=float, default=4.0, help="inverse of the regularization")
    parser.add_argument("--threshold", type=float, default=1.35)
    parser.add_argument("--gate", type=int, default=280, help="weight of words that opens the gate for long texts")
    args = parser.parse_args()
    rows, grammar_words = gather(args, random.Random(SEED))
    texts = features(args.dump, [row[0] for row in rows])
    labels = np.array([int(row[1]) for row in rows])
    weight = weights_of(rows)
    print(len(rows), "texts", int(labels.sum()), "attacks", flush=True)
    if args.evaluate:
        evaluate(rows, texts, labels, weight, args.strength, args.threshold)
    if args.out:
        packed, step, bias = quantize(fit(texts, labels, weight, args.strength))
        opening = gate(rows, texts, labels, (packed * step, bias), args.threshold, args.gate)
        words = "\n".join(vocabulary(rows, grammar_words, 3500)).encode()
        with open(args.out, "wb") as out:
            out.write(b"AXPROMPT" + struct.pack("<fffII", step, bias, args.threshold, args.gate, len(words)))
            out.write(packed.tobytes() + opening + words)
        print("wrote", args.out, "step", step, "bias", bias)


if __name__ == "__main__":
    main()
