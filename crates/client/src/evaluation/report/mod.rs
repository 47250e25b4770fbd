//! A score as one HTML file that needs nothing else: figures, reliability diagram, thresholds, mistakes, misses.
//!
//! Everything that comes from a table or a server is escaped. The file names no photo's place on this machine.

mod chart;

use super::breakdown::Figures;
use super::identity::{Identity, WrongPerson, WrongPersonCount};
use super::reliability::Reliability;
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
        page.push_str(&persons(&self.identity));
        let conditions = self.conditions.iter().map(|row| (row.condition.as_str(), &row.figures)).collect();
        page.push_str(&groups(
            "By condition",
            "condition",
            "<p>A photo counts in each of its conditions.</p>\n",
            conditions,
        ));
        let issuers = self.issuers.iter().map(|row| (row.issuer.as_str(), &row.figures)).collect();
        page.push_str(&groups("By issuer", "issuer", "", issuers));
        let legible = self.legible.iter().map(|row| (row.legible.as_str(), &row.figures)).collect();
        page.push_str(&groups("By how well the issuer's name can be read", "name", "", legible));
        page.push_str(&misses(&self.misses));
        page.push_str("</html>\n");
        page
    }
}

fn shares(score: &Score) -> String {
    let sure = &score.intervals;
    let mut rows = vec![
        ("read exactly", score.exact, sure.exact),
        ("read after O=0, I=1", score.folded, sure.folded),
        ("accepted without a person", score.accepted, sure.accepted),
        ("wrong among the accepted", score.wrong_accepted, sure.wrong_accepted),
    ];
    rows.extend(shares_of_persons(&score.identity));
    let row = |(what, share, interval)| vec![text(what), number(&percent(share)), number(&span(interval))];
    let rows: Vec<_> = rows.into_iter().map(row).collect();
    let seconds = score.seconds_per_photo.map_or_else(String::new, |s| format!("; {s:.2} s of the recogniser each"));
    let unread =
        if score.unread > 0 { format!("; {} left out, without a reading", score.unread) } else { String::new() };
    let table = table(&["", "share", "95 % interval (Clopper-Pearson)"], &rows);
    format!("<p>{} photos{seconds}{unread}.</p>\n{table}", score.photos)
}

fn shares_of_persons(identity: &Identity) -> Vec<(&'static str, f64, [f64; 2])> {
    let Some(sure) = &identity.identity_intervals else { return Vec::new() };
    let rows = [
        ("issuer right", identity.issuer_right, sure.issuer_right),
        ("issuer and text right", identity.identity_right, sure.identity_right),
        ("wrong persons among the accepted", identity.wrong_identity_accepted, sure.wrong_identity_accepted),
    ];
    rows.into_iter().filter_map(|(what, share, interval)| Some((what, share?, interval))).collect()
}

fn charts(score: &Score) -> String {
    if score.reliability.bins.is_empty() {
        return "<p>Nothing was read, so there is nothing to draw.</p>\n".to_owned();
    }
    let (error, brier) = (score.reliability.calibration_error, score.reliability.brier);
    format!(
        "<div class=\"charts\"><figure><h2>Does the confidence hold?</h2>{}<figcaption>Dots: share read exactly of the \
         photos of a range of confidence, with 95 % intervals and the number of photos; rings: after O=0, I=1. On the diagonal the confidence \
         means what it says. Mean distance {error:.3}, Brier score {brier:.3}.</figcaption></figure>\n\
         <figure><h2>What a threshold does</h2>{}<figcaption>Left axis, blue: share of all photos accepted. Right axis, \
         red: share of those that is wrong. Below the threshold of this run both are upper bounds.</figcaption></figure>\
         {}</div>\n",
        chart::reliability(&score.reliability.bins, "confidence"),
        chart::thresholds(&score.thresholds),
        pair_chart(&score.identity.pair_reliability)
    )
}

