// table.ts -- a trace as columns, depth first: parents before children, a subtree is a run of rows. What
// the waterfall draws is found by index, without walking a tree of 100,000 objects.

export const ERROR = 1;
export const ORPHAN = 2; // its parent is not in the trace (yet)
export const CRITICAL = 4;
export const ENTRY = 8; // a unit of work in its service starts here
export const GUESSED = 16; // placed by its transaction, since its parent is not here
export const CUT = 32; // it was its own ancestor; the circle is opened here

/** As the server sends it; times in microseconds since the trace's start. */
export interface TraceDocument {
  traceId: string;
  start: number; // milliseconds since 1970
  durationUs: number;
  spans: number;
  cut: boolean; // there are more spans than are ever sent
  rowCount?: number; // what there is to send; more than `rows` when a part was asked for
  root?: number; // the row to show as the root; the first, when it is not said
  logCount?: number; // of the whole trace, those of no span that is here included
  duplicates?: number; // spans that came more than once; each is one row
  services: string[];
  names: string[];
  /** [span id, parent's row or -1, service, name, start, duration, self, flags] */
  rows: [string, number, number, number, number, number, number, number][];
  /** [row, from, to]: where the row held up the end of the trace */
  critical: [number, number, number][];
  errors: ErrorOnSpan[];
  logs: [number, number][]; // [row, how many]
}
export interface ErrorOnSpan {
  row: number; // -1: its span is not here
  eventId: string;
  issue: string;
  shortId?: string;
  title: string;
  level: string;
}

export interface Table extends Omit<TraceDocument, 'rows' | 'logs' | 'critical' | 'errors'> {
  count: number;
  whole: boolean; // every row that there is to send is here
  id: string[];
  parent: Int32Array;
  service: Uint16Array;
  name: Uint32Array;
  from: Float64Array;
  duration: Float64Array;
  self: Float64Array;
  flags: Uint8Array;
  depth: Uint32Array;
  end: Int32Array; // the row after its subtree
  errorsBefore: Int32Array; // erroneous rows before this one; one more entry than rows
  critical: Map<number, [number, number][]>;
  errors: Map<number, ErrorOnSpan[]>;
  logs: Map<number, number>;
  shared: Map<string, number[]>; // rows of ids that several spans have
}

function put<K, V>(map: Map<K, V[]>, key: K, value: V) {
  const have = map.get(key);
  if (have) have.push(value);
  else map.set(key, [value]);
}

function sharedIds(rows: TraceDocument['rows']): Map<string, number[]> {
  const shared = new Map<string, number[]>();
  if (new Set(rows.map((r) => r[0])).size === rows.length) return shared; // as nearly always
  const first = new Map<string, number>();
  rows.forEach(([id], row) => {
    const before = first.get(id);
    if (before === undefined) first.set(id, row);
    else if (shared.has(id)) shared.get(id)!.push(row);
    else shared.set(id, [before, row]);
  });
  return shared;
}

export function tableOf(d: TraceDocument): Table {
  const count = d.rows.length;
  const t: Table = {
    ...d,
    count,
    whole: (d.rowCount ?? count) <= count,
    id: new Array(count),
    parent: new Int32Array(count),
    service: new Uint16Array(count),
    name: new Uint32Array(count),
    from: new Float64Array(count),
    duration: new Float64Array(count),
    self: new Float64Array(count),
    flags: new Uint8Array(count),
    depth: new Uint32Array(count),
    end: new Int32Array(count),
    errorsBefore: new Int32Array(count + 1),
    critical: new Map(),
    errors: new Map(),
    logs: new Map(d.logs),
    shared: sharedIds(d.rows),
  };
  for (let i = 0; i < count; i++) {
    const [id, parent, service, name, from, duration, self, flags] = d.rows[i];
    t.id[i] = id;
    t.parent[i] = parent;
    t.service[i] = service;
    t.name[i] = name;
    t.from[i] = from;
    t.duration[i] = duration;
    t.self[i] = self;
    t.flags[i] = flags;
    t.depth[i] = parent < 0 ? 0 : t.depth[parent] + 1;
    t.end[i] = i + 1;
    t.errorsBefore[i + 1] = t.errorsBefore[i] + (flags & ERROR ? 1 : 0);
  }
  for (let i = count - 1; i >= 0; i--) {
    const parent = t.parent[i];
    if (parent >= 0 && t.end[parent] < t.end[i]) t.end[parent] = t.end[i];
  }
  for (const [row, from, to] of d.critical) put(t.critical, row, [from, to] as [number, number]);
  for (const e of d.errors) put(t.errors, e.row, e);
  return t;
}

