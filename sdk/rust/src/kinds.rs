//! One trait for each kind of plug-in.

/// Says what an appeal is about.
pub(crate) mod categorizer {
    pub use crate::bindings::categorizer::exports::veche::plugin::categorizer::{Candidate, Categorization};
    use crate::{Appeal, Context, Failure};

    /// Ranks categories for one question of an appeal.
    pub trait Categorizer {
        /// Candidates best first, at most 16, or no opinion.
        ///
        /// # Errors
        /// The plug-in could not do its work; the appeal goes on without it.
        fn categorize(&self, appeal: &Appeal, context: &Context) -> Result<Categorization, Failure>;
    }
}

/// Says who must act, and by when.
pub(crate) mod router {
    pub use crate::bindings::router::exports::veche::plugin::router::{
        Assignment, ChosenCategory, Clock, ClockKind, Priority, Routing,
    };
    use crate::{Appeal, Context, Failure};

    /// Routes one question of an appeal.
    pub trait Router {
        /// The body that must act with its clocks, a question to a person, or no opinion.
        ///
        /// # Errors
        /// The plug-in could not do its work; the appeal goes on without it.
        fn route(&self, appeal: &Appeal, category: &ChosenCategory, context: &Context) -> Result<Routing, Failure>;
    }
}

/// Types of plug-ins that compute indicators.
pub mod indicators {
    pub use crate::bindings::indicators::exports::veche::plugin::indicators::{
        Definition, Dimension, Direction, Measurement, Period,
    };
    pub use crate::bindings::indicators::veche::plugin::facts::{Batch, Column, FactStream};

    use crate::Failure;

    /// Facts about appeals in columns, read once.
    pub trait Facts {
        /// Dictionary of a text column, by its position in the definition; empty for the others.
        fn dictionary(&self, column: u32) -> Vec<String>;
        /// The next some thousand rows, none at the end.
        fn next(&mut self) -> Option<Batch>;
    }

    impl Facts for &FactStream {
        fn dictionary(&self, column: u32) -> Vec<String> {
            FactStream::dictionary(self, column)
        }

        fn next(&mut self) -> Option<Batch> {
            FactStream::next(self)
        }
    }

    /// Computes additional indicators.
    pub trait Indicators {
        /// The indicators of this plug-in. Pure: independent of the settings.
        fn definitions() -> Vec<Definition>;

        /// Measures one indicator over one period.
        ///
        /// # Errors
        /// The plug-in could not do its work; nothing is recorded.
        fn measure(&self, indicator: &str, period: &Period, facts: &mut dyn Facts)
        -> Result<Vec<Measurement>, Failure>;
    }
}

/// Types of plug-ins that write files.
pub mod exporter {
    pub use crate::bindings::exporter::exports::veche::plugin::exporter::{Format, Request, Subject, Summary};
    pub use crate::bindings::exporter::veche::plugin::streams::{Cell, Column};

    use crate::Failure;
    use crate::bindings::exporter::veche::plugin::streams;

    /// Rows to export, read once.
    pub trait Rows {
        /// The columns, in the order of the cells.
        fn columns(&self) -> Vec<Column>;
        /// The next few hundred rows, none at the end.
        fn next(&mut self) -> Option<Vec<Vec<Cell>>>;
    }

    impl Rows for &streams::Rows {
        fn columns(&self) -> Vec<Column> {
            streams::Rows::columns(self)
        }

        fn next(&mut self) -> Option<Vec<Vec<Cell>>> {
            streams::Rows::next(self)
        }
    }

    /// Where the bytes go.
    pub trait Sink {
        /// Writes the next piece, at most 1 MiB.
        ///
        /// # Errors
        /// The quota is used up or the job was cancelled: return this failure.
        fn write(&mut self, bytes: &[u8]) -> Result<(), Failure>;
    }

    impl Sink for &streams::Sink {
        fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
            streams::Sink::write(self, bytes).map_err(Failure::new)
        }
    }

    /// Turns appeals or measurements into a file.
    pub trait Exporter {
        /// The formats of this plug-in as it is configured. The columns that a format names are the ones that it gets, and
        /// no others are read for it.
        fn formats(&self) -> Vec<Format>;

        /// Writes one file. It reads the rows to their end: the host takes anything less for half a file.
        ///
        /// # Errors
        /// The file could not be written; what was written is thrown away.
        fn export(
            &self,
            format: &str,
            request: &Request,
            rows: &mut dyn Rows,
            sink: &mut dyn Sink,
        ) -> Result<Summary, Failure>;
    }
}
