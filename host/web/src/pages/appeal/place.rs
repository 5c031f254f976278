//! A plain map without foreign tiles: where the appeal is among others of the region with known coordinates, true to
//! scale, with a bar of kilometres. Nothing is drawn that is not known.

use veche_domain::appeal::Point;

/// Size of the drawing, its own units.
const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 200.0;
const MARGIN: f64 = 14.0;
/// Kilometres of a degree of latitude.
const DEGREE: f64 = 111.2;
/// Least extent that is drawn, kilometres: one yard fills no map.
const LEAST: f64 = 4.0;

/// Places on the drawing.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::pages) struct Map {
    pub(in crate::pages) others: Vec<(String, String)>,
    pub(in crate::pages) here: (String, String),
    /// Length of the bar in units of the drawing, and in kilometres.
    pub(in crate::pages) bar: (String, u32),
    pub(in crate::pages) position: String,
}

fn text(value: f64) -> String {
    format!("{value:.1}")
}

/// Draws one; `others` are places of other appeals.
pub(in crate::pages) fn map(here: Point, others: &[Point]) -> Map {
    let squeeze = here.latitude.to_radians().cos().max(0.05);
    let kilometres =
        |p: &Point| ((p.longitude - here.longitude) * DEGREE * squeeze, (here.latitude - p.latitude) * DEGREE);
    // A mistyped coordinate of one appeal must not shrink the region to a dot.
    let near = others.iter().map(kilometres).filter(|(x, y)| x.abs() < 400.0 && y.abs() < 400.0);
    let near: Vec<(f64, f64)> = near.collect();
    let bounds = |pick: fn(&(f64, f64)) -> f64| {
        let (low, high) = near.iter().map(pick).fold((0.0_f64, 0.0_f64), |(low, high), v| (low.min(v), high.max(v)));
        let lack = (LEAST - (high - low)).max(0.0) / 2.0;
        (low - lack, high + lack)
    };
    let ((left, right), (top, bottom)) = (bounds(|p| p.0), bounds(|p| p.1));
    let scale = ((WIDTH - 2.0 * MARGIN) / (right - left)).min((HEIGHT - 2.0 * MARGIN) / (bottom - top));
    let (middle_x, middle_y) = ((left + right) / 2.0, (top + bottom) / 2.0);
    let place =
        |(x, y): (f64, f64)| (text(WIDTH / 2.0 + (x - middle_x) * scale), text(HEIGHT / 2.0 + (y - middle_y) * scale));
    let bar = [1_u32, 2, 5, 10, 20, 50, 100, 200].into_iter().rev().find(|km| f64::from(*km) * scale <= WIDTH / 3.0);
    let bar = bar.unwrap_or(1);
    Map {
        others: near.into_iter().map(place).collect(),
        here: place((0.0, 0.0)),
        bar: (text(f64::from(bar) * scale), bar),
        position: format!("{:.5}, {:.5}", here.latitude, here.longitude),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_true_to_scale_and_holds_what_is_near() {
        let here = Point { latitude: 57.62, longitude: 39.87 };
        let north = Point { latitude: 57.72, longitude: 39.87 };
        let mistyped = Point { latitude: 5.7, longitude: 39.87 };
        let drawn = map(here, &[north, mistyped]);
        assert_eq!(drawn.others.len(), 1);
        let y = |place: &(String, String)| place.1.parse::<f64>().unwrap();
        let apart = y(&drawn.here) - y(&drawn.others[0]);
        let unit = drawn.bar.0.parse::<f64>().unwrap() / f64::from(drawn.bar.1);
        assert!((apart / unit - 11.12).abs() < 0.1, "{apart} {unit}");
        let alone = map(here, &[]);
        assert_eq!((alone.here, alone.bar.1), (("160.0".to_owned(), "100.0".to_owned()), 2));
    }
}
