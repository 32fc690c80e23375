// map.tsx -- who calls whom: boxes for services and what they use, lines for calls, as thick as there are many.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { duration, percent, serviceColour } from '../format';
import { layers, wayKey } from './layers';
import './map.css';
import { rate, type GraphEdge } from './shapes';

const BOX = { width: 168, height: 44 };
const GAP = { x: 64, y: 20 };
const WAY = 6; // room for a line that passes between boxes

export function ServiceMap({
  calls,
  kinds,
  seconds,
  pick,
  picked,
}: {
  calls: GraphEdge[];
  kinds: Map<string, string>; // of each that calls or is called
  seconds: number;
  pick: (service: string | null) => void;
  picked: string | null;
}) {
  const [over, setOver] = useState<string | null>(null);
  const nodes = [...new Set(calls.flatMap((c) => [c.from, c.to]))];
  const { places, rows, ways } = useMemo(() => layers(nodes, calls), [calls]);
  const heightOf = (n: string) => (n.includes('\0') ? WAY : BOX.height);
  const heights = rows.map((row) => row.reduce((sum, n) => sum + heightOf(n) + GAP.y, -GAP.y));
  const height = Math.max(BOX.height, ...heights) + 2;
  const width = rows.length * (BOX.width + GAP.x) - GAP.x + 2;
  const tops = useMemo(() => {
    const out = new Map<string, number>();
    rows.forEach((row, l) => {
      let y = 1 + (height - 2 - heights[l]) / 2;
      for (const n of row) {
        out.set(n, y);
        y += heightOf(n) + GAP.y;
      }
    });
    return out;
  }, [rows, height]);
  const at = (n: string) => ({ x: 1 + places.get(n)!.layer * (BOX.width + GAP.x), y: tops.get(n)! });
  const most = Math.max(1, ...calls.map((c) => c.calls));
  const focus = over ?? picked;
  /** From the right of the caller to the left of the called, by way of the gaps; back around the other side. */
  const line = (c: GraphEdge) => {
    const a = at(c.from);
    const b = at(c.to);
    const middle = BOX.height / 2;
    if (b.x <= a.x) {
      const [x1, x2] = [a.x, b.x + BOX.width];
      return `M${x1} ${a.y + middle}C${x1 - 60} ${a.y + middle} ${x2 + 60} ${b.y + middle} ${x2} ${b.y + middle}`;
    }
    const bend = GAP.x / 2;
    let path = `M${a.x + BOX.width} ${a.y + middle}`;
    let from = { x: a.x + BOX.width, y: a.y + middle };
    const to = (x: number, y: number) => {
      path += `C${from.x + bend} ${from.y} ${x - bend} ${y} ${x} ${y}`;
      from = { x, y };
    };
    for (const id of ways.get(wayKey(c)) ?? []) {
      const { x, y } = at(id);
      to(x, y + WAY / 2);
      path += `H${x + BOX.width}`;
      from.x = x + BOX.width;
    }
    to(b.x, b.y + middle);
    return path;
  };
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!picked || !places.has(picked) || !box.current) return;
    const { x } = at(picked);
    const { scrollLeft, clientWidth } = box.current;
    if (x < scrollLeft || x + BOX.width > scrollLeft + clientWidth)
      box.current.scrollLeft = x - (clientWidth - BOX.width) / 2;
  }, [picked, places]);
  return (
    <div ref={box} class="map" tabIndex={0} role="group" aria-label="Map of services">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
        {calls.map((c) => {
          const near = focus === c.from || focus === c.to;
          return (
            <path
              key={`${c.from} ${c.to} ${c.kind}`}
              class={`call ${c.kind} ${c.errors > c.calls * 0.05 ? 'failing' : ''} ${focus && !near ? 'dim' : ''}`}
              d={line(c)}
              stroke-width={1 + 4 * Math.sqrt(c.calls / most)}
            >
              <title>
                {c.from} → {c.to}: {rate(c.calls / seconds)}, {percent(c.errors, c.calls)} failed,{' '}
                {duration(c.totalUs / 1000 / Math.max(1, c.calls))} on average
              </title>
            </path>
          );
        })}
        {nodes.map((n) => {
          const { x, y } = at(n);
          const into = calls.filter((c) => c.to === n);
          const sum = into.reduce((s, c) => s + c.calls, 0);
          const errors = into.reduce((s, c) => s + c.errors, 0);
          const kind = kinds.get(n) ?? 'service';
          const isService = kind === 'service';
          return (
            <g
              key={n}
              aria-label={isService ? undefined : n}
              class={`box is-${kind} ${picked === n ? 'picked' : ''}`}
              transform={`translate(${x} ${y})`}
              role={isService ? 'button' : 'img'}
              tabindex={isService ? 0 : undefined}
              aria-pressed={isService ? picked === n : undefined}
              onMouseEnter={() => setOver(n)}
              onMouseLeave={() => setOver(null)}
              onClick={() => isService && pick(picked === n ? null : n)}
              onKeyDown={(e) => {
                if (!isService || (e.key !== 'Enter' && e.key !== ' ')) return;
                e.preventDefault();
                pick(picked === n ? null : n);
              }}
            >
              <rect width={BOX.width} height={BOX.height} rx={isService ? 6 : 22} />
              {isService && (
                <rect class="strip" width={4} height={BOX.height} rx={2} style={{ fill: serviceColour(n) }} />
              )}
              <text x={14} y={19} class="name">
                {n.length > 18 ? n.slice(0, 17) + '…' : n}
              </text>
              <text x={14} y={35} class="figures">
                {into.length === 0 ? (kind === 'user' ? 'from outside' : 'calls others') : rate(sum / seconds)}
                {errors > 0 && (
                  <tspan class="failed">
                    {'  '}
                    {percent(errors, sum)} failed
                  </tspan>
                )}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}
