// chart.tsx -- a time series by uPlot: one y-axis with its unit, drag to zoom the page's time range,
// one tooltip with the exact values of all series, releases as thin lines.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import './chart.css';
import { dateTime } from '../format';

export interface Line { label: string; colour: string; values: (number | null)[]; bars?: boolean }
export interface Marker { at: number; label: string }

const css = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name.replace(/^var\((.*)\)$/, '$1')).trim() || name;

export function Chart({ title, times, lines, height = 160, show = String, markers = [], zoom }: {
  title: string; times: number[]; lines: Line[]; height?: number; show?: (n: number) => string; markers?: Marker[];
  zoom?: (fromS: number, toS: number) => void;
}) {
  const root = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const box = root.current!;
    const axis = { stroke: css('--text-quiet'), font: '12px system-ui', grid: { stroke: css('--line'), width: 1 }, ticks: { show: false } };
    const plot = new uPlot({
      width: box.clientWidth || 600, height,
      scales: { x: { time: true }, y: { range: (_u, _min, max) => [0, max > 0 ? max * 1.08 : 1] } },
      legend: { show: false },
      cursor: { drag: { x: Boolean(zoom), y: false }, points: { size: 5 } },
      axes: [{ ...axis, grid: { show: false } }, { ...axis, size: 56, space: 24, values: (_u, vs) => vs.map((v) => show(v)) }],
      series: [{}, ...lines.map((l) => ({
        label: l.label, stroke: css(l.colour), width: 1.5, points: { show: false },
        ...(l.bars ? { paths: uPlot.paths.bars!({ size: [0.8, 24] }), fill: css(l.colour), width: 0 } : {}),
      }))],
      hooks: {
        setCursor: [(u) => {
          const i = u.cursor.idx, out = tip.current!;
          out.hidden = i === null || i === undefined || u.cursor.left! < 0;
          if (out.hidden || i === null || i === undefined) return;
          const near = markers.filter((m) => Math.abs(u.valToPos(m.at, 'x') - u.cursor.left!) < 6).map((m) => m.label);
          out.textContent = [dateTime(times[i] * 1000), ...near.map((n) => 'release ' + n), ...lines.map((l) => `${l.label}: ${l.values[i] === null ? '–' : show(l.values[i]!)}`)].join('\n');
          out.style.left = `${Math.min(u.cursor.left! + 70, box.clientWidth - 180)}px`;
        }],
        setSelect: [(u) => {
          if (!zoom || u.select.width < 4) return;
          zoom(u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x'));
        }],
        draw: [(u) => {
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
        }],
      },
    }, [times, ...lines.map((l) => l.values)] as uPlot.AlignedData, box);
    const watch = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height }));
    watch.observe(box);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [times, lines, height, markers]);

  return (
    <figure class="chart" aria-label={title}>
      <figcaption>{title}{lines.length > 1 && lines.map((l) => <span key={l.label} class="chart-key"><i style={{ background: l.colour }} />{l.label}</span>)}</figcaption>
      <div ref={root} class="chart-box"><div ref={tip} class="chart-tip" hidden /></div>
    </figure>
  );
}
