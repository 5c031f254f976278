//! The XML form: `service_requests`, a `request` for each.

use crate::request::ServiceRequest;

pub(crate) const BEGIN: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<service_requests>\n";
pub(crate) const END: &str = "</service_requests>\n";

pub(crate) fn element(request: &ServiceRequest) -> String {
    let number = |value: Option<f64>| value.map(|value| value.to_string());
    let some = |value: &str| Some(value.to_owned());
    let fields = [
        ("service_request_id", some(&request.service_request_id)),
        ("status", some(request.status)),
        ("status_notes", request.status_notes.clone()),
        ("service_name", request.service_name.clone()),
        ("service_code", some(&request.service_code)),
        ("description", request.description.clone()),
        ("agency_responsible", request.agency_responsible.clone()),
        ("requested_datetime", some(&request.requested_datetime)),
        ("updated_datetime", request.updated_datetime.clone()),
        ("expected_datetime", request.expected_datetime.clone()),
        ("address", request.address.clone()),
        ("lat", number(request.lat)),
        ("long", number(request.long)),
    ];
    let mut xml = "  <request>\n".to_owned();
    for (name, value) in fields {
        if let Some(value) = value {
            xml += &format!("    <{name}>{}</{name}>\n", escaped(&value));
        }
    }
    xml + "  </request>\n"
}

/// A text of XML 1.0: what it cannot hold at all becomes the replacement character.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => xml += "&amp;",
            '<' => xml += "&lt;",
            '>' => xml += "&gt;",
            '\r' => xml += "&#13;",
            '\t' | '\n' => xml.push(c),
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => xml.push('\u{fffd}'),
            _ => xml.push(c),
        }
    }
    xml
}
