//! Plots as inline SVG. Colours are classes of the page's style sheet, so that they follow light and dark.

use super::shown;
use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 44.0;
/// Height of a server's strip in a plot of runs.
const STRIP: f64 = 34.0;
/// Colours that the style sheet has; further lines use them again, dashed.
const COLOURS: usize = 6;

/// How values become places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Evenly, from zero.
    Linear,
    /// By their logarithm.
    Log,
    /// Shares of all, by the number of nines: 0.9, 0.99 and 0.999 are equally far apart.
    Nines,
}

/// A named line.
#[derive(Clone, Debug)]
pub struct Line {
    /// Name.
    pub name: String,
    /// Points from left to right.
    pub points: Vec<(f64, f64)>,
}

/// A plot of lines.
pub struct Plot<'a> {
    /// What is shown, for those who cannot see it.
    pub title: &'a str,
    /// Name of the horizontal axis.
    pub x_label: &'a str,
    /// Name of the vertical axis.
    pub y_label: &'a str,
    /// Horizontal scale.
    pub x: Scale,
    /// Vertical scale.
    pub y: Scale,
    /// The lines.
    pub lines: Vec<Line>,
}

/// Text that cannot be taken for markup.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn colour(index: usize) -> String {
    let dashed = if index >= COLOURS { " dashed" } else { "" };
    format!("c{}{dashed}", index % COLOURS)
}

impl Scale {
    fn place(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Log => value.max(1e-6).log10(),
            // The slowest of all has no number of nines; it stands one behind the last that reports show.
            Self::Nines => (-(1.0 - value.min(0.999_99)).log10()).max(0.0),
        }
    }

    /// Values worth a line, between the smallest and the largest.
    fn marks(self, low: f64, high: f64) -> Vec<f64> {
        match self {
            Self::Linear => {
                let rough = (high / 5.0).max(1e-9);
                let power = 10_f64.powf(rough.log10().floor());
                let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
                let step = steps.into_iter().find(|step| *step >= rough).unwrap_or(rough);
                (0..=6).map(|index| f64::from(index) * step).filter(|mark| *mark <= high * 1.001).collect()
            }
            Self::Log => {
                let decades = (low.max(1e-6).log10().floor()..=high.max(1e-6).log10().ceil(), 1.0);
                let (from, to) = (*decades.0.start(), *decades.0.end());
                let mut marks = Vec::new();
                let mut at = from;
                while at <= to {
                    marks.push(10_f64.powf(at));
                    at += decades.1;
                }
                marks
            }
            Self::Nines => vec![0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0],
        }
    }

    fn label(self, mark: f64) -> String {
        match self {
            Self::Nines if mark >= 1.0 => "max".to_owned(),
            Self::Nines => format!("p{}", (mark * 1e6).round() / 1e4),
            _ if mark >= 1.0 || mark == 0.0 => format!("{mark:.0}"),
            _ => format!("{mark}"),
        }
    }
}

/// A range of places, and how it lies on the paper.
struct Axis {
    scale: Scale,
    marks: Vec<f64>,
    from: f64,
    to: f64,
}

impl Axis {
    fn new(scale: Scale, values: impl Iterator<Item = f64> + Clone) -> Self {
        let low = values.clone().fold(f64::INFINITY, f64::min);
        let high = values.fold(f64::NEG_INFINITY, f64::max);
        let marks = scale.marks(low, high);
        let (first, last) = (marks.first().copied().unwrap_or(low), marks.last().copied().unwrap_or(high));
        let (from, to) = match scale {
            Scale::Linear => (0.0, high.max(last) * 1.05),
            Scale::Log => (scale.place(first), scale.place(last)),
            Scale::Nines => (0.0, scale.place(1.0)),
        };
        Self { scale, marks, from, to: if to > from { to } else { from + 1.0 } }
    }

    /// 0 to 1.
    fn share(&self, value: f64) -> f64 {
        (self.scale.place(value) - self.from) / (self.to - self.from)
    }
}

