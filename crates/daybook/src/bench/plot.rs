//! A plot of latency over percentiles, as SVG: a line a round, both axes logarithmic.
//!
//! The axis of percentiles goes by how many calls are slower (10 %, 1 %, 0.1 % …), because it is the tail that tells
//! services apart.

use std::fmt::Write;

use hdrhistogram::Histogram;

use super::tally::quantile_ms;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 55.0;

/// Told apart by people who do not see all colours, too (Okabe and Ito).
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/// Points a line has for each power of ten.
const POINTS_A_DECADE: u32 = 40;

/// One line: its name, and latencies in microseconds.
pub(crate) type Line<'a> = (String, &'a Histogram<u64>);

/// The whole file.
pub(crate) fn svg(title: &str, lines: &[Line<'_>]) -> String {
    let scale = Scale::of(lines);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
    );
    text(&mut svg, LEFT, 25.0, "start", title);
    axes(&mut svg, &scale);
    for (number, (name, histogram)) in lines.iter().enumerate() {
        let colour = COLOURS[number % COLOURS.len()];
        let _ = writeln!(
            svg,
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\" points=\"{}\"/>",
            points(&scale, histogram)
        );
        let row = f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        let y = TOP + 15.0 + 18.0 * row;
        let x = WIDTH - RIGHT + 15.0;
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{:.1}\" width=\"14\" height=\"3\" fill=\"{colour}\"/>",
            y - 5.0
        );
        text(&mut svg, x + 20.0, y, "start", name);
    }
    svg.push_str("</svg>\n");
    svg
}

/// From what is measured to places on the picture.
struct Scale {
    /// Powers of ten of the slowest share that is shown: 3 for 0.1 %.
    decades: u32,
    /// Powers of ten in milliseconds.
    low: i32,
    high: i32,
}

impl Scale {
    fn of(lines: &[Line<'_>]) -> Self {
        let count = lines.iter().map(|(_, histogram)| histogram.len()).max().unwrap_or(0);
        // Beyond one call of all there is nothing to see.
        let decades = count.max(10).ilog10().clamp(1, 6);
        let ends = |at: f64| lines.iter().map(move |(_, h)| quantile_ms(h, at).max(0.001));
        let low = ends(0.0).fold(f64::INFINITY, f64::min);
        let high = ends(1.0).fold(0.001, f64::max);
        let power =
            |value: f64| -> i32 { (-3..6).rev().find(|p| 10_f64.powi(*p) <= value).unwrap_or(-3) };
        let low = power(if low.is_finite() { low } else { 0.1 });
        Self { decades, low, high: (power(high) + 1).max(low + 1) }
    }

    /// `share`: of calls that are slower, as a power of ten (0 for all, 2 for 1 %).
    fn x(&self, share: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * share / f64::from(self.decades)
    }

    fn y(&self, milliseconds: f64) -> f64 {
        let (low, high) = (f64::from(self.low), f64::from(self.high));
        let place = ((milliseconds.max(1e-6).log10() - low) / (high - low)).clamp(0.0, 1.0);
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * place
    }
}

fn axes(svg: &mut String, scale: &Scale) {
    for decade in 0..=scale.decades {
        let x = scale.x(f64::from(decade));
        rule(svg, (x, TOP), (x, HEIGHT - BOTTOM));
        let share = 10_f64.powi(-i32::try_from(decade).unwrap_or(0));
        let label = format!("{}", ((1.0 - share) * 100.0 * 1e6).round() / 1e6);
        text(svg, x, HEIGHT - BOTTOM + 18.0, "middle", &label);
    }
    for power in scale.low..=scale.high {
        let milliseconds = 10_f64.powi(power);
        let y = scale.y(milliseconds);
        rule(svg, (LEFT, y), (WIDTH - RIGHT, y));
        text(svg, LEFT - 8.0, y + 4.0, "end", &format!("{milliseconds}"));
    }
    text(svg, LEFT, TOP - 8.0, "end", "ms");
    text(svg, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12.0, "middle", "percentile");
}

fn points(scale: &Scale, histogram: &Histogram<u64>) -> String {
    let mut points = String::new();
    for step in 0..=scale.decades * POINTS_A_DECADE {
        let share = f64::from(step) / f64::from(POINTS_A_DECADE);
        let milliseconds = quantile_ms(histogram, 1.0 - 10_f64.powf(-share));
        let _ = write!(points, "{:.1},{:.1} ", scale.x(share), scale.y(milliseconds));
    }
    points
}

fn rule(svg: &mut String, from: (f64, f64), to: (f64, f64)) {
    let _ = writeln!(
        svg,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"#ddd\"/>",
        from.0, from.1, to.0, to.1
    );
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ =
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{escaped}</text>");
}

#[cfg(test)]
mod tests {
    use super::super::tally::empty_histogram;
    use super::*;

    #[test]
    fn a_plot_has_a_line_a_round_and_stays_inside_the_picture() {
        let mut histogram = empty_histogram();
        for microseconds in 1..=10_000 {
            histogram.saturating_record(microseconds);
        }
        let svg = svg("a < b", &[("1".to_owned(), &histogram), ("2".to_owned(), &histogram)]);
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert!(svg.contains("a &lt; b") && svg.contains(">99.99<"), "{svg}");
        let points = svg.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
        for point in points.split_whitespace() {
            let (x, y) = point.split_once(',').unwrap();
            let inside = |value: &str, most: f64| (0.0..=most).contains(&value.parse().unwrap());
            assert!(inside(x, WIDTH) && inside(y, HEIGHT), "{point}");
        }
    }
}
