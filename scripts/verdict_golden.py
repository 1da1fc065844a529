"""Values for the verdict in `src/statistics/verdict/`: scikit-learn's, statsmodels' and SciPy's, and formulas in NumPy.

`make_statistics_golden.py` writes them; `tests/golden/README.md` says what each name means.
"""

import numpy as np
import pandas
from scipy import stats
from sklearn.datasets import load_digits, make_moons
from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint

UNITS = [4, 8, 16, 32, 64, 128]
FOLDS = 12
MARGIN = 0.02


def corrected_std(differences: np.ndarray, n_train: int, n_test: int) -> float:
    """As in scikit-learn's example 'Statistical comparison of models using grid search'."""
    corrected = np.var(differences, ddof=1) * (1 / len(differences) + n_test / n_train)
    return np.sqrt(corrected)


def grid_search() -> dict:
    """That example: scores of four models on 100 resamples, and its corrected t test of each pair."""
    x, y = make_moons(noise=0.352, random_state=1, n_samples=100)
    grid = [{"kernel": ["linear"]}, {"kernel": ["poly"], "degree": [2, 3]}, {"kernel": ["rbf"]}]
    cv = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    search = GridSearchCV(estimator=SVC(random_state=0), param_grid=grid, scoring="roc_auc", cv=cv).fit(x, y)
    splits = [search.cv_results_[f"split{split}_test_score"] for split in range(100)]
    scores = np.array(splits).T
    n_train, n_test = (len(part) for part in next(iter(cv.split(x, y))))
    pairs = []
    for first in range(4):
        for second in range(first + 1, 4):
            differences = scores[first] - scores[second]
            error = corrected_std(differences, n_train, n_test)
            t = np.mean(differences) / error
            pair = {"first": first, "second": second, "t": t, "p": stats.t.sf(abs(t), 99), "error": error}
            pairs.append(pair)
    parameters = [str(parameters) for parameters in search.cv_results_["params"]]
    return {
        "models": parameters,
        "n_train": n_train,
        "n_test": n_test,
        "scores": scores.tolist(),
        "pairs": [{key: float(value) if key in "tperror" else value for key, value in p.items()} for p in pairs],
    }


def crossed(generator: np.random.Generator, seeds: int, images: int, spread: float) -> dict:
    """Answers with a seed's and an image's share; statsmodels' mean squares."""
    logits = 1 + spread * generator.normal(size=(seeds, 1)) + 2 * generator.normal(size=(1, images))
    answers = (generator.random((seeds, images)) < 1 / (1 + np.exp(-logits))).astype(int)
    table = pandas.DataFrame(
        {
            "correct": answers.ravel(),
            "seed": np.repeat(np.arange(seeds), images),
            "image": np.tile(np.arange(images), seeds),
        }
    )
    squares = anova_lm(ols("correct ~ C(seed) + C(image)", data=table).fit())
    of_seeds, of_images, of_rest = (float(value) for value in squares["mean_sq"])
    seeds_at_least, images_at_least = max(of_seeds, of_rest), max(of_images, of_rest)
    total = seeds_at_least + images_at_least - of_rest
    parts = [(seeds_at_least, seeds - 1), (images_at_least, images - 1), (of_rest, (seeds - 1) * (images - 1))]
    degrees = total**2 / sum(part**2 / df for part, df in parts)
    degrees = float(np.clip(degrees, min(seeds, images) - 1, (seeds - 1) * (images - 1)))
    mean, error = answers.mean(), np.sqrt(total / answers.size)
    low, high = logit_interval(mean, error, stats.t.isf(0.025, degrees))
    return {
        "answers": ["".join(map(str, row)) for row in answers],
        "of_seeds": of_seeds,
        "of_images": of_images,
        "of_rest": of_rest,
        "variance": float(total / answers.size),
        "degrees": degrees,
        "low": low,
        "high": high,
    }


def logit_interval(mean: float, error: float, quantile: float) -> tuple[float, float]:
    centre, half = np.log(mean / (1 - mean)), quantile * error / (mean * (1 - mean))
    return tuple(float(1 / (1 + np.exp(-value))) for value in (centre - half, centre + half))


def digits() -> list[dict]:
    """Networks with one hidden layer on scikit-learn's 1,797 digits of 8 x 8 pixels, each seed with one fold held out."""
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(1).permutation(len(y))
    folds = np.array_split(order, FOLDS)
    settings = []
    for units in UNITS:
        trials = []
        for fold, held_out in enumerate(folds):
            training = np.setdiff1d(order, held_out)
            network = MLPClassifier((units,), solver="lbfgs", max_iter=60, random_state=fold + 1)
            model = make_pipeline(MinMaxScaler(), network).fit(x[training], y[training])
            correct = (model.predict(x[held_out]) == y[held_out]).astype(int)
            trials.append("".join(map(str, correct)))
        settings.append({"units": units, "parameters": 64 * units + units + 10 * (units + 1), "held_out": trials})
    return settings


