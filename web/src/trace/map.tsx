// map.tsx -- who calls whom: boxes for services and what they use, lines for calls, as thick as there are many.
import { useState } from 'preact/hooks';
import { duration, percent, serviceColour } from '../format';
import { layers } from './layers';
import './map.css';
import { rate, type GraphEdge } from './shapes';

const BOX = { width: 168, height: 44 };
const GAP = { x: 64, y: 22 };

/** What somebody who is called is: a service unless only databases or hosts outside are called so. */
const serving = (calls: GraphEdge[], name: string) => {
  const into = calls.filter((c) => c.to === name);
  const outside = into.find((c) => c.kind === 'database' || c.kind === 'external');
  return outside && into.every((c) => c.kind === outside.kind) && !calls.some((c) => c.from === name)
    ? outside.kind
    : 'call';
};

export function ServiceMap({
  calls,
  seconds,
  pick,
  picked,
}: {
  calls: GraphEdge[];
  seconds: number;
  pick: (service: string | null) => void;
  picked: string | null;
}) {
  const [over, setOver] = useState<string | null>(null);
  const nodes = [...new Set(calls.flatMap((c) => [c.from, c.to]))];
  const places = layers(nodes, calls);
  const rows = nodes.reduce<number[]>((count, n) => {
    const { layer } = places.get(n)!;
    count[layer] = (count[layer] ?? 0) + 1;
    return count;
  }, []);
  const tallest = Math.max(1, ...rows);
  const width = rows.length * (BOX.width + GAP.x) - GAP.x + 2;
  const height = tallest * (BOX.height + GAP.y) - GAP.y + 2;
  const at = (n: string) => {
    const { layer, order } = places.get(n)!;
    const free = tallest - rows[layer];
    return { x: 1 + layer * (BOX.width + GAP.x), y: 1 + (order + free / 2) * (BOX.height + GAP.y) };
  };
  const users = new Set(calls.filter((c) => c.kind === 'user').map((c) => c.from));
  const kindOf = (n: string) => (users.has(n) ? 'user' : serving(calls, n));
  const most = Math.max(1, ...calls.map((c) => c.calls));
  const focus = over ?? picked;
  return (
    <div class="map" tabIndex={0} role="group" aria-label="Map of services">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
        {calls.map((c) => {
          const a = at(c.from);
          const b = at(c.to);
          const back = b.x <= a.x;
          const [x1, x2] = back ? [a.x, b.x + BOX.width] : [a.x + BOX.width, b.x];
          const [y1, y2] = [a.y + BOX.height / 2, b.y + BOX.height / 2];
          const bend = back ? -60 : Math.max(30, (x2 - x1) / 2);
          const near = focus === c.from || focus === c.to;
          return (
            <path
              key={`${c.from} ${c.to} ${c.kind}`}
              class={`call ${c.kind} ${c.errors > c.calls * 0.05 ? 'failing' : ''} ${focus && !near ? 'dim' : ''}`}
              d={`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`}
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
          const kind = kindOf(n);
          const isService = kind === 'call';
          return (
            <g
              key={n}
              class={`box is-${kind} ${picked === n ? 'picked' : ''}`}
              transform={`translate(${x} ${y})`}
              role={isService ? 'button' : 'img'}
              tabIndex={isService ? 0 : undefined}
              aria-label={n}
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
                {n.length > 20 ? n.slice(0, 19) + '…' : n}
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
