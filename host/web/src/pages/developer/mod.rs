//! Pages of the developer: releases, faults, back-tests of one's own plug-ins.

mod plugins;

use super::PageRoute;

pub(super) fn routes() -> Vec<PageRoute> {
    plugins::routes()
}