export const nameOf = (t: Table, row: number) => t.names[t.name[row]];
export const serviceOf = (t: Table, row: number) => t.services[t.service[row]];
export const hasChildren = (t: Table, row: number) => t.end[row] > row + 1;
export const errorsBelow = (t: Table, row: number) => t.errorsBefore[t.end[row]] - t.errorsBefore[row + 1];

export const rootOf = (t: Table) => t.root ?? 0;

/** How many rows before this one have its id. */
export const nthOf = (t: Table, row: number) => Math.max(0, t.shared.get(t.id[row])?.indexOf(row) ?? 0);

/** The row of a span id, the nth of those that have it; -1: there is none. */
export function rowOf(t: Table, id: string | null, nth = 0): number {
  if (!id) return -1;
  const shared = t.shared.get(id);
  return shared ? (shared[nth] ?? shared[0]) : t.id.indexOf(id);
}

/** Rows that have one of these flags. */
export function flagged(t: Table, flags: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < t.count; i++) if (t.flags[i] & flags) out.push(i);
  return out;
}

/** The same rows in a newer table of the same trace. */
export function carried(from: Table, to: Table, rows: Iterable<number>): number[] {
  const where = new Map<string, number>();
  for (let i = to.count - 1; i >= 0; i--) where.set(to.id[i], i);
  const out: number[] = [];
  for (const row of rows) {
    const now = to.shared.has(from.id[row]) ? rowOf(to, from.id[row], nthOf(from, row)) : where.get(from.id[row]);
    if (now !== undefined && now >= 0) out.push(now);
  }
  return out;
}

const covered = new WeakMap<Table, Map<number, [number, number][]>>();

/** When children of a row ran, as shares of its duration; gaps too small to see are closed. */
export function childrenOf(t: Table, row: number): [number, number][] {
  let known = covered.get(t);
  if (!known) covered.set(t, (known = new Map()));
  const have = known.get(row);
  if (have) return have;
  const out: [number, number][] = [];
  const length = t.duration[row];
  if (length > 0) {
    for (let child = row + 1; child < t.end[row]; child = t.end[child]) {
      const from = Math.max(0, (t.from[child] - t.from[row]) / length);
      const to = Math.min(1, (t.from[child] + t.duration[child] - t.from[row]) / length);
      const last = out[out.length - 1];
      if (to <= from) continue;
      if (last && from <= last[1] + 0.01) last[1] = Math.max(last[1], to);
      else out.push([from, to]);
    }
  }
  known.set(row, out);
  return out;
}

/** The rows that are not inside of a folded one. */
export function unfolded(t: Table, folded: Set<number>): Int32Array {
  const rows = new Int32Array(t.count);
  let n = 0;
  for (let i = 0; i < t.count;) {
    rows[n++] = i;
    i = folded.has(i) ? t.end[i] : i + 1;
  }
  return rows.subarray(0, n);
}

/** The place of a row in a list of rows in order; where it would be, when it is not in it. */
export function placeOf(rows: ArrayLike<number>, row: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle] < row) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rows whose name, service or id has the text in it, or the title of an error on them. */
export function find(t: Table, text: string): number[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  const names = t.names.map((n) => n.toLowerCase().includes(wanted));
  const services = t.services.map((s) => s.toLowerCase().includes(wanted));
  const isId = /^[0-9a-f]{3,16}$/.test(wanted);
  const titled = (row: number) => t.errors.get(row)?.some((e) => e.title.toLowerCase().includes(wanted)) ?? false;
  const some = t.errors.size > 0;
  const found: number[] = [];
  for (let i = 0; i < t.count; i++)
    if (names[t.name[i]] || services[t.service[i]] || (isId && t.id[i].includes(wanted)) || (some && titled(i)))
      found.push(i);
  return found;
}
