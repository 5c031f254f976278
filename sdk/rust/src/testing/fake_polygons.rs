//! Areas of the stand-in, from GeoJSON: enough to test a rule that asks where a point lies.

use serde_json::Value;

use crate::Point;

/// Rings of an area; a point inside of an odd number of them lies in it.
#[derive(Debug, Clone)]
pub(super) struct Area {
    key: String,
    rings: Vec<Vec<(f64, f64)>>,
}

/// Areas of a FeatureCollection of polygons and multipolygons. What is none is left out.
pub(super) fn areas(geojson: &str) -> Vec<Area> {
    let value: Value = serde_json::from_str(geojson).unwrap_or_default();
    let features = value.get("features").and_then(Value::as_array).cloned().unwrap_or_default();
    features.iter().filter_map(area).collect()
}

fn area(feature: &Value) -> Option<Area> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let key = feature.pointer("/properties/key").or_else(|| feature.get("id")).map(text)?;
    let shape = feature.pointer("/geometry/coordinates")?;
    let polygons: Vec<&Value> = match feature.pointer("/geometry/type")?.as_str()? {
        "Polygon" => vec![shape],
        "MultiPolygon" => shape.as_array()?.iter().collect(),
        _ => return None,
    };
    let rings = polygons.into_iter().filter_map(Value::as_array).flatten().map(ring).collect();
    Some(Area { key, rings })
}

fn ring(ring: &Value) -> Vec<(f64, f64)> {
    let point = |point: &Value| Some((point.get(0)?.as_f64()?, point.get(1)?.as_f64()?));
    ring.as_array().into_iter().flatten().filter_map(point).collect()
}

/// Keys of the areas that hold a point, in order.
pub(super) fn locate(areas: &[Area], at: Point) -> Vec<String> {
    let holds = |area: &&Area| area.rings.iter().filter(|ring| is_inside(ring, at)).count() % 2 == 1;
    areas.iter().filter(holds).map(|area| area.key.clone()).collect()
}

/// Whether a ray to the east crosses the ring an odd number of times.
fn is_inside(ring: &[(f64, f64)], at: Point) -> bool {
    let (x, y) = (at.longitude, at.latitude);
    let edges = ring.iter().zip(ring.iter().skip(1));
    let crosses = |((x1, y1), (x2, y2)): &(&(f64, f64), &(f64, f64))| {
        (*y1 > y) != (*y2 > y) && x < x1 + (y - y1) * (x2 - x1) / (y2 - y1)
    };
    edges.filter(crosses).count() % 2 == 1
}