def one_pair(first: list[np.ndarray], second: list[np.ndarray], total: int) -> tuple[float, float]:
    """Mean and standard error of the difference of accuracies over the folds, by the formulas of docs/statistics.md."""
    differences = np.array([b.mean() - a.mean() for a, b in zip(first, second)])
    sizes = np.array([len(a) for a in first])
    only_first = sum(int(((a == 1) & (b == 0)).sum()) for a, b in zip(first, second))
    only_second = sum(int(((a == 0) & (b == 1)).sum()) for a, b in zip(first, second))
    p, q = (only_first + 1) / (sizes.sum() + 2), (only_second + 1) / (sizes.sum() + 2)
    floor = (p + q - (p - q) ** 2) * np.mean(1 / sizes)
    variance = max(np.var(differences, ddof=1), floor) * (1 / len(sizes) + max(sizes / (total - sizes)))
    return float(differences.mean()), float(np.sqrt(variance))


def verdict(settings: list[dict]) -> list[dict]:
    """The bounds of each setting below the best, from the definition: over all pairs of settings."""
    answers = [[np.array(list(fold), dtype=int) for fold in setting["held_out"]] for setting in settings]
    total, number = sum(len(fold) for fold in answers[0]), len(settings)
    quantile = stats.t.isf(0.05 / (2 * (number - 1)), FOLDS - 1)
    means = [float(np.mean([fold.mean() for fold in setting])) for setting in answers]
    best = int(np.argmax(means))
    pair = {
        (a, b): one_pair(answers[a], answers[b], total) for a in range(number) for b in range(number) if a != b
    }
    candidates = [a for a in range(number) if a == best or pair[a, best][0] - quantile * pair[a, best][1] < 0]
    found = []
    for setting in range(number):
        others = [pair[setting, candidate] for candidate in candidates if candidate != setting]
        high = max((mean + quantile * error for mean, error in others), default=0.0)
        low = min((mean - quantile * error for mean, error in others), default=0.0)
        low, high = max(low, 0.0), max(high, 0.0)
        kind = "within" if high <= MARGIN else "worse" if low >= MARGIN else "undecided"
        found.append({"mean": means[setting], "low": low, "high": high, "class": kind})
    return found


def neighbour(settings: list[dict]) -> dict:
    """8 units against 16."""
    answers = [[np.array(list(fold), dtype=int) for fold in setting["held_out"]] for setting in settings[1:3]]
    total = sum(len(fold) for fold in answers[0])
    mean, error = one_pair(*answers, total)
    quantile = stats.t.isf(0.025, FOLDS - 1)
    accuracies = [[fold.mean() for fold in setting] for setting in answers]
    effect = TTestPower().solve_power(nobs=FOLDS, alpha=0.025, power=0.8, alternative="larger")
    return {
        "mean": mean,
        "low": mean - quantile * error,
        "high": mean + quantile * error,
        "correlation": float(stats.pearsonr(*accuracies).statistic),
        "detectable": float(effect * np.sqrt(FOLDS) * error),
    }


def golden() -> dict:
    generator = np.random.default_rng(2)
    settings = digits()
    quantiles = [(df, tail) for df in (1, 2, 4, 11, 59, 1e4) for tail in (0.25, 0.025, 0.005, 1e-4, 1e-6, 1e-9)]
    powers = [(df, tail, shift) for df in (1, 2, 4, 11, 59) for tail in (0.025, 1e-3) for shift in (0.5, 3.0, 8.0)]
    shifts = [(df, tail) for df in (1, 2, 4, 11, 59) for tail in (0.025, 0.005)]
    return {
        "grid_search": grid_search(),
        "crossed": [crossed(generator, *case) for case in [(2, 30, 0.0), (3, 40, 0.3), (6, 50, 1.0), (10, 25, 0.0)]],
        "quantiles": [{"degrees": df, "tail": tail, "t": float(stats.t.isf(tail, df))} for df, tail in quantiles],
        "powers": [
            {
                "degrees": df,
                "tail": tail,
                "shift": shift,
                "power": float(stats.nct.sf(stats.t.isf(tail, df), df, shift)),
            }
            for df, tail, shift in powers
        ],
        "shifts": [
            {
                "degrees": df,
                "tail": tail,
                "shift": float(
                    TTestPower().solve_power(nobs=df + 1, alpha=tail, power=0.8, alternative="larger")
                    * np.sqrt(df + 1)
                ),
            }
            for df, tail in shifts
        ],
        "perfect": [
            {"images": images, "low": float(proportion_confint(images, images, 0.05, method="beta")[0])}
            for images in (1, 10, 5000)
        ],
        "digits": {
            "folds": FOLDS,
            "margin": MARGIN,
            "settings": settings,
            "verdict": verdict(settings),
            "from_8_to_16": neighbour(settings),
        },
    }
