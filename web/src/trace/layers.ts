// layers.ts -- places for the boxes of a graph of calls: callers left, callees right, few crossings.
// Circles are opened where a walk from the callers comes back to where it was.

export interface Edge {
  from: string;
  to: string;
}
export interface Place {
  layer: number;
  order: number; // within the layer, from 0
}

/** Edges that do not lead back to somebody on the way here. */
function forward<E extends Edge>(nodes: string[], edges: E[]): E[] {
  const out = new Map<string, E[]>(nodes.map((n) => [n, []]));
  for (const e of edges) if (e.from !== e.to) out.get(e.from)?.push(e);
  const state = new Map<string, 'open' | 'done'>();
  const kept: E[] = [];
  const called = new Set(edges.map((e) => e.to));
  const first = [...nodes].sort((a, b) => Number(called.has(a)) - Number(called.has(b)));
  for (const start of first) {
    if (state.has(start)) continue;
    const stack: { node: string; next: number }[] = [{ node: start, next: 0 }];
    state.set(start, 'open');
    while (stack.length) {
      const here = stack[stack.length - 1];
      const edge = out.get(here.node)![here.next++];
      if (!edge) {
        state.set(here.node, 'done');
        stack.pop();
      } else if (!out.has(edge.to) || state.get(edge.to) === 'open') continue;
      else {
        kept.push(edge);
        if (!state.has(edge.to)) {
          state.set(edge.to, 'open');
          stack.push({ node: edge.to, next: 0 });
        }
      }
    }
  }
  return kept;
}

/** The longest way from a caller decides the layer. */
function layersOf(nodes: string[], edges: Edge[]): Map<string, number> {
  const layer = new Map(nodes.map((n) => [n, 0]));
  const waits = new Map(nodes.map((n) => [n, 0]));
  for (const e of edges) waits.set(e.to, waits.get(e.to)! + 1);
  const ready = nodes.filter((n) => waits.get(n) === 0);
  for (const n of ready) {
    for (const e of edges) {
      if (e.from !== n) continue;
      layer.set(e.to, Math.max(layer.get(e.to)!, layer.get(n)! + 1));
      waits.set(e.to, waits.get(e.to)! - 1);
      if (waits.get(e.to) === 0) ready.push(e.to);
    }
  }
  return layer;
}

/** Places of the nodes, and between them those of the ways: an edge over several layers has a place in each,
 * so that its line goes around the boxes there. */
export interface Plan {
  rows: string[][]; // by layer; nodes, and the ways' places by their keys
  places: Map<string, Place>;
  ways: Map<string, string[]>; // by wayKey: the places on it
}
export const wayKey = (e: Edge) => `${e.from}\0${e.to}`;

export function layers(nodes: string[], edges: Edge[]): Plan {
  const layer = layersOf(nodes, forward(nodes, edges));
  const rows: string[][] = [];
  for (const n of nodes) (rows[layer.get(n)!] ??= []).push(n);
  const ways = new Map<string, string[]>();
  const steps: Edge[] = []; // from each layer to the next
  for (const e of forward(nodes, edges)) {
    const key = wayKey(e);
    if (ways.has(key)) continue;
    const way: string[] = [];
    for (let l = layer.get(e.from)! + 1; l < layer.get(e.to)!; l++) {
      const id = `${key}\0${l}`;
      way.push(id);
      rows[l].push(id);
    }
    ways.set(key, way);
    [e.from, ...way].forEach((from, i) => steps.push({ from, to: way[i] ?? e.to }));
  }
  const places = new Map<string, Place>();
  const number = () => rows.forEach((row, l) => row.forEach((n, i) => places.set(n, { layer: l, order: i })));
  number();
  // each goes to the middle of its neighbours, there and back a few times (Sugiyama)
  for (let sweep = 0; sweep < 8; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) {
      const middle = new Map(
        row.map((n) => {
          const near = steps.filter((e) => (down ? e.to : e.from) === n).map((e) => (down ? e.from : e.to));
          const sum = near.reduce((all, m) => {
            const { layer: l, order } = places.get(m)!;
            return all + (order + 0.5) / rows[l].length;
          }, 0);
          return [n, near.length ? sum / near.length : (places.get(n)!.order + 0.5) / row.length] as const;
        }),
      );
      row.sort((a, b) => middle.get(a)! - middle.get(b)!);
    }
    number();
  }
  return { rows, places, ways };
}
