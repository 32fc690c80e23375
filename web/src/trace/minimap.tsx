// minimap.tsx -- the whole trace in small, with a window that can be drawn, moved and widened, by pointer
// or by the arrow keys on its two edges.
import { useEffect, useRef } from 'preact/hooks';
import { serviceColour } from '../format';
import { mark, stepOf, ticks } from './axis';
import { ERROR, type Table } from './table';

export type Window = [number, number]; // microseconds

const HEIGHT = 56;
const LEAST = 1; // a window is a microsecond wide at least

function draw(canvas: HTMLCanvasElement, t: Table) {
  const ratio = devicePixelRatio || 1;
  const width = canvas.clientWidth;
  canvas.width = width * ratio;
  canvas.height = HEIGHT * ratio;
  const c = canvas.getContext('2d')!;
  const css = getComputedStyle(canvas);
  const value = (name: string) => css.getPropertyValue(name.replace(/^var\((.*)\)$/, '$1')).trim();
  const colours = t.services.map((s) => value(serviceColour(s)));
  const scale = width / (t.durationUs || 1);
  // as many lines as there are rows; more rows than pixels share one, where most of them cover each other
  const lane = Math.min(4, HEIGHT / t.count);
  const dot = 1 / ratio;
  const colour = [...colours, value('--error')];
  const from = new Float64Array(colour.length);
  const to = new Float64Array(colour.length);
  let line = -1;
  let lastColour = -1;
  c.scale(ratio, ratio);
  c.clearRect(0, 0, width, HEIGHT);
  for (let i = 0; i < t.count; i++) {
    const y = Math.floor((i * lane) / dot) * dot;
    if (y !== line) {
      from.fill(Infinity);
      to.fill(-1);
      line = y;
    }
    const which = t.flags[i] & ERROR ? colours.length : t.service[i];
    const x = t.from[i] * scale;
    const end = x + Math.max(0.7, t.duration[i] * scale);
    if (x >= from[which] && end <= to[which] + dot / 2) continue;
    const apart = x > to[which] || end < from[which];
    from[which] = apart ? x : Math.min(x, from[which]);
    to[which] = apart ? end : Math.max(end, to[which]);
    if (lastColour !== which) c.fillStyle = colour[(lastColour = which)];
    c.fillRect(x, y, end - x, Math.max(0.7, lane - 0.4));
  }
}

export function Minimap({ t, window: [from, to], set }: { t: Table; window: Window; set: (w: Window) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const all = t.durationUs || 1;

  useEffect(() => {
    const again = () => canvas.current && draw(canvas.current, t);
    const watch = new ResizeObserver(again);
    watch.observe(canvas.current!);
    addEventListener('themechange', again);
    return () => {
      watch.disconnect();
      removeEventListener('themechange', again);
    };
  }, [t]);

  const clamp = (us: number) => Math.max(0, Math.min(all, us));
  const at = (e: PointerEvent) => {
    const { left, width } = box.current!.getBoundingClientRect();
    return clamp(((e.clientX - left) / width) * all);
  };
  const ordered = (a: number, b: number): Window => [Math.min(a, b), Math.max(a, b, Math.min(a, b) + LEAST)];

  /** What is done with the pointer until it is let go. */
  const drag = (e: PointerEvent) => {
    if (e.button !== 0) return;
    e.preventDefault();
    const grip = (e.target as HTMLElement).dataset.grip;
    const start = at(e);
    const whole = from <= 0 && to >= all;
    box.current!.setPointerCapture(e.pointerId);
    const move = (now: PointerEvent) => {
      const us = at(now);
      if (grip === 'from') set(ordered(us, to));
      else if (grip === 'to') set(ordered(from, us));
      else if (grip === 'body' && !whole) {
        const by = Math.max(-from, Math.min(all - to, us - start));
        set([from + by, to + by]);
      } else set(ordered(start, us));
    };
    const up = (last: PointerEvent) => {
      box.current!.removeEventListener('pointermove', move);
      if (Math.abs(last.clientX - e.clientX) < 3 && !grip) set([0, all]);
    };
    box.current!.addEventListener('pointermove', move);
    box.current!.addEventListener('pointerup', up, { once: true });
  };
  const nudge = (edge: 0 | 1) => (e: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (!by) return;
    e.preventDefault();
    e.stopPropagation();
    const next: Window = [from, to];
    next[edge] = clamp(next[edge] + (by * all) / (e.shiftKey ? 10 : 100));
    if (next[1] - next[0] >= LEAST) set(next);
  };
  const edge = (which: 0 | 1, us: number) => (
    <i
      class="grip"
      data-grip={which ? 'to' : 'from'}
      style={{ left: `${(100 * us) / all}%` }}
      role="slider"
      tabIndex={0}
      aria-label={which ? 'End of the window' : 'Start of the window'}
      aria-valuemin={0}
      aria-valuemax={Math.round(all)}
      aria-valuenow={Math.round(us)}
      aria-valuetext={mark(us, stepOf(all, 1000))}
      onKeyDown={nudge(which)}
    />
  );
  const most = Math.max(3, Math.round(innerWidth / 110));
  return (
    <div class="minimap">
      <div class="minimap-axis" aria-hidden="true">
        {ticks(0, all, most).map((us) => (
          <span key={us} style={{ left: `${(100 * us) / all}%` }}>
            {mark(us, stepOf(all, most))}
          </span>
        ))}
      </div>
      <div
        ref={box}
        class="minimap-box"
        onPointerDown={drag}
        onDblClick={() => set([0, all])}
        title="Drag to look closer; double click for all of it"
      >
        <canvas ref={canvas} />
        <i class="shade" style={{ left: 0, width: `${(100 * from) / all}%` }} />
        <i class="shade" style={{ right: 0, width: `${(100 * (all - to)) / all}%` }} />
        <i
          class="body"
          data-grip="body"
          style={{ left: `${(100 * from) / all}%`, width: `${(100 * (to - from)) / all}%` }}
        />
        {edge(0, from)}
        {edge(1, to)}
      </div>
    </div>
  );
}
