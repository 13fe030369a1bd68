"""The learners of scikit-uplift that the network is measured beside, on logistic regression and LightGBM."""
from lightgbm import LGBMClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklift.models import SoloModel, TwoModels


def logistic():
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


def boosted(trees=100, rate=0.03, leaves=8, **more):
    return LGBMClassifier(n_estimators=trees, learning_rate=rate, num_leaves=leaves, n_jobs=1, verbose=-1, **more)


def two(estimator):
    return TwoModels(estimator_trmnt=estimator(), estimator_ctrl=estimator(), method="vanilla")


def one(estimator):
    return SoloModel(estimator())
