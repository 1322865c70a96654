//! The chart of scores over time. The template draws it as SVG.

use std::fmt::Write;

use coach_core::domain::PracticeScore;
use serde::Serialize;

use super::{super::view::Time, view::category};

/// The coordinates stretch to the size of the element.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 120.0;
/// Longer numbers are shown in scientific notation.
const LONGEST: f64 = 1e6;

/// The geometry and the numbers of a chart, oldest score first.
#[derive(Serialize)]
pub(super) struct Chart {
    width: f64,
    height: f64,
    /// The line through all points, as SVG path data.
    line: String,
    /// The points, as SVG path data. Each is a line of length 0.
    dots: String,
    /// The scores at the top, in the middle and at the bottom.
    labels: [String; 3],
    /// The days at the left and at the right.
    days: [Time; 2],
    lowest: String,
    highest: String,
    latest: String,
    scores: Vec<ScoreRow>,
}

#[derive(Serialize)]
struct ScoreRow {
    started_at: Time,
    category: String,
    points: String,
}

impl Chart {
    /// Draws scores, newest first. Returns `None` if there are fewer than two, which show no change.
    pub(super) fn new(newest_first: &[PracticeScore]) -> Option<Self> {
        let scores: Vec<_> = newest_first.iter().rev().collect();
        let values: Vec<_> = scores.iter().map(|score| score.points).collect();
        let ([_, .., latest], [first, .., last]) = (&*values, &*scores) else { return None };
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (bottom, top) = scale(lowest, highest);
        let coordinates = coordinates(&values, bottom, top);
        let (mut line, mut dots) = (String::new(), String::new());
        for (number, (x, y)) in coordinates.into_iter().enumerate() {
            let command = if number == 0 { 'M' } else { 'L' };
            // Writing to a string cannot fail.
            let _ = write!(line, "{command}{x:.1} {y:.1}");
            let _ = write!(dots, "M{x:.1} {y:.1}h0");
        }
        let row = |score: &&PracticeScore| ScoreRow {
            started_at: score.started_at.into(),
            category: category(score.category.as_ref()),
            points: points(score.points),
        };
        Some(Self {
            width: WIDTH,
            height: HEIGHT,
            line,
            dots,
            labels: [top, bottom / 2.0 + top / 2.0, bottom].map(label),
            days: [first, last].map(|score| Time::day(score.started_at)),
            lowest: points(lowest),
            highest: points(highest),
            latest: points(*latest),
            scores: scores.iter().map(row).collect(),
        })
    }
}

/// Returns whole numbers around the scores, so that the labels are short. Equal scores are in the middle.
fn scale(lowest: f64, highest: f64) -> (f64, f64) {
    match (lowest.floor(), highest.ceil()) {
        (bottom, top) if bottom == top => (bottom - 1.0, top + 1.0),
        scale => scale,
    }
}

/// Returns a point for each value, from left to right at equal distances.
fn coordinates(values: &[f64], bottom: f64, top: f64) -> Vec<(f64, f64)> {
    // Halved, because the difference of two numbers can be infinite.
    let span = top / 2.0 - bottom / 2.0;
    let gaps = values.len().saturating_sub(1).max(1) as f64;
    let point = |(number, value): (usize, &f64)| {
        let share = if span > 0.0 { (value / 2.0 - bottom / 2.0) / span } else { 0.5 };
        (WIDTH * number as f64 / gaps, HEIGHT * (1.0 - share.clamp(0.0, 1.0)))
    };
    values.iter().enumerate().map(point).collect()
}

/// Returns a number with one decimal place.
pub(super) fn points(number: f64) -> String {
    let rounded = (number * 10.0).round() / 10.0;
    match rounded {
        _ if number.abs() >= LONGEST => format!("{number:.1e}"),
        // Without the sign of a negative zero.
        0.0 => "0.0".to_owned(),
        _ => format!("{rounded:.1}"),
    }
}

