// outcomes.tsx -- where are my events? Everything that reached the server, and what SDKs say that they
// dropped, by what became of it and why.
import { useMemo } from 'preact/hooks';
import { useGet } from '../data';
import { brief, exact, percent } from '../format';
import { contextParams, org, useQuery } from '../state';
import { Chart } from '../ui/chart';
import { Empty, Problem } from '../ui/small';
import { Table } from '../ui/table';

interface Group {
  by: { outcome: string; category: string; reason: string };
  totals: Record<string, number>;
  series: Record<string, number[]>;
}
interface Stats {
  intervals: string[];
  groups: Group[];
}
const FIELD = 'sum(quantity)';

const words: Record<string, [string, string]> = {
  accepted: ['stored', 'They are here.'],
  duplicate: ['duplicate', 'Sent again by the SDK; stored once.'],
  filtered: ['filtered', 'An inbound filter of the project dropped them.'],
  rate_limited: ['limited', 'A limit of the key, the project or the server refused them; SDKs wait and drop.'],
  invalid: ['invalid', 'They could not be read; the reason says why.'],
  abuse: ['refused', 'More than any client should send.'],
  client_discard: ['dropped by the SDK', 'They never left the client: sampling, its own filters, or its queue.'],
  unprocessed: ['not processed', 'Of a kind that quern takes but does not show.'],
  unknown: ['unknown', 'Of a kind that quern does not know.'],
};
const wordOf = (outcome: string) => words[outcome]?.[0] ?? outcome.replace(/_/g, ' ');
const colours: Record<string, string> = {
  accepted: 'var(--service-2)',
  filtered: 'var(--service-4)',
  rate_limited: 'var(--service-1)',
  invalid: 'var(--service-6)',
  client_discard: 'var(--service-3)',
};

export function Outcomes() {
  const { query, set } = useQuery();
  const context = contextParams(query, '24h');
  const hours = ((): number => {
    const [, n, unit] = String(context.statsPeriod ?? '').match(/^(\d+)([hd])$/) ?? [];
    if (n) return Number(n) * (unit === 'd' ? 24 : 1);
    return (Date.parse(String(context.end)) - Date.parse(String(context.start))) / 3_600_000;
  })();
  const stats = useGet<Stats>(
    `/organizations/${org}/stats_v2/`,
    {
      ...context,
      environment: null,
      field: FIELD,
      groupBy: ['outcome', 'category', 'reason'],
      interval: hours > 14 * 24 ? '1d' : hours > 96 ? '6h' : '1h',
    },
    10_000,
  );
  const groups = stats.data?.groups ?? [];
  const [times, lines] = useMemo(() => {
    const sums = new Map<string, number[]>();
    for (const g of groups) {
      const have = sums.get(g.by.outcome) ?? new Array<number>(stats.data!.intervals.length).fill(0);
      g.series[FIELD].forEach((n, i) => (have[i] += n));
      sums.set(g.by.outcome, have);
    }
    return [
      (stats.data?.intervals ?? []).map((t) => Date.parse(t) / 1000),
      [...sums].map(([outcome, values]) => ({
        label: wordOf(outcome),
        colour: colours[outcome] ?? 'var(--service-11)',
        values,
      })),
    ];
  }, [stats.data]);
  const total = (g: Group) => g.totals[FIELD];
  const inCategory = (category: string) =>
    groups.filter((g) => g.by.category === category).reduce((sum, g) => sum + total(g), 0);
  const sorted = [...groups].sort((a, b) => a.by.category.localeCompare(b.by.category) || total(b) - total(a));
  const zoom = (from: number, to: number) =>
    set({
      start: new Date(from * 1000).toISOString(),
      end: new Date(to * 1000).toISOString(),
      statsPeriod: null,
    });
  return (
    <section aria-label="Where are my events">
      <h2>Where are my events?</h2>
      {stats.error && <Problem error={stats.error} retry={stats.reload} />}
      {stats.data && groups.length === 0 && (
        <Empty title="Nothing came in">
          <p>
            Nothing reached this server for this project in this time range, and no SDK reported that it dropped
            something.
          </p>
        </Empty>
      )}
      {groups.length > 0 && (
        <>
          <Chart title="Items by what became of them" times={times} lines={lines} show={brief} zoom={zoom} />
          <Table
            label="Outcomes"
            slow={stats.slow}
            columns={[
              { label: 'What' },
              { label: 'Fate' },
              { label: 'Reason' },
              { label: 'Number', kind: 'number' },
              { label: 'Share', kind: 'number' },
              { label: 'Meaning', kind: 'wide' },
            ]}
            rows={sorted.map((g) => ({
              key: Object.values(g.by).join(' '),
              cells: [
                g.by.category,
                wordOf(g.by.outcome),
                g.by.reason ? <code>{g.by.reason}</code> : '–',
                exact(total(g)),
                percent(total(g), inCategory(g.by.category)),
                <span class="quiet">{words[g.by.outcome]?.[1]}</span>,
              ],
            }))}
          />
        </>
      )}
    </section>
  );
}
