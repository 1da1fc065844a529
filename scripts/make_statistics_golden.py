"""Writes `statistics.json` and `verdict.json` in `tests/golden/`: SciPy's, statsmodels' and scikit-learn's values for the
statistics in `src/statistics/`.

`tests/golden/README.md` describes how to run this and what each name means.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
import statsmodels
import verdict_golden
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

SAMPLES = [
    [0.9909, 0.9910, 0.9908],  # test accuracies of 128 units, seeds 1 to 3
    [0.9361, 0.9216, 0.9345],
    [0.5, 0.75],
    [1e-9, 2e-9, 4e-9, 8e-9],
    [-3.0, 1e6, 12.5, 0.0, 7.25],
]
PAIRS = [
    ([0.9893, 0.9893, 0.9906], [0.9909, 0.9910, 0.9908]),
    ([0.9361, 0.9216, 0.9345], [0.9748, 0.9717, 0.9741]),
    ([0.5, 0.75], [0.75, 0.625]),
    ([0.99, 0.98, 0.97, 0.96], [0.96, 0.97, 0.98, 0.99]),
    # Differences of nearly equal size: a p of 1e-9 and less.
    ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0.6, 0.7001, 0.8, 0.8999, 1.0, 1.1]),
]
P_VALUES = [
    [0.01, 0.04, 0.03, 0.005],
    [0.02, 0.02, 0.02],
    [0.5, 0.9, 0.7],
    [0.3],
    [0.0, 1.0, 1e-12, 0.049],
]
DISCORDANT = [(0, 0), (0, 1), (1, 0), (0, 6), (5, 5), (3, 11), (11, 3), (60, 92), (0, 40), (900, 1000), (5000, 5400)]


def interval(values: list[float]) -> dict:
    """Mean, sample deviation, standard error and 95 % t interval."""
    mean, error = np.mean(values), stats.sem(values)
    low, high = stats.t.interval(0.95, len(values) - 1, loc=mean, scale=error)
    return {
        "values": values,
        "mean": float(mean),
        "deviation": float(np.std(values, ddof=1)),
        "standard_error": float(error),
        "low": float(low),
        "high": float(high),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--output",
        type=Path,
        help="the folder to write into",
        default=Path(__file__).resolve().parents[1] / "tests" / "golden",
    )
    output = parser.parse_args().output
    generator = np.random.default_rng(1)
    drawn = [generator.normal(0.98, 0.002, size).tolist() for size in (2, 3, 5, 10, 30, 200)]
    pairs = PAIRS + [(first, generator.normal(0.981, 0.002, len(first)).tolist()) for first in drawn]
    p_values = P_VALUES + [(generator.random(size) ** 3).tolist() for size in (2, 7, 40)]
    made_with = f"scipy {scipy.__version__}, statsmodels {statsmodels.__version__}"
    golden = {
        "made_with": made_with,
        "mean_intervals": [interval(values) for values in SAMPLES + drawn],
        "paired": [
            {"first": first, "second": second, "p": float(stats.ttest_rel(second, first).pvalue)}
            for first, second in pairs
        ],
        "holm": [
            {"p": values, "corrected": multipletests(values, method="holm")[1].tolist()} for values in p_values
        ],
        "mcnemar": [
            {
                "only_first": first,
                "only_second": second,
                "p": float(mcnemar([[7, first], [second, 7]], exact=True).pvalue),
            }
            for first, second in DISCORDANT
        ],
    }
    (output / "statistics.json").write_text(json.dumps(golden, indent=1) + "\n")
    verdict = {"made_with": f"{made_with}, scikit-learn {sklearn.__version__}", **verdict_golden.golden()}
    (output / "verdict.json").write_text(json.dumps(verdict, indent=1) + "\n")


if __name__ == "__main__":
    main()