/// Returns a number without a decimal place that is zero.
fn label(number: f64) -> String {
    let points = points(number);
    points.strip_suffix(".0").unwrap_or(&points).to_owned()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn scores(values: &[f64]) -> Vec<PracticeScore> {
        let score = |points: &f64| PracticeScore {
            started_at: DateTime::UNIX_EPOCH,
            category: None,
            points: *points,
        };
        values.iter().map(score).collect()
    }

    fn chart(values: &[f64]) -> Chart {
        Chart::new(&scores(values)).unwrap()
    }

    /// Reads the points of path data.
    fn read(path: &str) -> Vec<(f64, f64)> {
        let pairs = path.split(['M', 'L']).map(|pair| pair.trim_end_matches("h0"));
        let pairs = pairs.filter_map(|pair| pair.split_once(' '));
        pairs.map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap())).collect()
    }

    #[test]
    fn fewer_than_two_scores_have_no_chart() {
        assert!(Chart::new(&[]).is_none());
        assert!(Chart::new(&scores(&[7.0])).is_none());
    }

    #[test]
    fn oldest_score_is_on_the_left_and_highest_at_the_top() {
        let chart = chart(&[8.0, 4.0, 6.0]);
        assert_eq!(chart.line, "M0.0 60.0L300.0 120.0L600.0 0.0");
        assert_eq!(chart.dots, "M0.0 60.0h0M300.0 120.0h0M600.0 0.0h0");
        assert_eq!(chart.labels, ["8", "6", "4"]);
        let shown = [&chart.lowest, &chart.highest, &chart.latest];
        assert_eq!(shown, ["4.0", "8.0", "8.0"]);
        assert_eq!(chart.days.map(|day| day.text), ["1 Jan 1970", "1 Jan 1970"]);
        let rows: Vec<_> = chart.scores.iter().map(|row| row.points.as_str()).collect();
        assert_eq!(rows, ["6.0", "4.0", "8.0"]);
    }

    #[test]
    fn equal_scores_are_a_line_in_the_middle() {
        let chart = chart(&[7.0, 7.0]);
        assert_eq!(
            (chart.line.as_str(), chart.labels),
            ("M0.0 60.0L600.0 60.0", ["8", "7", "6"].map(String::from))
        );
    }

    #[test]
    fn numbers_have_one_decimal_place_and_labels_need_none() {
        for (number, text, short) in [
            (7.0, "7.0", "7"),
            (7.25, "7.3", "7.3"),
            (-0.04, "0.0", "0"),
            (-1.25, "-1.3", "-1.3"),
            (999_999.0, "999999.0", "999999"),
            (f64::MAX, "1.8e308", "1.8e308"),
            (f64::MIN_POSITIVE, "0.0", "0"),
        ] {
            assert_eq!((points(number).as_str(), label(number).as_str()), (text, short));
        }
    }

    fn any_score() -> impl Strategy<Value = f64> {
        let extreme = [f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 0.0, -0.0, 7.0];
        let any = any::<f64>().prop_filter("a score is finite", |score| score.is_finite());
        prop_oneof![Just(0.0), proptest::sample::select(extreme.to_vec()), any, 0.0..10.0f64]
    }

    proptest! {
        #[test]
        fn every_point_is_within_the_chart(values in proptest::collection::vec(any_score(), 2..=30)) {
            let chart = chart(&values);
            for path in [&chart.line, &chart.dots] {
                let drawn = read(path);
                prop_assert_eq!(drawn.len(), values.len(), "{}", path);
                for (x, y) in &drawn {
                    prop_assert!((0.0..=WIDTH).contains(x) && (0.0..=HEIGHT).contains(y), "{}", path);
                }
                prop_assert!(drawn.windows(2).all(|pair| pair[0].0 < pair[1].0), "{}", path);
            }
            let numbers = chart.labels.iter().chain([&chart.lowest, &chart.highest, &chart.latest]);
            for number in numbers.chain(chart.scores.iter().map(|row| &row.points)) {
                prop_assert!(number.len() <= 9 && !number.contains(['N', 'i']), "{}", number);
            }
        }

        #[test]
        fn higher_score_is_never_drawn_lower(values in proptest::collection::vec(any_score(), 2..=30)) {
            let drawn = read(&chart(&values).line);
            for (a, at) in values.iter().rev().zip(&drawn) {
                for (b, bt) in values.iter().rev().zip(&drawn) {
                    prop_assert!(a <= b || at.1 <= bt.1);
                }
            }
        }
    }
}
