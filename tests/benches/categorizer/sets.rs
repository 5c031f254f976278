//! Labelled texts: the real data where they are, else the project's own sample.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use veche_app::bootstrap::in_sample;
use veche_tests::guest::root;

/// Part of the rows that is learned from, percent, by a hash of the id.
pub(crate) const LEARNED: u32 = 70;

/// A labelled text.
pub(crate) struct Row {
    pub(crate) text: String,
    pub(crate) label: String,
}

/// A labelled history, parted.
pub(crate) struct Set {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) train: Vec<Row>,
    pub(crate) test: Vec<Row>,
    pub(crate) least_accuracy: Option<f64>,
    /// Whether scikit-learn's best is an aim, too.
    pub(crate) beats_peer: bool,
}

impl Set {
    fn read(
        name: &'static str,
        title: &'static str,
        file: &Path,
        columns: [&str; 3],
        least_accuracy: Option<f64>,
        beats_peer: bool,
    ) -> Self {
        let mut table = veche_app::files::open_table(file).unwrap();
        let place = |name: &str| table.headers().iter().position(|header| header == name).unwrap();
        let [id, text, label] = columns.map(place);
        let mut set = Self { name, title, train: Vec::new(), test: Vec::new(), least_accuracy, beats_peer };
        for row in table.by_ref().map(Result::unwrap) {
            let cell = |place: usize| row.cells[place].clone();
            let read = Row { text: cell(text), label: cell(label) };
            if read.text.trim().is_empty() || read.label.is_empty() {
                continue;
            }
            if in_sample(&row.cells[id], LEARNED) { set.train.push(read) } else { set.test.push(read) }
        }
        set
    }

    pub(crate) fn is_large(&self) -> bool {
        self.train.len() > 20_000
    }
}

/// Where the real data would be.
pub(crate) fn shared(name: &str) -> PathBuf {
    root().join("../shared/data").join(name)
}

pub(crate) fn all() -> Vec<Set> {
    let (spb, kursk) = (shared("spb-appeals.csv.gz"), shared("kursk-appeals.csv.gz"));
    if !spb.exists() || !kursk.exists() {
        println!("left out: no ../shared/data; the sample's appeals are learned from instead");
        let sample = root().join("samples/yaroslavl/appeals.csv");
        let columns = ["external_id", "text", "expected_category"];
        return vec![Set::read("sample", "sample region, category", &sample, columns, None, false)];
    }
    vec![
        Set::read("spb", "Saint Petersburg, reason", &spb, ["id", "text", "reason"], None, true),
        Set::read("kursk-topic", "Kursk, topic", &kursk, ["id", "text", "topic"], Some(0.51), false),
        Set::read("kursk-category", "Kursk, category", &kursk, ["id", "text", "category"], Some(0.78), false),
    ]
}

/// Mean of F1 over all labels and answers, as scikit-learn counts it.
pub(crate) fn macro_f1<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> f64 {
    let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for (label, answer) in pairs {
        counts.entry(label).or_default().1 += 1;
        counts.entry(answer).or_default().1 += 1;
        if label == answer {
            counts.entry(label).or_default().0 += 1;
        }
    }
    counts.values().map(|(right, all)| 2.0 * f64::from(*right) / f64::from(*all)).sum::<f64>() / counts.len() as f64
}
