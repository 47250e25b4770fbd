"""Fit the weights that turn evidence about a reading into the probability that it is right.

Reads what `cargo run --release -p tollbooth-recognition --example score -- FOLDER --json FILE` wrote, fits a
logistic regression with a ridge penalty, and prints the weights for crates/plate/src/confidence.rs, together
with what they do on photos they were not fitted on: ten folds, all versions of one photo in the same fold
(the part of the file name before the second-last dot, so `a.jpg` and `a.dark.jpg` belong together).

Usage: fit_confidence.py FILE.json [FILE.json ...]

Needs nothing but Python. Plates cut by the photo's edge are left out: they are never accepted.
"""

import json
import math
import sys
import zlib

FOLDS = 10
RIDGE = 0.3
STEPS = 60


# Keep in step with the constants of the same name in crates/plate/src/confidence.rs.
WEAKEST_COUNTS_UP_TO = 0.88
LEAST_WEAKEST = 0.05


def is_undisputed(agreement):
    """Keep in step with `Agreement::is_undisputed` in crates/plate/src/consensus.rs."""
    votes, agreeing = agreement["votes"], agreement["agreeing"]
    return agreeing == votes or (agreeing + agreement.get("ornamented", 0) == votes and 3 * agreeing >= 2 * votes)


def features(evidence):
    """Keep in step with `Evidence::features` in crates/plate/src/confidence.rs."""
    agreement = evidence["agreement"]
    weakest = min(max(evidence["contested_character"], LEAST_WEAKEST), WEAKEST_COUNTS_UP_TO)
    return [
        1.0,
        math.log(weakest / (1 - weakest)),
        1.0 if is_undisputed(agreement) else 0.0,
        agreement["share"],
        0.0 if evidence["is_mixed"] else 1.0,
        1.0 if evidence["is_joined"] else 0.0,
    ]


NAMES = ["bias", "contested", "undisputed", "share", "unmixed", "joined"]

# What the penalty pulls towards. Joined lines hardly occur in the photos at hand, so their weight is this
# judgement, not a measurement: about half of them are something else.
PRIOR = [0.0, 0.0, 0.0, 0.0, 0.0, -2.5]


def fold(text):
    return text.replace("O", "0").replace("I", "1")


def load(paths):
    rows = []
    for path in paths:
        for line in open(path, encoding="utf-8"):
            photo = json.loads(line)
            plates = photo["reading"]["plates"]
            if not plates or plates[0]["touches_border"] or not plates[0]["evidence"]["agreement"]:
                continue
            best = plates[0]["candidates"][0]["text"]
            group = zlib.crc32(photo["file"].split(".")[0].encode()) % FOLDS
            rows.append((features(plates[0]["evidence"]), fold(best) == fold(photo["truth"]), group, photo["file"]))
    return rows


def probability(weights, x):
    return 1 / (1 + math.exp(-sum(w * v for w, v in zip(weights, x))))


def solve(matrix, vector):
    """Gaussian elimination with pivoting; the system is small and positive definite."""
    size = len(vector)
    rows = [row[:] + [value] for row, value in zip(matrix, vector)]
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for j in range(i + 1, size):
            factor = rows[j][i] / rows[i][i]
            rows[j] = [a - factor * b for a, b in zip(rows[j], rows[i])]
    out = [0.0] * size
    for i in reversed(range(size)):
        out[i] = (rows[i][size] - sum(rows[i][j] * out[j] for j in range(i + 1, size))) / rows[i][i]
    return out


def fit(rows):
    """Newton's method on the penalised likelihood; the bias is not penalised."""
    size = len(rows[0][0])
    weights = PRIOR[:]
    for _ in range(STEPS):
        gradient = [RIDGE * (p - w) if i else 0.0 for i, (w, p) in enumerate(zip(weights, PRIOR))]
        hessian = [[(RIDGE if i == j and i else 1e-6 if i == j else 0.0) for j in range(size)] for i in range(size)]
        for x, right, _, _ in rows:
            p = probability(weights, x)
            for i in range(size):
                gradient[i] += (right - p) * x[i]
                for j in range(size):
                    hessian[i][j] += p * (1 - p) * x[i] * x[j]
        step = solve(hessian, gradient)
        weights = [w + s for w, s in zip(weights, step)]
        if max(abs(s) for s in step) < 1e-9:
            break
    return weights


def cross_validated(rows):
    out = []
    for group in range(FOLDS):
        train = [row for row in rows if row[2] != group]
        weights = fit(train)
        out += [(probability(weights, x), right, name) for x, right, g, name in rows if g == group]
    return out


def report(predictions):
    print("held-out predictions: range, photos, mean predicted, share right")
    edges = [0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, 1.01]
    for low, high in zip(edges, edges[1:]):
        inside = [(p, right) for p, right, _ in predictions if low <= p < high]
        if inside:
            mean = sum(p for p, _ in inside) / len(inside)
            print(f"  {low:4.2f}-{min(high, 1):4.2f} {len(inside):4d} {mean:6.3f} {sum(r for _, r in inside) / len(inside):6.3f}")
    print("threshold, accepted of those with a plate, wrong")
    for threshold in (0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99):
        accepted = [(right, name) for p, right, name in predictions if p >= threshold]
        wrong = [name for right, name in accepted if not right]
        print(f"  {threshold:4.2f} {len(accepted):4d} ({100 * len(accepted) / len(predictions):5.1f} %) {len(wrong):3d} {wrong}")


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    rows = load(sys.argv[1:])
    print(f"{len(rows)} readings, {sum(right for _, right, _, _ in rows)} right")
    report(cross_validated(rows))
    print("weights fitted on all:")
    for name, weight in zip(NAMES, fit(rows)):
        print(f"  {name:8s} {weight:8.4f}")


if __name__ == "__main__":
    main()
