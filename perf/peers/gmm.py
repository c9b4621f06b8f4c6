"""scikit-learn's mixtures for perf/detectors.mjs.

Usage: python3 gmm.py CONFIG.json; then one line "score" or "fit" on stdin gives one line: seconds, value.
"""
import json, sys, time
import numpy as np, sklearn
from sklearn.mixture import GaussianMixture

config = json.load(open(sys.argv[1]))
frames = np.fromfile(config["frames"], dtype=np.float32).reshape(-1, config["dims"])

def mixture(packed):
    gmm = GaussianMixture(len(packed["weights"]), covariance_type="diag")
    gmm.weights_ = np.array(packed["weights"])
    gmm.means_ = np.array(packed["means"]).reshape(-1, config["dims"])
    gmm.covariances_ = np.array(packed["variances"]).reshape(-1, config["dims"])
    gmm.precisions_cholesky_ = 1 / np.sqrt(gmm.covariances_)
    return gmm

spoof, bonafide = mixture(config["spoof"]), mixture(config["bonafide"])

def score():
    return float(np.mean(spoof.score_samples(frames) - bonafide.score_samples(frames)))

def fit():
    # Ten k-means and twelve EM iterations, as ours: the tolerance never stops it early.
    gmm = GaussianMixture(config["fitComponents"], covariance_type="diag", max_iter=12, tol=0, random_state=0)
    import warnings; warnings.simplefilter("ignore")
    return float(gmm.fit(frames).score(frames))

print(f"scikit-learn {sklearn.__version__}, numpy {np.__version__}", flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    value = {"score": score, "fit": fit}[line.strip()]()
    print(time.perf_counter() - start, value, flush=True)
