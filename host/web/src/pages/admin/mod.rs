//! Pages of the administrator: releases, rules, datasets, accounts, the log.

use super::PageRoute;

pub(super) fn routes() -> Vec<PageRoute> {
    Vec::new()
}
