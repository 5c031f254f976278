//! Counts what goes between host and guest: bytes of texts, elements of lists.

use crate::contract::{guest, wit};

/// Texts and lists of a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Volume {
    /// Bytes of all texts, and the size of all list elements.
    pub(crate) bytes: u64,
    /// Elements of all lists.
    pub(crate) items: u64,
}

/// What a value of the contract weighs.
pub(crate) trait Measure {
    fn add_to(&self, volume: &mut Volume);

    fn volume(&self) -> Volume {
        let mut volume = Volume::default();
        self.add_to(&mut volume);
        volume
    }
}

impl<T: Measure + ?Sized> Measure for &T {
    fn add_to(&self, volume: &mut Volume) {
        (**self).add_to(volume);
    }
}

impl Measure for String {
    fn add_to(&self, volume: &mut Volume) {
        volume.bytes = volume.bytes.saturating_add(self.len() as u64);
    }
}

impl<T: Measure> Measure for Option<T> {
    fn add_to(&self, volume: &mut Volume) {
        if let Some(value) = self {
            value.add_to(volume);
        }
    }
}

impl<T: Measure, E: Measure> Measure for Result<T, E> {
    fn add_to(&self, volume: &mut Volume) {
        match self {
            Ok(value) => value.add_to(volume),
            Err(error) => error.add_to(volume),
        }
    }
}

impl<T: Measure> Measure for Vec<T> {
    fn add_to(&self, volume: &mut Volume) {
        let size = std::mem::size_of::<T>() as u64;
        volume.items = volume.items.saturating_add(self.len() as u64);
        volume.bytes = volume.bytes.saturating_add(size.saturating_mul(self.len() as u64));
        self.iter().for_each(|item| item.add_to(volume));
    }
}

impl<A: Measure, B: Measure> Measure for (A, B) {
    fn add_to(&self, volume: &mut Volume) {
        self.0.add_to(volume);
        self.1.add_to(volume);
    }
}

/// Values of a fixed size weigh nothing of their own: the list around them counts them.
macro_rules! fixed {
    ($($ty:ty),+ $(,)?) => { $(impl Measure for $ty { fn add_to(&self, _: &mut Volume) {} })+ };
}

fixed!(
    (),
    u8,
    u32,
    i32,
    i64,
    f64,
    bool,
    guest::indicators::Dimension,
    guest::indicators::Direction,
    guest::exporter::Subject,
    u64,
    wit::types::Date,
    wit::calendar::CalendarError
);

macro_rules! record {
    ($($ty:ty { $($field:ident),* $(,)? })+) => {
        $(impl Measure for $ty {
            fn add_to(&self, volume: &mut Volume) {
                $(self.$field.add_to(volume);)*
            }
        })+
    };
}

record! {
    wit::types::Appeal { id, channel, regime, text, whole_text, place, attachments, attributes }
    wit::types::Place { municipality, district, address }
    wit::types::Context { region, block, language, attributes }
    wit::types::Localized { language, text }
    wit::types::Reason { message, evidence }
    wit::types::Failure { message }
    wit::directory::Block { code, name }
    wit::directory::Category { code, block, name, default_body }
    wit::directory::Body { code, name, municipality }
    wit::directory::Municipality { code, name }
    wit::applicant::Applicant { name, phone, email, address }
    guest::plugin::Description { title, summary, settings_schema, datasets }
    guest::plugin::DatasetNeed { name, columns, description }
    guest::plugin::SettingsError { field, message }
    guest::categorizer::Candidate { category, reasons }
    guest::router::Clock { basis }
    guest::router::Assignment { body, clocks, reasons }
    guest::indicators::Definition { code, title, unit, columns, dimensions }
    guest::indicators::Measurement { breakdown }
    guest::exporter::Format { id, title, media_type, extension, columns }
    guest::exporter::Summary { notes }
}

impl Measure for wit::datasets::DatasetError {
    fn add_to(&self, volume: &mut Volume) {
        match self {
            Self::NotBound(name) | Self::WrongShape(name) => name.add_to(volume),
        }
    }
}

impl Measure for guest::categorizer::Categorization {
    fn add_to(&self, volume: &mut Volume) {
        match self {
            Self::NoOpinion => {}
            Self::Candidates(candidates) => candidates.add_to(volume),
        }
    }
}

impl Measure for guest::router::Routing {
    fn add_to(&self, volume: &mut Volume) {
        match self {
            Self::NoOpinion => {}
            Self::Assigned(assignment) => assignment.add_to(volume),
            Self::NeedsPerson(question) => question.add_to(volume),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_lists_are_counted_at_any_depth() {
        let reason = |message: &str| wit::types::Reason {
            message: message.to_owned(),
            evidence: vec!["яма".to_owned(), "дорога".to_owned()],
        };
        let volume = vec![reason("1234"), reason("")].volume();
        let lists = 2 * std::mem::size_of::<wit::types::Reason>() + 4 * std::mem::size_of::<String>();
        assert_eq!(volume, Volume { bytes: (4 + 2 * (6 + 12) + lists) as u64, items: 2 + 4 });
    }
}
