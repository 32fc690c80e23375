// scatter.tsx -- found traces as points: when each began and how long it took, failed ones in their colour.
// Drag sets the time range of the page; a click opens the trace under the pointer. The list below says the same.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { axisTime, brief, dateTime, duration, many } from '../format';
import './scatter.css';
import type { Summary } from './summary';

const HEIGHT = 168;
const EDGE = { left: 58, right: 14, top: 8, bottom: 22 };
const NEAR = 14; // px

/** Powers of ten that the durations span, at least one. */
function decades(traces: Summary[]): [number, number] {
  const all = traces.map((t) => Math.max(1, t.durationUs));
  const low = Math.floor(Math.log10(Math.min(...all)));
  return [low, Math.max(low + 1, Math.ceil(Math.log10(Math.max(...all)) + 1e-9))];
}

function timeSteps(from: number, to: number, most: number): { at: number[]; step: number } {
  const seconds = (to - from) / 1000;
  const steps = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];
  const step = steps.find((s) => seconds / s <= most) ?? 2_592_000;
  const shift = new Date(from).getTimezoneOffset() * 60; // days begin at the viewer's midnight
  const first = Math.ceil((from / 1000 - shift) / step) * step + shift;
  const at: number[] = [];
  for (let t = first; t * 1000 < to; t += step) at.push(t);
  return { at, step };
}

export function Scatter({
  traces,
  from,
  to,
  open,
  zoom,
}: {
  traces: Summary[];
  from: number; // milliseconds since 1970
  to: number;
  open: (t: Summary) => void;
  zoom: (from: number, to: number) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(800);
  const [over, setOver] = useState<Summary | null>(null);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(() => setWidth(box.current?.clientWidth ?? 800));
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);

  const [low, high] = decades(traces);
  const inner = { width: Math.max(1, width - EDGE.left - EDGE.right), height: HEIGHT - EDGE.top - EDGE.bottom };
  const x = (ms: number) => EDGE.left + ((ms - from) / (to - from)) * inner.width;
  const y = (us: number) => EDGE.top + inner.height * (1 - (Math.log10(Math.max(1, us)) - low) / (high - low));
  const timeOf = (px: number) => from + ((px - EDGE.left) / inner.width) * (to - from);
  const { at, step } = timeSteps(from, to, Math.max(2, inner.width / 75));
  const labels = axisTime(at, step);

  const place = (e: PointerEvent) => {
    const r = box.current!.getBoundingClientRect();
    return [e.clientX - r.left, e.clientY - r.top] as const;
  };
  const nearest = (px: number, py: number) => {
    let best: Summary | null = null;
    let least = NEAR;
    for (const t of traces) {
      const d = Math.hypot(x(t.start) - px, y(t.durationUs) - py);
      if (d < least) [best, least] = [t, d];
    }
    return best;
  };
  const move = (e: PointerEvent) => {
    const [px, py] = place(e);
    if (drag) setDrag([drag[0], px]);
    else setOver(nearest(px, py));
  };
  const down = (e: PointerEvent) => {
    if (e.button || e.pointerType === 'touch') return;
    box.current!.setPointerCapture(e.pointerId);
    setDrag([place(e)[0], place(e)[0]]);
  };
  const up = (e: PointerEvent) => {
    const [px, py] = place(e);
    setDrag(null);
    const [a, b] = drag ? [Math.min(drag[0], px), Math.max(drag[0], px)] : [px, px];
    const hit = nearest(px, py);
    if (b - a > 6) zoom(Math.max(from, timeOf(a)), Math.min(to, timeOf(b)));
    else if (hit) open(hit);
  };
  const right = over !== null && x(over.start) > width / 2;
  return (
    <figure class="chart scatter" aria-label="Time that each trace below took">
      <figcaption>
        <span>Time that each trace below took, by when it began</span>
        <span class="chart-key">
          <i style={{ background: 'var(--service-0)' }} />
          without errors
        </span>
        <span class="chart-key">
          <i style={{ background: 'var(--error)' }} />
          with errors
        </span>
      </figcaption>
      <div
        ref={box}
        class={`scatter-box ${over ? 'hit' : ''}`}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerLeave={() => setOver(null)}
      >
        <svg width={width} height={HEIGHT} aria-hidden="true">
          {Array.from({ length: high - low + 1 }, (_, i) => low + i).map((p) => (
            <g key={p}>
              <line x1={EDGE.left} x2={width - EDGE.right} y1={y(10 ** p)} y2={y(10 ** p)} class="grid" />
              <text x={EDGE.left - 8} y={y(10 ** p) + 4} text-anchor="end">
                {natural(10 ** p)}
              </text>
            </g>
          ))}
          {at.map((t, i) => (
            <text key={t} x={x(t * 1000)} y={HEIGHT - 6} text-anchor="middle">
              {labels[i]}
            </text>
          ))}
          {[...traces]
            .sort((a, b) => Math.sign(a.errors) - Math.sign(b.errors))
            .map((t) => (
              <circle
                key={t.traceId}
                cx={x(t.start)}
                cy={y(t.durationUs)}
                r={t === over ? 6 : 3.5}
                class={t.errors ? 'failed' : ''}
              />
            ))}
          {drag && Math.abs(drag[1] - drag[0]) > 6 && (
            <rect
              class="chosen"
              x={Math.min(...drag)}
              width={Math.abs(drag[1] - drag[0])}
              y={EDGE.top}
              height={inner.height}
            />
          )}
        </svg>
        {over && (
          <div
            class="chart-tip"
            style={{
              top: '4px',
              ...(right ? { right: `${width - x(over.start) + 10}px` } : { left: `${x(over.start) + 10}px` }),
            }}
          >
            {`${over.rootService} ${over.rootName}\n${dateTime(over.start)}\n${duration(over.durationUs / 1000)}, ${many(over.spans, 'span')}${over.errors ? `, ${over.errors} failed` : ''}`}
          </div>
        )}
      </div>
    </figure>
  );
}

/** A power of ten of microseconds. */
const natural = (us: number) => (us >= 1e6 ? `${brief(us / 1e6)} s` : us >= 1e3 ? `${us / 1e3} ms` : `${us} µs`);
