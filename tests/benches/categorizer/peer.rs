//! scikit-learn on the same texts, in a process of its own.

use std::process::Command;

use veche_tests::guest::root;

use crate::sets::{Row, Set};

/// What scikit-learn came to.
#[derive(serde::Deserialize)]
pub(crate) struct Peer {
    pub(crate) accuracy: f64,
    pub(crate) macro_f1: f64,
    pub(crate) seconds: f64,
    pub(crate) predict_us: f64,
}

/// Asks scikit-learn; none if there is no Python with it, which is said.
pub(crate) fn ask(set: &Set, what: &str) -> Option<Peer> {
    let Some(python) = std::env::var_os("VECHE_BENCH_PYTHON") else {
        println!("left out: scikit-learn; `cargo xtask bench categorizer` installs it");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, rows: &[Row]| {
        let path = folder.path().join(name);
        let mut file = csv::Writer::from_path(&path).unwrap();
        file.write_record(["text", "label"]).unwrap();
        rows.iter().for_each(|row| file.write_record([&row.text, &row.label]).unwrap());
        file.flush().unwrap();
        path
    };
    let output = Command::new(python)
        .arg(root().join("tests/independent/categorizer.py"))
        .args([write("train.csv", &set.train), write("test.csv", &set.test)])
        .arg(what)
        .stderr(std::process::Stdio::inherit())
        // What a machine's administrator chose for other programs would slow it down.
        .env_remove("OPENBLAS_CORETYPE")
        .env_remove("OPENBLAS_L2_SIZE")
        .output()
        .unwrap();
    assert!(output.status.success(), "scikit-learn failed: see the messages above");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}