fn pair_chart(reliability: &Reliability) -> String {
    if reliability.bins.is_empty() {
        return String::new();
    }
    let (error, brier) = (reliability.calibration_error, reliability.brier);
    format!(
        "<figure><h2>Does the pair's probability hold?</h2>{}<figcaption>The same for issuer and text together: share of \
         right persons over the probability told. Mean distance {error:.3}, Brier score {brier:.3}.</figcaption></figure>\n",
        chart::reliability(&reliability.bins, "probability of the pair")
    )
}

/// What was wrong about the persons who would be billed, and each of them.
fn persons(identity: &Identity) -> String {
    if identity.wrong_persons.is_empty() {
        return String::new();
    }
    let kind = |row: &WrongPersonCount| {
        let share = format!("{} ({})", percent(row.share), span(row.interval));
        vec![text(row.kind), number(&row.accepted.to_string()), number(&share)]
    };
    let kinds: Vec<_> = identity.wrong_person_kinds.iter().map(kind).collect();
    let person = |row: &WrongPerson| {
        let probability = row.pair_confidence.map_or_else(String::new, |pair| format!("{pair:.3}"));
        let (of, read_of) = (row.jurisdiction.as_deref(), row.read_jurisdiction.as_deref());
        let cells = [
            row.file.as_str(),
            row.truth.as_str(),
            of.unwrap_or_default(),
            row.read.as_str(),
            read_of.unwrap_or_default(),
            probability.as_str(),
            row.kind,
            &row.conditions.join(" "),
        ];
        cells.map(text).to_vec()
    };
    let rows: Vec<_> = identity.wrong_persons.iter().map(person).collect();
    let heads = ["file", "truth", "issuer", "billed", "issuer billed", "probability", "wrong", "conditions"];
    format!(
        "<h2>Wrong persons ({})</h2>\n{}{}",
        rows.len(),
        table(&["what was wrong", "accepted", "of all accepted"], &kinds),
        table(&heads, &rows)
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

/// A table of figures by group; nothing for no group. `about` is markup.
fn groups(title: &str, head: &str, about: &str, rows: Vec<(&str, &Figures)>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = rows.into_iter().map(|(name, row)| group(name, row)).collect();
    let heads = [
        head,
        "photos",
        "exact",
        "folded",
        "accepted",
        "wrong text among them",
        "issuer right",
        "issuer and text",
        "wrong persons",
        "why the others were not",
    ];
    format!("<h2>{title}</h2>\n{about}{}", table(&heads, &rows))
}

fn group(name: &str, row: &Figures) -> Vec<String> {
    let reasons: Vec<String> = row.reasons.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    let maybe = |share: Option<f64>| number(&share.map_or_else(|| "-".to_owned(), percent));
    let persons = match (row.identity.wrong_identities, row.identity.wrong_identity_interval) {
        (Some(wrong), Some(interval)) if row.accepted > 0.0 => format!("{wrong} ({})", span(interval)),
        _ => "-".to_owned(),
    };
    vec![
        text(name),
        number(&row.photos.to_string()),
        number(&percent(row.exact)),
        number(&percent(row.folded)),
        number(&format!("{} ({})", percent(row.accepted), span(row.accepted_interval))),
        number(&if row.accepted == 0.0 {
            "-".to_owned()
        } else {
            format!("{} ({})", percent(row.wrong_accepted), span(row.wrong_interval))
        }),
        maybe(row.identity.issuer_right),
        maybe(row.identity.identity_right),
        number(&persons),
        text(&reasons.join(", ")),
    ]
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
    use super::super::outcome::Outcome;
    use super::super::outcome::tests::{issued, outcome};
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
    fn a_page_shows_who_was_billed_wrongly_and_whether_the_pairs_probability_holds() {
        let sure = |outcome: Outcome| Outcome { pair_confidence: Some(0.97), ..outcome };
        let page = Score::of(&[
            sure(issued("A1", "us-ok", "A1", "us-tx", "accepted")),
            sure(issued("B1", "us-tx", "B1", "us-tx", "accepted")),
        ])
        .to_html("photos");
        for expected in ["Wrong persons (1)", "text right, another issuer", "By issuer", "pair's probability", "us-ok"]
        {
            assert!(page.contains(expected), "`{expected}` is not in\n{page}");
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
