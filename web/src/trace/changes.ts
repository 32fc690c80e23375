// changes.ts -- the places of two traces, depth first, and which of them differ.
import type { Summary } from './summary';

export interface Side {
  spans: number;
  errors: number;
  totalUs: number;
  selfUs: number;
}
export interface Change {
  service: string;
  name: string;
  depth: number;
  parent: number | null; // a row before this one; none: null or -1
  left: Side | null;
  right: Side | null;
}
export interface Comparison {
  left: Summary;
  right: Summary;
  rows: Change[];
  cut?: boolean; // there are more places than are sent
}
export type Measure = 'totalUs' | 'selfUs';

export const difference = (c: Change, of: Measure) => (c.right?.[of] ?? 0) - (c.left?.[of] ?? 0);

/** No two runs take as long; a tenth more or less, and a millisecond, is a difference. */
function differs(c: Change, of: Measure): boolean {
  if (!c.left || !c.right || c.left.spans !== c.right.spans || c.left.errors !== c.right.errors) return true;
  const by = Math.abs(difference(c, of));
  return by >= 1000 && by > 0.1 * Math.max(c.left[of], c.right[of]);
}

export function changesOf(rows: Change[]) {
  const count = rows.length;
  const end = new Int32Array(count);
  for (let i = count - 1; i >= 0; i--) {
    end[i] = Math.max(end[i], i + 1);
    const parent = rows[i].parent;
    if (parent !== null && parent >= 0) end[parent] = Math.max(end[parent], end[i]);
  }
  return {
    count,
    end, // the row after its subtree
    differs: (row: number, of: Measure) => differs(rows[row], of),
    /** What differs, and what that is in; null: everything. */
    keep(of: Measure | null): boolean[] {
      if (of === null) return rows.map(() => true);
      const kept = rows.map((c) => differs(c, of));
      for (let i = count - 1; i >= 0; i--) {
        const parent = rows[i].parent;
        if (kept[i] && parent !== null && parent >= 0) kept[parent] = true;
      }
      return kept;
    },
    deeperThan(depth: number): Set<number> {
      const out = new Set<number>();
      rows.forEach((c, i) => c.depth >= depth && end[i] > i + 1 && out.add(i));
      return out;
    },
  };
}
