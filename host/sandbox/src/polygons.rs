//! Polygons that are asked for a point: `locate` of the contract. Planar, on degrees; a region is small enough.

use serde_json::Value;

/// Most points of a dataset: an index of them stays under some hundred megabytes.
const POINT_LIMIT: usize = 4_000_000;
/// Cells of the index along each side.
const GRID: usize = 64;

/// Named areas; each has polygons, and each of these holes.
#[derive(Debug, Default)]
pub struct Polygons {
    /// Keys, in file order.
    pub keys: Vec<String>,
    areas: Vec<Area>,
    bounds: Bounds,
    /// Areas whose box touches a cell, in file order.
    cells: Vec<Vec<u32>>,
}

#[derive(Debug)]
struct Area {
    bounds: Bounds,
    polygons: Vec<Polygon>,
}

/// A ring that holds, and rings that do not.
#[derive(Debug)]
struct Polygon {
    bounds: Bounds,
    outer: Ring,
    holes: Vec<Ring>,
}

/// Longitude and latitude, closed.
type Ring = Vec<(f64, f64)>;

#[derive(Debug, Clone, Copy)]
struct Bounds {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { west: f64::INFINITY, south: f64::INFINITY, east: f64::NEG_INFINITY, north: f64::NEG_INFINITY }
    }
}

impl Bounds {
    fn of(ring: &Ring) -> Self {
        ring.iter().fold(Self::default(), |b, &(x, y)| b.with(Self { west: x, south: y, east: x, north: y }))
    }

    fn with(self, other: Self) -> Self {
        Self {
            west: self.west.min(other.west),
            south: self.south.min(other.south),
            east: self.east.max(other.east),
            north: self.north.max(other.north),
        }
    }

    fn holds(&self, x: f64, y: f64) -> bool {
        (self.west..=self.east).contains(&x) && (self.south..=self.north).contains(&y)
    }
}

impl Polygons {
    /// Reads a GeoJSON FeatureCollection (RFC 7946) of polygons and multipolygons. The key of a feature is its
    /// property `key`, else its `id`.
    ///
    /// # Errors
    /// The feature and what is wrong with it.
    pub fn from_geojson(bytes: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(bytes).map_err(|e| format!("this is no GeoJSON: {e}"))?;
        let features = match (value.get("type").and_then(Value::as_str), value.get("features")) {
            (Some("FeatureCollection"), Some(Value::Array(features))) => features,
            _ => return Err("this is no GeoJSON FeatureCollection: give `type` and `features` (RFC 7946)".into()),
        };
        let mut polygons = Self::default();
        let mut points = 0;
        for (number, feature) in features.iter().enumerate() {
            let place = |reason: String| format!("feature {number}: {reason}");
            let key = key(feature).ok_or_else(|| place("it has no property `key` and no `id`: name it".into()))?;
            let area = area(feature).map_err(place)?;
            points += area
                .polygons
                .iter()
                .map(|p| p.outer.len() + p.holes.iter().map(Vec::len).sum::<usize>())
                .sum::<usize>();
            if points > POINT_LIMIT {
                return Err(place(format!("the polygons have over {POINT_LIMIT} points: simplify them")));
            }
            polygons.bounds = polygons.bounds.with(area.bounds);
            polygons.keys.push(key);
            polygons.areas.push(area);
        }
        if polygons.areas.is_empty() {
            return Err("the collection holds no feature".into());
        }
        polygons.index();
        Ok(polygons)
    }

    fn index(&mut self) {
        self.cells = vec![Vec::new(); GRID * GRID];
        for (number, area) in self.areas.iter().enumerate() {
            let (columns, rows) = (
                self.column(area.bounds.west)..=self.column(area.bounds.east),
                self.row(area.bounds.south)..=self.row(area.bounds.north),
            );
            for row in rows {
                for column in columns.clone() {
                    if let (Some(cell), Ok(number)) = (self.cells.get_mut(row * GRID + column), u32::try_from(number)) {
                        cell.push(number);
                    }
                }
            }
        }
    }

