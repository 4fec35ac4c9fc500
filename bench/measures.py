"""The numbers a run is boiled down to. Pure functions over lists, so that they can be tested."""
import math
import statistics


def percentile(values, share):
    """The smallest value that at least `share` of all values do not exceed (nearest rank: no invented in-between)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def ratio(rounds, other_rounds):
    """Ours over another's: per round the ratio of the medians, of those the median and where the middle 80 % lie.

    What disturbs a round disturbs both alike, so their ratio holds where the times do not."""
    ratios = [statistics.median(mine) / statistics.median(theirs) for mine, theirs in zip(rounds, other_rounds)]
    return {"median": statistics.median(ratios), "low": percentile(ratios, 0.1), "high": percentile(ratios, 0.9)}


def latency(rounds):
    times = [value for values in rounds for value in values]
    return {"p50": percentile(times, 0.5), "p99": percentile(times, 0.99), "runs": len(times)}


def geometric_mean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def error(actual, expected):
    """{name: array} against the exact answer, as the lab compares: relative to each output's largest magnitude; the worst
    output counts. A missing output, or one that is not finite, is infinitely wrong."""
    worst = {"l_inf": 0.0, "rms": 0.0}
    for name, truth in expected.items():
        if name not in actual or actual[name].size != truth.size:
            return {"l_inf": math.inf, "rms": math.inf}
        truth = truth.astype("float64").ravel()
        difference = actual[name].astype("float64").ravel() - truth
        scale = abs(truth).max()
        found = {"l_inf": abs(difference).max() / scale, "rms": math.sqrt((difference**2).mean()) / scale}
        worst = {key: max(worst[key], float(value)) if math.isfinite(value) else math.inf for key, value in found.items()}
    return worst
