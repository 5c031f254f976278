"""What scikit-learn makes of the same texts: python3 categorizer.py TRAIN.csv TEST.csv WHAT, with the columns text and
label. WHAT is `word` (words and pairs of words) or `char` (3 to 5 letters within words), both sublinear tf-idf with a
linear support vector classifier. Prints JSON: accuracy, macro-F1, seconds of training, median microseconds in which one
text is answered."""

import csv
import json
import statistics
import sys
import time

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

ASKED_ALONE = 500

VECTORIZERS = {
    "word": lambda: TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2),
    "char": lambda: TfidfVectorizer(sublinear_tf=True, ngram_range=(3, 5), min_df=2, analyzer="char_wb"),
}


def read(path):
    csv.field_size_limit(1 << 30)
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["label"] for row in rows]


def main(train, test, what):
    texts, labels = read(train)
    asked, right = read(test)
    started = time.perf_counter()
    model = make_pipeline(VECTORIZERS[what](), LinearSVC()).fit(texts, labels)
    seconds = time.perf_counter() - started
    answers = model.predict(asked)
    alone = []
    for text in asked[:ASKED_ALONE]:
        started = time.perf_counter()
        model.predict([text])
        alone.append(time.perf_counter() - started)
    print(
        json.dumps(
            {
                "accuracy": accuracy_score(right, answers),
                "macro_f1": f1_score(right, answers, average="macro", zero_division=0),
                "seconds": seconds,
                "predict_us": statistics.median(alone) * 1e6,
            }
        )
    )


main(*sys.argv[1:])
