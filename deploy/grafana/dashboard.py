"""The Grafana dashboard, as code: scripts/grafana runs this and writes tollbooth.json.

What TollBooth's own dashboard shows, from what Prometheus has of it. The datasource is a variable, so that it fits any
installation.
"""

import json
import sys
from pathlib import Path

from grafana_foundation_sdk.builders import dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard as Model
from grafana_foundation_sdk.models.dashboard import DataSourceRef

FILE = Path(__file__).with_name("tollbooth.json")
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
BOOTH = '{booth=~"$booth"}'


def query(expression: str, legend: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expression).legend_format(legend).datasource(SOURCE)


def tile(title: str, expression: str, unit: str, description: str) -> stat.Panel:
    panel = stat.Panel().title(title).description(description).unit(unit).height(4).span(4).datasource(SOURCE)
    return panel.with_target(query(expression, title))


def chart(title: str, unit: str, description: str, *lines: tuple[str, str]) -> timeseries.Panel:
    panel = timeseries.Panel().title(title).description(description).unit(unit).height(8).span(12).datasource(SOURCE)
    panel = panel.min(0)
    for expression, legend in lines:
        panel = panel.with_target(query(expression, legend))
    return panel


def quantile(share: float, histogram: str) -> str:
    return f"histogram_quantile({share}, sum by (le) (rate(tollbooth_{histogram}_seconds_bucket[$__rate_interval])))"


