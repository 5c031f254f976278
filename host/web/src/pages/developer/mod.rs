//! Pages of the developer: releases, faults, back-tests of one's own plug-ins.

use super::PageRoute;

pub(super) fn routes() -> Vec<PageRoute> {
    Vec::new()
}
