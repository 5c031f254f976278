//! The sheets of the workbook.

use std::collections::BTreeMap;

use export_kit::Local;
use rust_xlsxwriter::{
    Chart, ChartType, DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError,
};
use veche_sdk::exporter::Request;
use veche_sdk::{Date, Instant};

use crate::figures::{Counts, Figures, Row};
use crate::words::Words;

/// Days between the beginning of spreadsheets' time and 1970-01-01.
const EPOCH: f64 = 25_569.0;
/// Parts that a chart shows.
const CHARTED: u32 = 15;

struct Styles {
    title: Format,
    head: Format,
    share: Format,
    moment: Format,
}

/// The workbook as bytes.
pub(crate) fn write(figures: &Figures, request: &Request, local: Local, words: &Words) -> Result<Vec<u8>, XlsxError> {
    let styles = Styles {
        title: Format::new().set_bold().set_font_size(14),
        head: Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top).set_background_color(0x00DD_E6F0),
        share: Format::new().set_num_format("0.0"),
        moment: Format::new().set_num_format("dd.mm.yyyy hh:mm"),
    };
    let mut workbook = Workbook::new();
    // The same rows give the same file: no clock stands in it.
    let made = ExcelDateTime::from_ymd(
        u16::try_from(request.last.year).unwrap_or(2000),
        request.last.month,
        request.last.day,
    )?;
    workbook.set_properties(&DocProperties::new().set_title(words.title).set_creation_datetime(&made));
    let [summary, blocks, bodies, categories, indicators, overdue, listed] = words.sheets;

    let sheet = workbook.add_worksheet().set_name(summary)?;
    summarise(sheet, figures, request, words, &styles)?;
    let sheet = workbook.add_worksheet().set_name(blocks)?;
    parts(sheet, blocks, &figures.blocks, words.block, words, &styles)?;
    let sheet = workbook.add_worksheet().set_name(bodies)?;
    parts(sheet, bodies, &figures.bodies, words.body, words, &styles)?;
    let sheet = workbook.add_worksheet().set_name(categories)?;
    by_category(sheet, figures, words, &styles)?;
    let sheet = workbook.add_worksheet().set_name(indicators)?;
    measured(sheet, &figures.whole, words, &styles)?;
    let sheet = workbook.add_worksheet().set_name(overdue)?;
    list(sheet, &figures.overdue, local, words, &styles)?;
    if !figures.listed.is_empty() {
        let sheet = workbook.add_worksheet().set_name(listed)?;
        list(sheet, &figures.listed, local, words, &styles)?;
    }
    workbook.save_to_buffer()
}

#[allow(clippy::cast_precision_loss)] // Counts of rows.
fn number(n: u64) -> f64 {
    n as f64
}

/// 100 × part ÷ whole; none over nothing.
fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| 100.0 * number(part) / number(whole))
}

fn mean(sum: u64, count: u64) -> Option<f64> {
    (count > 0).then(|| number(sum) / number(count))
}

fn iso(day: Date) -> String {
    format!("{:02}.{:02}.{:04}", day.day, day.month, day.year)
}

fn head(sheet: &mut Worksheet, row: u32, titles: &[&str], styles: &Styles) -> Result<(), XlsxError> {
    for (column, title) in (0..).zip(titles) {
        sheet.write_string_with_format(row, column, *title, &styles.head)?;
    }
    Ok(())
}

/// The columns of counts from a column on.
fn counts(sheet: &mut Worksheet, row: u32, from: u16, counts: &Counts, styles: &Styles) -> Result<(), XlsxError> {
    let whole =
        [counts.received, counts.answered, counts.closed, counts.overdue, counts.on_time, counts.with_term].into_iter();
    for (column, count) in (from..).zip(whole) {
        sheet.write_number(row, column, number(count))?;
    }
    if let Some(share) = percent(counts.on_time, counts.with_term) {
        sheet.write_number_with_format(row, from + 6, share, &styles.share)?;
    }
    sheet.write_number(row, from + 7, number(counts.marks))?;
    if let Some(mean) = mean(counts.mark_sum, counts.marks) {
        sheet.write_number_with_format(row, from + 8, mean, &styles.share)?;
    }
    Ok(())
}

