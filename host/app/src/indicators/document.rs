//! An approved passport as a document to print: Office Open XML (`.docx`), which every office suite opens.

use std::io::{Cursor, Write as _};

use chrono_tz::Tz;
use veche_domain::indicator::{PassportState, PassportStep};
use veche_store::{PassportRow, StepRow};
use zip::write::SimpleFileOptions;

use crate::error::AppError;

const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;

/// Media type of the document.
pub const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// Writes an approved passport.
///
/// # Errors
/// A passport that is not approved yet.
pub fn docx(row: &PassportRow, steps: &[StepRow], region: &str, zone: Tz) -> Result<Vec<u8>, AppError> {
    if !matches!(row.state, PassportState::Approved | PassportState::Active | PassportState::Archived)
        || row.approved_by.is_none()
    {
        let reason = format!("the passport is {}: it is printed once it is approved", row.state);
        return Err(AppError::Invalid { field: "passport", reason });
    }
    let document = document(row, steps, region, zone);
    let write = || -> Result<Vec<u8>, zip::result::ZipError> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        // The same passport gives the same bytes: no moment of writing in the archive.
        let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
        for (name, text) in
            [("[Content_Types].xml", TYPES), ("_rels/.rels", RELATIONS), ("word/document.xml", document.as_str())]
        {
            zip.start_file(name, options)?;
            zip.write_all(text.as_bytes())?;
        }
        Ok(zip.finish()?.into_inner())
    };
    write().map_err(|e| AppError::Stored { what: "the document".into(), reason: e.to_string() })
}

fn document(row: &PassportRow, steps: &[StepRow], region: &str, zone: Tz) -> String {
    let p = &row.passport;
    let moment = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).format("%d.%m.%Y %H:%M").to_string();
    let mut body = String::new();
    paragraph(&mut body, "ПАСПОРТ ДОПОЛНИТЕЛЬНОГО ПОКАЗАТЕЛЯ", true);
    paragraph(&mut body, &p.title, true);
    paragraph(&mut body, region, false);
    let blocks = p.blocks.iter().cloned().collect::<Vec<_>>().join(", ");
    let direction = if p.quantitative.direction.as_str() == "up" { "рост" } else { "снижение" };
    let quantity = format!(
        "{}. Единица: {}. Базовое значение: {}. Желаемое изменение: {direction}. Знаков после запятой: {}.",
        p.quantitative.text.trim_end_matches('.'),
        p.quantitative.unit,
        number(p.quantitative.base),
        p.quantitative.decimals
    );
    let mut rows = vec![
        ("Код показателя", p.indicator.clone()),
        ("Проект", p.basis.project.clone()),
        ("Результат проекта", p.basis.result.clone()),
        ("Отраслевые блоки", if blocks.is_empty() { "регион в целом".to_owned() } else { blocks }),
        ("Ответственный", p.owner.clone()),
        ("Обоснование необходимости и достаточности", p.justification.clone()),
        ("Срок достижения", p.deadline.clone()),
        ("Качественные характеристики", p.qualitative.clone()),
        ("Количественные характеристики", quantity),
        ("Источник данных и порядок расчёта", p.method.clone()),
        ("Версия плагина (SHA-256)", p.release.to_string()),
        ("Паспорт (SHA-256)", row.digest.to_string()),
    ];
    for (year, value) in &p.plan {
        rows.push(("План", format!("{year} год: {}", number(*value))));
    }
    for link in &p.links {
        let text = format!("{}: {} (срок {})", link.indicator, link.characteristics, link.date);
        rows.push(("Связь с обязательным показателем", text));
    }
    table(&mut body, &rows);
    paragraph(&mut body, "Согласование и утверждение", true);
    let marks: Vec<(&str, String)> = steps
        .iter()
        .filter_map(|step| {
            let what = match step.step? {
                PassportStep::Submit => "Представлен",
                PassportStep::Agree => "Согласован",
                PassportStep::Approve => "Утверждён куратором",
                PassportStep::Activate => "Введён в действие",
                PassportStep::Reject => "Возвращён",
                PassportStep::Archive => "В архиве",
            };
            let reason = step.reason.as_deref().map(|reason| format!(". {reason}")).unwrap_or_default();
            Some((what, format!("{}, {}{reason}", moment(step.at), step.actor)))
        })
        .collect();
    table(&mut body, &marks);
    format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="850" w:bottom="1134" w:left="1701" w:header="708" w:footer="708" w:gutter="0"/></w:sectPr></w:body></w:document>"#
    )
}

/// A number as Russian documents write it.
fn number(value: f64) -> String {
    value.to_string().replace('.', ",")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // XML 1.0 has no other control characters.
            c if c.is_control() && !matches!(c, '\n' | '\t') => {}
            c => out.push(c),
        }
    }
    out
}

fn run(text: &str, bold: bool) -> String {
    let bold = if bold { "<w:b/>" } else { "" };
    let lines: Vec<String> =
        text.lines().map(|line| format!(r#"<w:t xml:space="preserve">{}</w:t>"#, escaped(line))).collect();
    format!(
        r#"<w:r><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/>{bold}<w:sz w:val="24"/><w:lang w:val="ru-RU"/></w:rPr>{}</w:r>"#,
        lines.join("<w:br/>")
    )
}

fn paragraph(body: &mut String, text: &str, bold: bool) {
    let centred = if bold { r#"<w:pPr><w:jc w:val="center"/></w:pPr>"# } else { "" };
    body.push_str(&format!("<w:p>{centred}{}</w:p>", run(text, bold)));
}

fn table(body: &mut String, rows: &[(&str, String)]) {
    let edge = |name: &str| format!(r#"<w:{name} w:val="single" w:sz="4" w:space="0" w:color="auto"/>"#);
    let edges: String = ["top", "left", "bottom", "right", "insideH", "insideV"].into_iter().map(edge).collect();
    body.push_str(&format!(
        r#"<w:tbl><w:tblPr><w:tblW w:w="9355" w:type="dxa"/><w:tblBorders>{edges}</w:tblBorders></w:tblPr><w:tblGrid><w:gridCol w:w="3118"/><w:gridCol w:w="6237"/></w:tblGrid>"#
    ));
    let cell = |width: u32, text: &str, bold: bool| {
        format!(r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p>{}</w:p></w:tc>"#, run(text, bold))
    };
    for (name, text) in rows {
        body.push_str(&format!("<w:tr>{}{}</w:tr>", cell(3118, name, true), cell(6237, text, false)));
    }
    body.push_str("</w:tbl>");
}
