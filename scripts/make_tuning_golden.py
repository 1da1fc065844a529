"""Writes `tests/golden/tuning.json`: which value of a tuned setting is chosen for each fold, by exact fractions.

Needs Python's standard library alone. `tests/golden/README.md` describes what each name means.
"""

import json
import random
from fractions import Fraction
from pathlib import Path

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "golden" / "tuning.json"


def chosen(trials, number, fold):
    """The index of the value that is best on the other folds, or None.

    trials: rows (seed, fold, value, result), where the result is (correct, images), "failed" or None.
    """
    others = [row for row in trials if row[1] != fold]
    whole = {value for value in range(number) if not any(row[2] == value and row[3] == "failed" for row in others)}
    seeds = {row[0] for row in others}
    for seed, _, value, result in others:
        if value in whole and result is None:
            seeds.discard(seed)
    if not whole or not seeds:
        return None
    means = {}
    for value in whole:
        results = [row[3] for row in others if row[2] == value and row[0] in seeds]
        means[value] = sum(Fraction(*result) for result in results) / len(seeds)
    best = max(means.values())
    return min(value for value, mean in means.items() if mean == best)


def case(generator, folds, seeds, values, trouble, spread):
    """Trials of every value with every seed; `trouble` is the chance that one failed, and that one has no result."""
    trials = []
    for seed in range(1, seeds + 1):
        fold = (seed - 1) % folds + 1
        images = 8572 if fold <= 3 else 8571
        for value in range(values):
            luck = generator.random()
            result = [images - 100 + generator.randrange(spread), images]
            if luck < trouble:
                result = "failed"
            elif luck < 2 * trouble:
                result = None
            trials.append([seed, fold, value, result])
    of_folds = {fold: chosen(trials, values, fold) for fold in sorted({row[1] for row in trials})}
    return {"values": values, "trials": trials, "chosen": of_folds}


def main():
    generator = random.Random(1)
    cases = []
    for folds, seeds, values in [(2, 2, 2), (7, 3, 2), (7, 7, 4), (7, 14, 4), (7, 20, 3), (12, 12, 5)]:
        for trouble in [0.0, 0.05, 0.3]:
            # A narrow spread makes ties.
            for spread in [2, 5, 60]:
                cases.append(case(generator, folds, seeds, values, trouble, spread))
    lines = ",\n".join(json.dumps(case) for case in cases)
    GOLDEN.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
