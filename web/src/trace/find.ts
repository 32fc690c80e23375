// find.ts -- find within a trace: names, services, errors and ids here at once; key:value, which needs the
// attributes of spans, by asking the server.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useGet } from '../data';
import { around, org } from '../state';
import { find, type Table } from './table';

const MOST = 100; // of those that the server finds
const PAUSE = 250; // in typing, before the server is asked

export interface Found {
  rows: number[];
  more: boolean; // the server knows more than it told
  problem: string | null;
}

export function useFind(t: Table, text: string): Found {
  const [asked, ask] = useState<string | null>(null);
  const wanted = /^!?[\w.[\]-]+:\S/.test(text) ? text.trim() : null;
  useEffect(() => {
    const timer = setTimeout(() => ask(wanted), PAUSE);
    return () => clearTimeout(timer);
  }, [wanted]);
  const answer = useGet<{ data: { id: string }[] }>(asked && `/organizations/${org}/events/`, {
    dataset: 'spans',
    field: 'id',
    query: `trace:${t.traceId} ${asked}`,
    per_page: MOST,
    ...around(t),
  });
  const ids = asked !== null && asked === wanted ? answer.data?.data : null;
  const rows = useMemo(() => {
    const here = find(t, text);
    if (!ids?.length) return here;
    const told = new Set(ids.map((row) => row.id));
    const all = new Set(here);
    for (let row = 0; row < t.count; row++) if (told.has(t.id[row])) all.add(row);
    return [...all].sort((a, b) => a - b);
  }, [t, text, ids]);
  const problem = asked === wanted && answer.error && rows.length === 0 ? answer.error.message : null;
  return { rows, more: ids?.length === MOST, problem };
}
