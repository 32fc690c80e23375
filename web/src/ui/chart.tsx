// chart.tsx -- a time series by uPlot: one y-axis with its unit, drag to zoom the page's time range,
// one tooltip with the exact values of all series, releases as thin lines.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import './chart.css';
import { axisTime, dateTime } from '../format';

export interface Line {
  label: string;
  colour: string; // a custom property: var(--accent)
  values: (number | null)[];
  bars?: boolean;
  join?: boolean; // over moments without a value
  told?: (number | null)[]; // what the tooltip says, when what is drawn stands on top of others
}
export interface Marker {
  at: number;
  label: string;
}

/** Canvases know no custom properties. */
const css = (name: string) =>
  getComputedStyle(document.documentElement)
    .getPropertyValue(name.replace(/^var\((.*)\)$/, '$1'))
    .trim() || name;

interface Chosen {
  title: string;
  times: number[]; // seconds
  lines: Line[];
  height?: number;
  show?: (n: number) => string;
  binary?: boolean; // bytes: grid lines at 1, 2, 5 … KiB
  markers?: Marker[];
  zoom?: (fromS: number, toS: number) => void;
  from?: number; // the whole range, when there are no figures at its ends
  to?: number;
}

export function Chart(chosen: Chosen) {
  const { title, times, lines, markers } = chosen;
  const root = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const latest = useRef(chosen);
  const plot = useRef<uPlot | null>(null);
  const made = useRef(false); // just now, with the data of now
  latest.current = chosen;
  const shape = lines.map((l) => l.label + l.colour + (l.bars ?? '')).join();

  useLayoutEffect(() => {
    const draw = () => {
      plot.current?.destroy();
      plot.current = make(root.current!, tip.current!, latest);
      made.current = true;
    };
    draw();
    const watch = new ResizeObserver(() => {
      const size = { width: root.current!.clientWidth, height: latest.current.height ?? 160 };
      if (plot.current?.width !== size.width || plot.current.height !== size.height) plot.current?.setSize(size);
    });
    watch.observe(root.current!);
    addEventListener('themechange', draw);
    return () => {
      removeEventListener('themechange', draw);
      watch.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => {
    if (!made.current) plot.current?.setData(dataOf(latest.current));
    made.current = false;
  }, [times, lines, markers]);

  return (
    <figure class="chart" aria-label={title}>
      <figcaption>
        <span>{title}</span>
        {lines.length > 1 &&
          lines.map((l) => (
            <span key={l.label} class="chart-key">
              <i style={{ background: l.colour }} />
              {l.label}
            </span>
          ))}
      </figcaption>
      <div ref={root} class="chart-box">
        <div ref={tip} class="chart-tip" hidden />
      </div>
    </figure>
  );
}

const binarySteps = Array.from({ length: 5 }, (_, i) =>
  [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((n) => n * 1024 ** i),
).flat();

const tens = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => [1, 2, 5].map((n) => n * 10 ** (from + i))).flat();
const allSteps = tens(-9, 16);
const wholeSteps = tens(0, 16);

/** Steps of the y-axis: what is counted in whole numbers has no lines between them. */
const stepsOf = ({ lines }: Chosen) =>
  lines.every((l) => l.values.every((v) => v === null || Number.isInteger(v))) ? wholeSteps : allSteps;

const dataOf = (c: Chosen) => [c.times, ...c.lines.map((l) => l.values)] as uPlot.AlignedData;

function make(box: HTMLElement, tip: HTMLElement, latest: { current: Chosen }): uPlot {
  const { height = 160, lines, zoom } = latest.current;
  const show = (n: number) => (latest.current.show ?? String)(n);
  const axis = { stroke: css('--text-quiet'), font: '12px system-ui', ticks: { show: false } };
  const options: uPlot.Options = {
    width: box.clientWidth || 600,
    height,
    padding: [8, 20, 0, 0],
    scales: {
      x: {
        time: true,
        range: (_u, min, max) => {
          const { times, lines: all, from = min, to = max } = latest.current;
          const half = all[0]?.bars && times.length > 1 ? (times[1] - times[0]) / 2 : 0; // bars are as wide as a step
          return [from - half, Math.max(to + half, from + 1)];
        },
      },
      y: { range: (_u, _min, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    legend: { show: false },
    cursor: { drag: { x: Boolean(zoom), y: false }, points: { size: 5 } },
    axes: [
      { ...axis, size: 24, space: 60, grid: { show: false }, values: (_u, at, _i, _s, step) => axisTime(at, step) },
      {
        ...axis,
        size: (_u, labels) => 14 + 7 * Math.max(0, ...(labels ?? []).map((l) => l.length)),
        space: 24,
        incrs: latest.current.binary ? binarySteps : () => stepsOf(latest.current),
        grid: { stroke: css('--line'), width: 1 },
        values: (_u, values) => values.map(show),
      },
    ],
    series: [
      {},
      ...lines.map((l) => ({
        label: l.label,
        stroke: css(l.colour),
        width: 1.5,
        points: { show: false },
        spanGaps: l.join,
        ...(l.bars ? { paths: uPlot.paths.bars!({ size: [0.8, 24] }), fill: css(l.colour), width: 0 } : {}),
      })),
    ],
    hooks: {
      setCursor: [(u) => tell(u, tip, latest.current)],
      setSelect: [
        (u) => {
          const { left, width } = u.select;
          if (width >= 4) latest.current.zoom?.(u.posToVal(left, 'x'), u.posToVal(left + width, 'x'));
        },
      ],
      draw: [(u) => mark(u, latest.current.markers ?? [])],
    },
  };
  return new uPlot(options, dataOf(latest.current), box);
}

/** The exact values under the pointer. */
function tell(u: uPlot, tip: HTMLElement, { times, lines, markers = [], show = String }: Chosen) {
  const i = u.cursor.idx;
  const left = u.cursor.left ?? -1;
  tip.hidden = i === null || i === undefined || left < 0;
  if (tip.hidden || i === null || i === undefined) return;
  const near = markers.filter((m) => Math.abs(u.valToPos(m.at, 'x') - left) < 6);
  const value = (l: Line) => {
    const n = (l.told ?? l.values)[i];
    return n === null || n === undefined ? '–' : show(n);
  };
  tip.textContent = [
    dateTime(times[i] * 1000),
    ...near.map((m) => 'release ' + m.label),
    ...lines.map((l) => `${l.label}: ${value(l)}`),
  ].join('\n');
  const right = left > u.over.clientWidth / 2;
  const at = u.over.offsetLeft + left + (right ? -tip.offsetWidth - 10 : 10);
  tip.style.left = `${Math.max(0, Math.min(at, u.root.clientWidth - tip.offsetWidth))}px`;
}

function mark(u: uPlot, markers: Marker[]) {
  u.ctx.save();
  u.ctx.strokeStyle = css('--accent');
  u.ctx.setLineDash([3, 3]);
  for (const m of markers) {
    const x = Math.round(u.valToPos(m.at, 'x', true));
    if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
    u.ctx.beginPath();
    u.ctx.moveTo(x, u.bbox.top);
    u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
    u.ctx.stroke();
  }
  u.ctx.restore();
}
