//! A score as one HTML file that needs nothing else: figures, reliability diagram, thresholds, mistakes, misses.
//!
//! Everything that comes from a table or a server is escaped. The file names no photo's place on this machine.

mod chart;

use super::breakdown::ConditionScore;
use super::score::{KindCount, Miss, Score};
use super::text::percent;

/// Kinds of mistake that are shown.
const KINDS_SHOWN: usize = 10;

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8888;--one:#1f6feb;--two:#d1242f}\
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;margin:.5rem 0 1.5rem}\
th,td{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid var(--line);vertical-align:top}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\
svg{max-width:100%;height:auto;font:12px system-ui,sans-serif}svg text{fill:currentColor}\
.charts{display:flex;flex-wrap:wrap;gap:2rem}figure{margin:0}figcaption{max-width:28rem;opacity:.8}";

impl Score {
    /// The score as a self-contained HTML page. `title` says what was scored.
    #[must_use]
    pub fn to_html(&self, title: &str) -> String {
        let title = escape(title);
        let mut page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
             <h1>{title}</h1>\n"
        );
        page.push_str(&shares(self));
        page.push_str(&charts(self));
        page.push_str(&kinds(&self.error_kinds));
        page.push_str(&conditions(&self.conditions));
        page.push_str(&misses(&self.misses));
        page.push_str("</html>\n");
        page
    }
}

fn shares(score: &Score) -> String {
    let sure = &score.intervals;
    let rows = [
        ("read exactly", score.exact, sure.exact),
        ("read after O=0, I=1", score.folded, sure.folded),
        ("accepted without a person", score.accepted, sure.accepted),
        ("wrong among the accepted", score.wrong_accepted, sure.wrong_accepted),
    ];
    let rows = rows.map(|(what, share, interval)| vec![text(what), number(&percent(share)), number(&span(interval))]);
    let seconds = score.seconds_per_photo.map_or_else(String::new, |s| format!("; {s:.2} s of the recogniser each"));
    let unread =
        if score.unread > 0 { format!("; {} left out, without a reading", score.unread) } else { String::new() };
    let table = table(&["", "share", "95 % interval (Clopper-Pearson)"], &rows);
    format!("<p>{} photos{seconds}{unread}.</p>\n{table}", score.photos)
}

fn charts(score: &Score) -> String {
    if score.reliability.bins.is_empty() {
        return "<p>Nothing was read, so there is nothing to draw.</p>\n".to_owned();
    }
    let (error, brier) = (score.reliability.calibration_error, score.reliability.brier);
    format!(
        "<div class=\"charts\"><figure><h2>Does the confidence hold?</h2>{}<figcaption>Dots: share read exactly of the \
         photos of a range of confidence, with 95 % intervals and the number of photos. On the diagonal the confidence \
         means what it says. Mean distance {error:.3}, Brier score {brier:.3}.</figcaption></figure>\n\
         <figure><h2>What a threshold does</h2>{}<figcaption>Left axis, blue: share of all photos accepted. Right axis, \
         red: share of those that is wrong. Below the threshold of this run both are upper bounds.</figcaption></figure>\
         </div>\n",
        chart::reliability(&score.reliability.bins),
        chart::thresholds(&score.thresholds)
    )
}

fn kinds(kinds: &[KindCount]) -> String {
    if kinds.is_empty() {
        return String::new();
    }
    let count = |count: usize| number(&count.to_string());
    let row = |kind: &KindCount| vec![text(&kind.kind), count(kind.photos), count(kind.accepted)];
    let rows: Vec<_> = kinds.iter().take(KINDS_SHOWN).map(row).collect();
    format!("<h2>Commonest kinds of mistake</h2>\n{}", table(&["kind", "photos", "of them accepted"], &rows))
}

fn conditions(conditions: &[ConditionScore]) -> String {
    if conditions.is_empty() {
        return String::new();
    }
    let row = |row: &ConditionScore| {
        let reasons: Vec<String> = row.reasons.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        vec![
            text(&row.condition),
            number(&row.photos.to_string()),
            number(&percent(row.exact)),
            number(&percent(row.folded)),
            number(&format!("{} ({})", percent(row.accepted), span(row.accepted_interval))),
            number(&format!("{} ({})", percent(row.wrong_accepted), span(row.wrong_interval))),
            text(&reasons.join(", ")),
        ]
    };
    let rows: Vec<_> = conditions.iter().map(row).collect();
    let heads = ["condition", "photos", "exact", "folded", "accepted", "wrong among them", "why the others were not"];
    format!("<h2>By condition</h2>\n<p>A photo counts in each of its conditions.</p>\n{}", table(&heads, &rows))
}

fn misses(misses: &[Miss]) -> String {
    if misses.is_empty() {
        return "<p>No misses.</p>\n".to_owned();
    }
    let row = |miss: &Miss| {
        let confidence = miss.confidence.map_or_else(String::new, |confidence| format!("{confidence:.3}"));
        let (kinds, reason) = (miss.kinds.join(", "), miss.reason.as_deref().unwrap_or_default());
        [&miss.file, &miss.truth, &miss.read, &confidence, &kinds, &miss.state, reason].map(text).to_vec()
    };
    let rows: Vec<_> = misses.iter().map(row).collect();
    let heads = ["file", "truth", "read", "confidence", "mistakes", "state", "reason"];
    format!("<h2>Every miss ({})</h2>\n{}", misses.len(), table(&heads, &rows))
}

fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let heads: String = heads.iter().map(|head| format!("<th>{head}</th>")).collect();
    let mut out = format!("<table><tr>{heads}</tr>\n");
    for row in rows {
        out.push_str(&format!("<tr>{}</tr>\n", row.concat()));
    }
    out.push_str("</table>\n");
    out
}

fn text(cell: &str) -> String {
    format!("<td>{}</td>", escape(cell))
}

fn number(cell: &str) -> String {
    format!("<td class=\"n\">{}</td>", escape(cell.trim()))
}

fn span([low, high]: [f64; 2]) -> String {
    format!("{:.1} to {:.1} %", low * 100.0, high * 100.0)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::outcome::tests::outcome;
    use super::*;

    #[test]
    fn a_page_shows_figures_charts_mistakes_and_misses() {
        let mut night = outcome("A0", "AO", "accepted");
        night.about.conditions = vec!["night".to_owned()];
        let page = Score::of(&[night, outcome("B1", "B1", "accepted")]).to_html("photos");
        for expected in ["<svg", "O/0", "night", "A0.jpg", "Clopper-Pearson", "2 photos"] {
            assert!(page.contains(expected), "`{expected}` is not in\n{page}");
        }
        for outside in ["http:", "https:", "src=", "href="] {
            assert!(!page.contains(outside), "the page needs something else: {outside}");
        }
    }

    #[test]
    fn names_from_a_table_cannot_become_markup() {
        let evil = outcome("<script>alert(1)</script>", "X", "in-review");
        let page = Score::of(&[evil]).to_html("a & <b>");
        assert!(!page.contains("<script") && page.contains("a &amp; &lt;b&gt;"), "{page}");
    }

    #[test]
    fn a_run_without_readings_is_a_page_too() {
        let page = Score::of(&[outcome("A1", "", "refused")]).to_html("photos");
        assert!(page.contains("Nothing was read") && !page.contains("NaN"), "{page}");
    }
}
