// shapes.ts -- services, their rates and latencies, who calls whom: as the server tells them.

export interface Figures {
  calls: number;
  errors: number;
  p50Us: number;
  p95Us: number;
  p99Us: number;
  perSecond: number;
}
export interface Service extends Figures {
  name: string;
  project: string | null;
  firstSeen: number | null; // milliseconds since 1970
  lastSeen: number | null;
  series: number[]; // calls in each interval
  errorSeries: number[];
  interval: number; // seconds
}
export interface Operation extends Figures {
  name: string;
  kind: string;
  entry: boolean; // a unit of work of the service starts with it
  totalUs: number;
  project: string | null;
}
/** Rate, errors, duration over time; null where nothing was called. */
export interface Red {
  interval: number; // seconds
  start: number; // milliseconds since 1970
  calls: number[];
  errors: number[];
  p50Us: (number | null)[];
  p95Us: (number | null)[];
  p99Us: (number | null)[];
  releases: { version: string; first: number }[];
}
export type EdgeKind = 'call' | 'message' | 'database' | 'external' | 'user';
export interface GraphNode {
  name: string;
  kind: string;
  calls: number;
  errors: number;
  p95Us: number;
}
export interface GraphEdge {
  from: string;
  to: string;
  kind: EdgeKind;
  calls: number;
  errors: number;
  totalUs: number;
}
export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/** "3.4/s", "12/min", "2/h": in the unit that leaves a digit before the point. */
export function rate(perSecond: number): string {
  const in_ = (n: number, unit: string) => `${n < 9.95 ? Number(n.toFixed(1)) : Math.round(n)}/${unit}`;
  if (perSecond >= 1000) return `${(perSecond / 1000).toFixed(1)}k/s`;
  if (perSecond >= 1) return in_(perSecond, 's');
  if (perSecond >= 1 / 60) return in_(perSecond * 60, 'min');
  if (perSecond >= 1 / 3600) return in_(perSecond * 3600, 'h');
  return in_(perSecond * 86_400, 'd');
}
