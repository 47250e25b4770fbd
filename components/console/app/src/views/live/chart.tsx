// A chart: uPlot for drawing, the arrow keys for those without a mouse, and a sentence for those who cannot see it.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { theme } from '../../ui/theme';
import { full } from '../../ui/time';
import { live } from '../../texts/live';

export interface Line {
  label: string;
  /** A gap where nothing is known. */
  values: (number | null)[];
  /** A colour of the palette. */
  colour: 'accent' | 'ink-2' | 'doubt' | 'bad';
  thin?: boolean;
}

interface Props {
  title: string;
  unit: string;
  /** What it comes to, large. */
  headline: string;
  /** In milliseconds. */
  times: number[];
  lines: Line[];
  format: (value: number) => string;
  onInto: (at: number) => void;
}

const HEIGHT = 132;
const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const date = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' });
const month = new Intl.DateTimeFormat('en', { month: 'short', year: 'numeric' });

/** Points without a neighbour, of which no line can be drawn. */
function lone(values: Line['values']): number[] {
  return [...values.keys()].filter((n) => values[n] != null && values[n - 1] == null && values[n + 1] == null);
}

/** A time beneath the chart, no finer than the steps between them, in seconds. */
function tickOf(at: number, step: number): string {
  return (step < 86_400 ? clock : step < 28 * 86_400 ? date : month).format(at);
}

export function Chart({ title, unit, headline, times, lines, format, onInto }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const at = useSignal<number | null>(null);
  const shape = lines.map((line) => line.label).join();
  const dark = document.documentElement.dataset.theme;
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour('--ink-2'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: `12px ${style.getPropertyValue('--sans')}` };
    const drawn = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
        scales: { x: { time: true }, y: { range: (_, __, high) => [0, high > 0 ? high * 1.08 : 1] } },
        axes: [
          { ...axis, size: 24, space: 64, values: (_, ticks, __, ___, step) => ticks.map((tick) => tickOf(tick * 1000, step)) },
          { ...axis, size: 52, space: 36, values: (_, ticks) => ticks.map((tick) => format(tick)) },
        ],
        series: [
          {},
          ...lines.map((line) => ({ label: line.label, stroke: colour(`--${line.colour}`), width: line.thin ? 1 : 2, spanGaps: false, points: { show: times.length < 4, filter: (chart: uPlot, n: number, shown: boolean) => (shown ? null : lone(chart.data[n] as Line['values'])) } })),
        ],
        hooks: {
          setCursor: [
            (chart) => {
              at.value = chart.cursor.idx ?? null;
            },
          ],
        },
      },
      [[], ...lines.map(() => [])] as unknown as uPlot.AlignedData,
      element,
    );
    plot.current = drawn;
    const watch = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      drawn.destroy();
      plot.current = null;
    };
  }, [shape, dark, theme.value, times.length < 4]);
  useEffect(() => {
    plot.current?.setData([times.map((time) => time / 1000), ...lines.map((line) => line.values)] as uPlot.AlignedData);
  });
  // Another stretch of time has other steps: what was chosen of the one before means nothing in it. Before it is painted:
  // a key that is pressed at once chooses in the new one.
  useLayoutEffect(() => {
    at.value = null;
  }, [times.length]);
  const chosen = at.value === null ? undefined : times[at.value];
  const move = (by: number) => {
    // From the last step of which something is known, for a day that is not over ends with nothing.
    const last = times.findLastIndex((time, n) => time <= Date.now() && lines.some((line) => line.values[n] != null));
    at.value = Math.min(times.length - 1, Math.max(0, (at.value ?? (by > 0 ? -1 : last + 1)) + by));
  };
  const enter = () => {
    // What is chosen now, which may not be painted yet.
    const time = at.value === null ? undefined : times[at.value];
    if (time !== undefined) onInto(time);
  };
  const known = lines.some((line) => line.values.some((value) => value !== null));
  return (
    <section class="panel tile">
      <h2>
        {title} <span>{unit}</span>
      </h2>
      <p class="headline">{headline}</p>
      {!known && <p class="muted nothing">{live.noData}</p>}
      <div
        ref={place}
        class={known ? 'plot' : 'plot none'}
        role="application"
        tabIndex={known ? 0 : -1}
        aria-label={live.chart(title, times.length, headline)}
        onClick={enter}
        onKeyDown={(event) => {
          if (event.key === 'ArrowLeft') move(-1);
          else if (event.key === 'ArrowRight') move(1);
          else if (event.key === 'Enter') enter();
          else return;
          event.preventDefault();
        }}
      />
      <p class="small values" aria-live="polite">
        {chosen !== undefined && at.value !== null ? (
          <>
            <span class="muted">{full(new Date(chosen).toISOString())}</span>{' '}
            {lines.map((line) => {
              const value = line.values[at.value ?? 0];
              return (
                <span key={line.label}>
                  {line.label} <b>{value == null ? '–' : format(value)}</b>{' '}
                </span>
              );
            })}
          </>
        ) : (
          lines.map((line) => (
            <span key={line.label} class={`key ${line.colour}`}>
              {line.label}
            </span>
          ))
        )}
      </p>
    </section>
  );
}