fn named<'a>(name: &'a str, words: &Words) -> &'a str {
    if name.is_empty() { words.none } else { name }
}

/// Parts with the most questions first.
fn by_size<K: Ord>(parts: &BTreeMap<K, Counts>) -> Vec<(&K, &Counts)> {
    let mut list: Vec<_> = parts.iter().collect();
    list.sort_by(|a, b| b.1.received.cmp(&a.1.received).then(a.0.cmp(b.0)));
    list
}

fn summarise(
    sheet: &mut Worksheet,
    figures: &Figures,
    request: &Request,
    words: &Words,
    styles: &Styles,
) -> Result<(), XlsxError> {
    sheet.write_string_with_format(0, 0, words.title, &styles.title)?;
    sheet.write_string(1, 0, words.period(&iso(request.first), &iso(request.last)))?;
    sheet.write_string(2, 0, words.basis)?;
    head(sheet, 4, &words.counts, styles)?;
    counts(sheet, 5, 0, &figures.whole, styles)?;
    let mut row = 8;
    for (title, parts) in [(words.channel, &figures.channels), (words.municipality, &figures.municipalities)] {
        head(sheet, row, &[title, words.counts[0], words.counts[3]], styles)?;
        for (name, counts) in by_size(parts) {
            row += 1;
            sheet.write_string(row, 0, words.of_code(named(name, words)))?;
            sheet.write_number(row, 1, number(counts.received))?;
            sheet.write_number(row, 2, number(counts.overdue))?;
        }
        row += 3;
    }
    head(sheet, row, &[words.day, words.counts[0], words.counts[1]], styles)?;
    let first = row + 1;
    for (day, counts) in &figures.days {
        row += 1;
        sheet.write_string(row, 0, day)?;
        sheet.write_number(row, 1, number(counts.received))?;
        sheet.write_number(row, 2, number(counts.answered))?;
    }
    sheet.set_column_width(0, 34)?;
    if row >= first {
        let mut chart = Chart::new(ChartType::Line);
        for (column, name) in [(1, words.counts[0]), (2, words.counts[1])] {
            let series = chart.add_series();
            series.set_name(name);
            series.set_categories((words.sheets[0], first, 0, row, 0));
            series.set_values((words.sheets[0], first, column, row, column));
        }
        chart.title().set_name(words.day);
        chart.set_width(860);
        sheet.insert_chart(7, 5, &chart)?;
    }
    Ok(())
}

fn parts(
    sheet: &mut Worksheet,
    name: &str,
    parts: &BTreeMap<String, Counts>,
    title: &str,
    words: &Words,
    styles: &Styles,
) -> Result<(), XlsxError> {
    let titles: Vec<&str> = [title].into_iter().chain(words.counts).collect();
    head(sheet, 0, &titles, styles)?;
    let mut row = 0;
    for (part, of_part) in by_size(parts) {
        row += 1;
        sheet.write_string(row, 0, named(part, words))?;
        counts(sheet, row, 1, of_part, styles)?;
    }
    sheet.set_column_width(0, 48)?;
    sheet.set_freeze_panes(1, 1)?;
    if row == 0 {
        return Ok(());
    }
    sheet.autofilter(0, 0, row, 9)?;
    let last = row.min(CHARTED);
    for (place, column, kind) in [(0, 1, ChartType::Bar), (18, 7, ChartType::Bar)] {
        let mut chart = Chart::new(kind);
        let series = chart.add_series();
        series.set_categories((name, 1, 0, last, 0));
        series.set_values((name, 1, column, last, column));
        let title = titles.get(usize::from(column)).copied().unwrap_or_default();
        series.set_name(title);
        chart.title().set_name(title);
        chart.set_width(640);
        sheet.insert_chart(place, 11, &chart)?;
    }
    Ok(())
}

