"""Fit what the share of a text among all that may stand on a plate is worth: the probability that it is right.

Reads what `cargo run --release -p tollbooth-client --example certainty -- FOLDER READINGS` wrote for one or more folders
(lines `file,share,in_series,right` of the plates that were seen whole, each at a booth of its own state), fits a logistic
regression with a ridge penalty, and prints the weights for crates/plate/src/pair/certainty.rs, together with what they do on
photos they were not fitted on: ten folds, all versions of one photo, and all photos named together with --same, in one fold
(the part of the file name before the first dot, so `a.jpg` and `a.dark.jpg` belong together).

Usage: fit_certainty.py [--same a=b ...] FILE.csv [FILE.csv ...]

Needs nothing but Python.
"""

import csv
import math
import sys
import zlib

FOLDS = 10
RIDGE = 0.5
STEPS = 60
NAMES = ["bias", "share", "series"]

# Shares beyond this are counted as this while fitting: a few hundred photos cannot tell 0.9999 from 0.999999.
TELLABLE = 0.995


def features(row):
    share = min(max(float(row["share"]), 1 - TELLABLE), TELLABLE)
    return [1.0, math.log(share / (1 - share)), float(row["in_series"] == "true")]


def load(paths, same):
    rows = []
    for path in paths:
        for row in csv.DictReader(open(path, encoding="utf-8")):
            photo = row["file"].split(".")[0]
            group = zlib.crc32(same.get(photo, photo).encode()) % FOLDS
            rows.append((features(row), row["right"] == "true", group, row["file"]))
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
    weights = [0.0] * size
    for _ in range(STEPS):
        gradient = [-RIDGE * w if i else 0.0 for i, w in enumerate(weights)]
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
    brier = sum((p - right) ** 2 for p, right, _ in predictions) / len(predictions)
    print(f"left-out photos: Brier score {brier:.4f}; range, photos, mean predicted, share right")
    edges = [0, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1.01]
    for low, high in zip(edges, edges[1:]):
        inside = [(p, right) for p, right, _ in predictions if low <= p < high]
        if inside:
            mean = sum(p for p, _ in inside) / len(inside)
            print(f"  {low:4.2f}-{min(high, 1):4.2f} {len(inside):4d} {mean:6.3f} {sum(r for _, r in inside) / len(inside):6.3f}")
    print("threshold, texts accepted of those with a plate, wrong")
    for threshold in (0.8, 0.9, 0.95, 0.97, 0.98, 0.99):
        accepted = [(right, name) for p, right, name in predictions if p >= threshold]
        wrong = [name for right, name in accepted if not right]
        print(f"  {threshold:4.2f} {len(accepted):4d} ({100 * len(accepted) / len(predictions):5.1f} %) {len(wrong):3d} {wrong}")


def main():
    arguments, paths, same = sys.argv[1:], [], {}
    while arguments:
        argument = arguments.pop(0)
        if argument == "--same" and arguments:
            one, _, other = arguments.pop(0).partition("=")
            same[one] = other
        else:
            paths.append(argument)
    if not paths:
        raise SystemExit(__doc__)
    rows = load(paths, same)
    print(f"{len(rows)} plates, {sum(right for _, right, _, _ in rows)} right")
    report(cross_validated(rows))
    print("weights fitted on all:")
    for name, weight in zip(NAMES, fit(rows)):
        print(f"  {name:8s} {weight:8.4f}")


if __name__ == "__main__":
    main()
