//! Pages of the curator and of the head: indicators, passports, ratings, reports.

use super::PageRoute;

pub(super) fn routes() -> Vec<PageRoute> {
    Vec::new()
}
