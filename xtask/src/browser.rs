//! What of Debian the tests of pages and of workbooks drive.

/// Chromium with its driver, and letters for Russian text.
///
/// # Errors
/// One of them is not here and cannot be installed.
pub(crate) fn install() -> anyhow::Result<()> {
    crate::apt::need(&["chromium", "chromedriver"], &["chromium", "chromium-driver", "fonts-dejavu-core"])
}

/// LibreOffice's tables: an export's workbook must open there.
///
/// # Errors
/// It is not here and cannot be installed.
pub(crate) fn install_office() -> anyhow::Result<()> {
    crate::apt::need(&["soffice"], &["libreoffice-calc-nogui"])
}