    fn column(&self, x: f64) -> usize {
        cell(x, self.bounds.west, self.bounds.east)
    }

    fn row(&self, y: f64) -> usize {
        cell(y, self.bounds.south, self.bounds.north)
    }

    /// Keys of the areas that hold a point, in file order. A point on an edge belongs to at least one of the areas that
    /// share it.
    pub fn locate(&self, latitude: f64, longitude: f64) -> impl Iterator<Item = &String> {
        let (x, y) = (longitude, latitude);
        let near: &[u32] = if self.bounds.holds(x, y) {
            self.cells.get(self.row(y) * GRID + self.column(x)).map_or(&[], Vec::as_slice)
        } else {
            &[]
        };
        near.iter().filter_map(move |&number| {
            let number = usize::try_from(number).ok()?;
            let area = self.areas.get(number)?;
            if area.holds(x, y) { self.keys.get(number) } else { None }
        })
    }
}

fn cell(value: f64, low: f64, high: f64) -> usize {
    let width = high - low;
    if width <= 0.0 {
        return 0;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // Clamped.
    let cell = (((value - low) / width) * GRID as f64) as usize;
    cell.min(GRID - 1)
}

impl Area {
    fn holds(&self, x: f64, y: f64) -> bool {
        self.bounds.holds(x, y) && self.polygons.iter().any(|p| p.holds(x, y))
    }
}

impl Polygon {
    fn holds(&self, x: f64, y: f64) -> bool {
        self.bounds.holds(x, y) && inside(&self.outer, x, y) && !self.holes.iter().any(|hole| inside(hole, x, y))
    }
}

/// Crossings of a ray to the east. Half-open edges, so a point on a shared edge is on one side of it, not on both.
fn inside(ring: &Ring, x: f64, y: f64) -> bool {
    let ends = ring.iter().zip(ring.iter().skip(1));
    ends.filter(|((ax, ay), (bx, by))| (*ay > y) != (*by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax).count() % 2
        == 1
}

fn key(feature: &Value) -> Option<String> {
    let text = |value: &Value| match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    feature.pointer("/properties/key").and_then(text).or_else(|| feature.get("id").and_then(text))
}

fn area(feature: &Value) -> Result<Area, String> {
    let geometry = feature.get("geometry").ok_or("it has no geometry")?;
    let coordinates = geometry.get("coordinates").and_then(Value::as_array).ok_or("its geometry has no coordinates")?;
    let polygons = match geometry.get("type").and_then(Value::as_str) {
        Some("Polygon") => vec![polygon(coordinates)?],
        Some("MultiPolygon") => coordinates
            .iter()
            .map(|rings| polygon(rings.as_array().ok_or("a polygon of it is no list of rings")?))
            .collect::<Result<_, String>>()?,
        other => {
            return Err(format!(
                "its geometry is {}: only Polygon and MultiPolygon are taken",
                other.unwrap_or("missing")
            ));
        }
    };
    let bounds = polygons.iter().fold(Bounds::default(), |b, p| b.with(p.bounds));
    Ok(Area { bounds, polygons })
}

fn polygon(rings: &[Value]) -> Result<Polygon, String> {
    let mut rings = rings.iter().map(ring).collect::<Result<Vec<Ring>, String>>()?.into_iter();
    let outer = rings.next().ok_or("a polygon of it has no ring")?;
    Ok(Polygon { bounds: Bounds::of(&outer), outer, holes: rings.collect() })
}

fn ring(value: &Value) -> Result<Ring, String> {
    let points = value.as_array().ok_or("a ring of it is no list of points")?;
    let mut ring = Vec::with_capacity(points.len());
    for point in points {
        let number = |i: usize| point.get(i).and_then(Value::as_f64);
        let (Some(x), Some(y)) = (number(0), number(1)) else {
            return Err("a point of it is no pair [longitude, latitude]".into());
        };
        if !(-180.0..=180.0).contains(&x) || !(-90.0..=90.0).contains(&y) {
            return Err(format!("the point [{x}, {y}] is not on the globe: write [longitude, latitude]"));
        }
        ring.push((x, y));
    }
    if ring.len() < 4 || ring.first() != ring.last() {
        return Err("a ring of it is not closed: at least four points, the last equal to the first".into());
    }
    Ok(ring)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn feature(key: &str, kind: &str, coordinates: &str) -> String {
        format!(
            r#"{{"type":"Feature","properties":{{"key":"{key}"}},"geometry":{{"type":"{kind}","coordinates":{coordinates}}}}}"#
        )
    }

    fn square(x: f64, y: f64, side: f64) -> String {
        let (e, n) = (x + side, y + side);
        format!("[[{x},{y}],[{e},{y}],[{e},{n}],[{x},{n}],[{x},{y}]]")
    }

    fn collection(features: &[String]) -> String {
        format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
    }

    #[test]
    fn points_are_found_in_polygons_with_holes_and_parts() {
        let ring = format!("[{},{}]", square(39.0, 57.0, 2.0), square(39.5, 57.5, 1.0));
        let parts = format!("[[{}],[{}]]", square(39.6, 57.6, 0.2), square(50.0, 60.0, 1.0));
        let text = collection(&[feature("ring", "Polygon", &ring), feature("parts", "MultiPolygon", &parts)]);
        let polygons = Polygons::from_geojson(text.as_bytes()).unwrap();
        for (latitude, longitude, expected) in [
            (57.1, 39.1, vec!["ring"]),
            (57.9, 39.9, vec![]),
            (57.7, 39.7, vec!["parts"]),
            (60.5, 50.5, vec!["parts"]),
            (60.5, 52.0, vec![]),
            (58.9, 40.9, vec!["ring"]),
            (0.0, 0.0, vec![]),
            (f64::NAN, 39.1, vec![]),
        ] {
            let found: Vec<_> = polygons.locate(latitude, longitude).collect();
            assert_eq!(found, expected, "{latitude} {longitude}");
        }
    }

    #[test]
    fn a_shared_edge_has_no_gap_and_the_index_agrees_with_a_look_at_all() {
        let tiles: Vec<String> = (0..100)
            .map(|n| {
                let (x, y) = (30.0 + f64::from(n % 10), 50.0 + f64::from(n / 10));
                feature(&n.to_string(), "Polygon", &format!("[{}]", square(x, y, 1.0)))
            })
            .collect();
        let polygons = Polygons::from_geojson(collection(&tiles).as_bytes()).unwrap();
        for i in 0..100 {
            for j in 0..100 {
                let (x, y) = (30.0 + f64::from(i) / 10.0, 50.0 + f64::from(j) / 10.0);
                let found: Vec<&String> = polygons.locate(y, x).collect();
                let all: Vec<&String> =
                    polygons.areas.iter().zip(&polygons.keys).filter(|(a, _)| a.holds(x, y)).map(|(_, k)| k).collect();
                assert_eq!(found, all, "{x} {y}");
                assert_eq!(found.len(), 1, "{x} {y}");
            }
        }
    }

    #[test]
    fn broken_geojson_is_named() {
        let open = "[[[1,1],[2,1],[2,2],[1,2]]]";
        let swapped = "[[[57,139],[58,139],[58,140],[57,139]]]";
        for (text, part) in [
            ("{".to_owned(), "no GeoJSON"),
            (r#"{"type":"Feature"}"#.to_owned(), "FeatureCollection"),
            (collection(&[]), "no feature"),
            (collection(&[feature("", "Polygon", open)]), "feature 0: it has no property `key`"),
            (collection(&[feature("a", "Point", "[1,2]")]), "its geometry is Point"),
            (collection(&[feature("a", "Polygon", open)]), "not closed"),
            (collection(&[feature("a", "Polygon", swapped)]), "not on the globe"),
            (collection(&[feature("a", "Polygon", r#"[[["x",1]]]"#)]), "no pair"),
        ] {
            let error = Polygons::from_geojson(text.as_bytes()).unwrap_err();
            assert!(error.contains(part), "{part}: {error}");
        }
    }
}