impl Plot<'_> {
    /// The plot with its legend.
    pub fn svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| line.points.iter());
        if points().next().is_none() {
            return String::new();
        }
        let (x, y) = (
            Axis::new(self.x, points().map(|point| point.0)),
            Axis::new(self.y, points().map(|point| point.1)),
        );
        let across = |value: f64| LEFT + x.share(value) * (WIDTH - LEFT - RIGHT);
        let down = |value: f64| HEIGHT - BOTTOM - y.share(value) * (HEIGHT - TOP - BOTTOM);
        let mut out = format!(
            "<figure><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n",
            escaped(self.title)
        );
        for mark in &y.marks {
            let (at, label) = (down(*mark), self.y.label(*mark));
            let _always = writeln!(
                out,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
                 <text class=\"mark\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                WIDTH - RIGHT,
                LEFT - 8.0,
                at + 4.0,
            );
        }
        for mark in &x.marks {
            let (at, label) = (across(*mark), self.x.label(*mark));
            let _always = writeln!(
                out,
                "<line class=\"grid\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{TOP}\" y2=\"{}\"/>\
                 <text class=\"mark\" x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{label}</text>",
                HEIGHT - BOTTOM,
                HEIGHT - BOTTOM + 17.0,
            );
        }
        let _always = writeln!(
            out,
            "<text class=\"name\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\
             <text class=\"name\" transform=\"translate(13 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            f64::midpoint(LEFT, WIDTH - RIGHT),
            HEIGHT - 8.0,
            escaped(self.x_label),
            f64::midpoint(TOP, HEIGHT - BOTTOM),
            escaped(self.y_label),
        );
        for (index, line) in self.lines.iter().enumerate() {
            let class = colour(index);
            let path: Vec<String> =
                line.points.iter().map(|(h, v)| format!("{:.1},{:.1}", across(*h), down(*v))).collect();
            let _always = writeln!(out, "<polyline class=\"line {class}\" points=\"{}\"/>", path.join(" "));
            for (h, v) in &line.points {
                let (name, label) = (escaped(&line.name), self.x.label(*h));
                let _always = writeln!(
                    out,
                    "<circle class=\"dot {class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"><title>{name}, {label}: {}</title></circle>",
                    across(*h),
                    down(*v),
                    shown(*v),
                );
            }
        }
        out += "</svg>\n";
        let legend = self
            .lines
            .iter()
            .enumerate()
            .map(|(index, line)| format!("<li class=\"{}\">{}</li>", colour(index), escaped(&line.name)));
        let _always = writeln!(
            out,
            "<figcaption>{}<ul class=\"legend\">{}</ul></figcaption></figure>",
            escaped(self.title),
            legend.collect::<String>()
        );
        out
    }
}

/// One strip for each server: a dot for each run, a line at the median.
pub fn runs(title: &str, unit: &str, servers: &[(String, Vec<f64>, Option<f64>)]) -> String {
    let values = servers.iter().flat_map(|server| server.1.iter().copied());
    if values.clone().next().is_none() || values.clone().any(|value| value < 0.0) {
        return String::new();
    }
    let axis = Axis::new(Scale::Linear, values);
    let left = 130.0;
    let across = |value: f64| left + axis.share(value) * (WIDTH - left - RIGHT);
    #[expect(clippy::cast_precision_loss, reason = "a handful of servers")]
    let height = TOP + STRIP * servers.len() as f64 + BOTTOM;
    let mut out = format!(
        "<figure><svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">\n",
        escaped(title)
    );
    for mark in &axis.marks {
        let at = across(*mark);
        let _always = writeln!(
            out,
            "<line class=\"grid\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{TOP}\" y2=\"{}\"/>\
             <text class=\"mark\" x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            height - BOTTOM,
            height - BOTTOM + 17.0,
            (mark * 1e6).round() / 1e6,
        );
    }
    let mut middle = TOP + STRIP / 2.0;
    for (index, (name, values, median)) in servers.iter().enumerate() {
        let class = colour(index);
        let _always = writeln!(
            out,
            "<text class=\"name\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            left - 10.0,
            middle + 4.0,
            escaped(name)
        );
        if let Some(median) = median {
            let at = across(*median);
            let _always = writeln!(
                out,
                "<line class=\"median {class}\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{}\" y2=\"{}\"><title>median {}</title></line>",
                middle - 12.0,
                middle + 12.0,
                shown(*median)
            );
        }
        for value in values {
            let _always = writeln!(
                out,
                "<circle class=\"dot {class}\" cx=\"{:.1}\" cy=\"{middle}\" r=\"4\"><title>{}</title></circle>",
                across(*value),
                shown(*value)
            );
        }
        middle += STRIP;
    }
    let _always = write!(
        out,
        "<text class=\"name\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text></svg>\n\
         <figcaption>{}; a dot for each run, a line at the median</figcaption></figure>\n",
        f64::midpoint(left, WIDTH - RIGHT),
        height - 8.0,
        escaped(unit),
        escaped(title),
    );
    out
}