fn by_category(sheet: &mut Worksheet, figures: &Figures, words: &Words, styles: &Styles) -> Result<(), XlsxError> {
    let titles: Vec<&str> = [words.block, words.category].into_iter().chain(words.counts).collect();
    head(sheet, 0, &titles, styles)?;
    let mut row = 0;
    for ((block, category), of_category) in by_size(&figures.categories) {
        row += 1;
        sheet.write_string(row, 0, named(block, words))?;
        sheet.write_string(row, 1, named(category, words))?;
        counts(sheet, row, 2, of_category, styles)?;
    }
    sheet.set_column_width(0, 28)?;
    sheet.set_column_width(1, 48)?;
    sheet.set_freeze_panes(1, 2)?;
    if row > 0 {
        sheet.autofilter(0, 0, row, 10)?;
    }
    Ok(())
}

/// Each with its numerator and denominator: never a share alone.
fn measured(sheet: &mut Worksheet, whole: &Counts, words: &Words, styles: &Styles) -> Result<(), XlsxError> {
    head(sheet, 0, &words.indicator, styles)?;
    let share = |part: u64, of: u64| (percent(part, of), "%", part, Some(of));
    let hours = mean(whole.reaction_minutes, whole.reacted).map(|minutes| minutes / 60.0);
    let rows = [
        share(whole.on_time, whole.with_term),
        (Some(number(whole.overdue)), "", whole.overdue, None),
        (hours, words.hours, whole.reaction_minutes / 60, Some(whole.reacted)),
        share(whole.satisfied, whole.marks),
        share(whole.automatic, whole.routed),
        share(whole.redirected, whole.received),
        share(whole.repeated, whole.received),
        share(whole.reopened, whole.closed),
        share(whole.in_substance, whole.said_in_substance),
        share(whole.other, whole.categorised),
    ];
    for ((row, title), (value, unit, numerator, denominator)) in (1..).zip(words.indicators).zip(rows) {
        sheet.write_string(row, 0, title)?;
        sheet.write_string(row, 1, unit)?;
        if let Some(value) = value {
            sheet.write_number_with_format(row, 2, value, &styles.share)?;
        }
        sheet.write_number(row, 3, number(numerator))?;
        if let Some(denominator) = denominator {
            sheet.write_number(row, 4, number(denominator))?;
        }
    }
    sheet.set_column_width(0, 44)?;
    Ok(())
}

fn list(sheet: &mut Worksheet, rows: &[Row], local: Local, words: &Words, styles: &Styles) -> Result<(), XlsxError> {
    head(sheet, 0, &words.list, styles)?;
    for (place, row) in (1..).zip(rows) {
        sheet.write_string(place, 0, &row.number)?;
        sheet.write_number_with_format(place, 1, serial(row.received, local), &styles.moment)?;
        let texts = [words.of_code(&row.channel), &row.municipality, &row.block, &row.category, &row.body];
        for (column, text) in (2..).zip(texts) {
            sheet.write_string(place, column, text)?;
        }
        if let Some(due) = row.due {
            sheet.write_number_with_format(place, 7, serial(due, local), &styles.moment)?;
        }
        sheet.write_string(place, 8, words.of_code(&row.state))?;
    }
    for (column, width) in [(0, 20), (1, 17), (3, 24), (4, 22), (5, 36), (6, 44), (7, 17)] {
        sheet.set_column_width(column, width)?;
    }
    sheet.set_freeze_panes(1, 1)?;
    Ok(())
}

/// A local moment as spreadsheets count: days with a fraction.
#[allow(clippy::cast_precision_loss)] // Seconds of a few thousand years.
fn serial(at: Instant, local: Local) -> f64 {
    local.seconds(at) as f64 / 86_400.0 + EPOCH
}