def made() -> Model:
    board = (
        dashboard.Dashboard("TollBooth")
        .uid("tollbooth")
        .description("From photo to bill, by the roll-ups of TollBooth.")
        .tags(["tollbooth"])
        .refresh("30s")
        .time("now-24h", "now")
        .timezone("browser")
        .with_variable(dashboard.DatasourceVariable("datasource").label("Datasource").type("prometheus"))
        .with_variable(
            dashboard.QueryVariable("booth")
            .label("Booth")
            .datasource(SOURCE)
            .query("label_values(tollbooth_passages_received_total, booth)")
            .multi(True)
            .include_all(True)
            .all_value(".*")
        )
        .with_row(dashboard.Row("Now"))
        .with_panel(tile("Received a minute", f"sum(rate(tollbooth_passages_received_total{BOOTH}[5m])) * 60", "short", "Photos acknowledged."))
        .with_panel(tile("Waiting", f'sum(tollbooth_stage_items{{booth=~"$booth", stage="waiting"}})', "short", "To be read."))
        .with_panel(tile("Oldest waiting", 'time() - min(tollbooth_stage_oldest_timestamp_seconds{booth=~"$booth", stage="waiting"})', "s", "Received so long ago and not read."))
        .with_panel(tile("In review", f'sum(tollbooth_stage_items{{booth=~"$booth", stage="in-review"}})', "short", "A person must look."))
        .with_panel(tile("Next export", "tollbooth_export_due_timestamp_seconds - time()", "s", "Negative: late."))
        .with_panel(tile("Figures are old", "time() - max(tollbooth_telemetry_timestamp_seconds)", "s", "More than two minutes: nothing is added up."))
        .with_row(dashboard.Row("Flow"))
        .with_panel(chart("Received and refused", "short", "Photos an hour, by booth; refused ones of known cameras and of strangers.",
            (f"sum by (booth) (rate(tollbooth_passages_received_total{BOOTH}[$__rate_interval])) * 3600", "{{booth}}"),
            (f"sum(rate(tollbooth_uploads_refused_total{BOOTH}[$__rate_interval])) * 3600", "refused"),
            (f"sum(rate(tollbooth_strangers_refused_total{BOOTH}[$__rate_interval])) * 3600", "strangers refused")))
        .with_panel(chart("Accepted by itself", "percentunit", "Of what was read: accepted without a person.",
            (f'sum(rate(tollbooth_passages_accepted_total{{booth=~"$booth", by="judge"}}[$__rate_interval])) / (sum(rate(tollbooth_passages_accepted_total{{booth=~"$booth", by="judge"}}[$__rate_interval])) + sum(rate(tollbooth_reviews_opened_total{BOOTH}[$__rate_interval])))', "share")))
        .with_panel(chart("On the way", "short", "Passages in each stage.",
            (f"sum by (stage) (tollbooth_stage_items{BOOTH})", "{{stage}}")))
        .with_panel(chart("Age of the oldest", "s", "Since receipt.",
            (f"time() - min by (stage) (tollbooth_stage_oldest_timestamp_seconds{BOOTH})", "{{stage}}")))
        .with_row(dashboard.Row("Time"))
        .with_panel(chart("From photo to decision", "s", "Capture to acceptance.",
            (quantile(0.5, "passage"), "median"), (quantile(0.95, "passage"), "95 %")))
        .with_panel(chart("Waiting and being read", "s", "Apart, for the one wants more readers and the other a faster one.",
            (quantile(0.95, "reading_wait"), "waiting, 95 %"), (quantile(0.95, "reading_run"), "being read, 95 %")))
        .with_panel(chart("People", "s", "From entering review to leaving it, and from acceptance to the bill line.",
            (quantile(0.5, "review"), "review, median"), (quantile(0.95, "export_wait"), "to the bill, 95 %")))
        .with_panel(chart("From capture to receipt", "s", "A steady lag of whole hours is a camera that calls local time UTC.",
            (quantile(0.5, "capture_lag"), "median"), (quantile(0.95, "capture_lag"), "95 %")))
        .with_row(dashboard.Row("Recognisers and money"))
        .with_panel(chart("Calls by what came of them", "short", "An hour.",
            ("sum by (recognizer, class) (rate(tollbooth_recognizer_calls_total[$__rate_interval])) * 3600", "{{recognizer}} {{class}}")))
        .with_panel(chart("Duration of calls", "s", "95 %.",
            ("histogram_quantile(0.95, sum by (le, recognizer) (rate(tollbooth_recognizer_seconds_bucket[$__rate_interval])))", "{{recognizer}}")))
        .with_panel(chart("Money against budget", "short", "Of the UTC day, in the accounting currency.",
            ("tollbooth_money_today_micros / 1e6", "{{recognizer}} spent"), ("tollbooth_budget_micros / 1e6", "{{recognizer}} budget")))
        .with_panel(chart("Left alone", "short", "1 while a service is not called.",
            ("tollbooth_circuit_open", "{{recognizer}}")))
        .with_row(dashboard.Row("What it costs: the host's own figures (tollbooth up --metrics-listen)"))
        .with_panel(chart("Processor time by component", "short", "Cores that it keeps busy.",
            ("sum by (component) (rate(tollbooth_component_busy_seconds_total[$__rate_interval]))", "{{component}}")))
        .with_panel(chart("Runs by component", "short", "Requests and firings a minute; failed and refused ones apart.",
            ('sum by (component) (rate(tollbooth_component_runs_total{outcome="ok"}[$__rate_interval])) * 60', "{{component}}"),
            ('sum by (component, outcome) (rate(tollbooth_component_runs_total{outcome!="ok"}[$__rate_interval])) * 60 > 0', "{{component}} {{outcome}}")))
        .with_panel(chart("Time of a run", "s", "From its beginning to its end, waiting included; mean.",
            ("sum by (component) (rate(tollbooth_component_run_seconds_total[$__rate_interval])) / sum by (component) (rate(tollbooth_component_runs_total[$__rate_interval]))", "{{component}}")))
        .with_panel(chart("Memory of a run", "bytes", "The most that an instance had, 95 %; and all instances now.",
            ("histogram_quantile(0.95, sum by (le, component) (rate(tollbooth_component_memory_bytes_bucket[$__rate_interval])))", "{{component}}"),
            ("tollbooth_guests_memory_bytes", "all now")))
        .with_row(dashboard.Row("What people do"))
        .with_panel(chart("Reviews opened, by reason", "short", "An hour.",
            (f"sum by (reason) (rate(tollbooth_reviews_opened_total{BOOTH}[$__rate_interval])) * 3600", "{{reason}}")))
        .with_panel(chart("Photos that cannot be read", "percentunit", "A dirty lens, the light, the angle.",
            (f"sum by (booth) (rate(tollbooth_passages_unreadable_total{BOOTH}[6h])) / sum by (booth) (rate(tollbooth_passages_received_total{BOOTH}[6h]))", "{{booth}}")))
    )
    return board.build()


def main() -> int:
    text = JSONEncoder(sort_keys=True, indent=2).encode(made()) + "\n"
    read_back = JSONEncoder(sort_keys=True, indent=2).encode(Model.from_json(json.loads(text))) + "\n"
    if read_back != text:
        print("scripts/grafana: Grafana's model reads something else than was written", file=sys.stderr)
        return 1
    if sys.argv[1:] == ["--check"]:
        if not FILE.exists() or FILE.read_text() != text:
            print("scripts/grafana: deploy/grafana/tollbooth.json is another; run scripts/grafana", file=sys.stderr)
            return 1
        return 0
    FILE.write_text(text)
    return 0


sys.exit(main())
