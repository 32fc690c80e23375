// server.tsx -- how the server is: what it takes in and how fast it commits, sampled while one looks;
// its processes and their memory; what it keeps; and where the events are that one misses.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useGet, useTitle } from '../data';
import { brief, bytes, dateTime, duration, exact, percent } from '../format';
import { Chart, type Line } from '../ui/chart';
import { Age, Figures, Missing } from '../ui/small';
import { Table } from '../ui/table';
import { TopBar } from '../ui/topbar';
import { Outcomes } from './outcomes';
import './server.css';

const SAMPLE_MS = 2000;
const SAMPLES = 150; // five minutes

interface Process {
  role: string;
  slot: number;
  pid: number;
  generation: number;
  state: string;
  started: string;
  restarts: number;
  memoryPssKiB: number | null;
  memoryRssKiB: number | null;
  ringLagBytes?: number;
  ringBytes?: number;
}
export interface Status {
  version: string;
  now: string;
  started: string;
  generation: number;
  processes: Process[];
  memoryPssKiB: number;
  ringLagBytes: number;
  commits: {
    meanMicroseconds: number;
    meanRecords: number;
    lastMicroseconds: number;
    maxMicroseconds: number;
    fsyncLastMicroseconds: number;
  };
  storage: {
    segments: number;
    segmentBytes: number;
    catalogueBytes: number;
    freeBytes: number;
    diskFull: boolean;
    oldestEvent: string | null;
    retentionDays: number; // 0: no such limit
    retentionBytes: number;
    minFreeBytes: number;
  };
  index: { slots: number; used: number; claims: number; load: number };
  counters: Record<string, number>;
}

export function Server() {
  const status = useGet<Status>('/quern/status/', undefined, SAMPLE_MS);
  const samples = useSamples(status.data);
  useTitle('Server');
  const s = status.data;
  return (
    <>
      <TopBar period="24h" />
      <main class="content server">
        <div class="page-head">
          <h1>Server</h1>
          {s && (
            <span class="quiet">
              quern {s.version}, up for <Age at={s.started} />, generation {s.generation}
            </span>
          )}
        </div>
        <Missing of={status} />
        {s?.storage.diskFull && (
          <p class="note error" role="alert">
            The disk is full: nothing is taken in until there is room again. Lower the retention, or add space.
          </p>
        )}
        {s && (
          <>
            <Now s={s} now={samples[samples.length - 1]} />
            <Live samples={samples} />
            <Processes of={s.processes} />
            <Storage s={s} />
          </>
        )}
        <Outcomes />
      </main>
    </>
  );
}

/* ---- samples ---- */

interface Sample {
  at: number; // seconds
  events: number; // per second, since the sample before
  spans: number;
  logs: number;
  requests: number;
  commits: number;
  bytes: number;
  commit: number | null; // mean of the commits since, in milliseconds
  fsync: number;
  lag: number;
  memory: number;
}

function sampleOf(s: Status, before: Status): Sample | null {
  const seconds = (Date.parse(s.now) - Date.parse(before.now)) / 1000;
  if (seconds <= 0) return null;
  const more = (name: string) => Math.max(0, s.counters[name] - before.counters[name]); // 0 after a restart
  const commits = more('commits');
  return {
    at: Date.parse(s.now) / 1000,
    events: more('events_stored') / seconds,
    spans: more('spans_stored') / seconds,
    logs: more('logs_stored') / seconds,
    requests: more('requests') / seconds,
    bytes: more('bytes_in') / seconds,
    commits: commits / seconds,
    commit: commits ? more('commit_us') / commits / 1000 : null,
    fsync: s.commits.fsyncLastMicroseconds / 1000,
    lag: s.ringLagBytes,
    memory: s.memoryPssKiB * 1024,
  };
}

function useSamples(s: Status | null): Sample[] {
  const before = useRef<Status | null>(null);
  const [samples, setSamples] = useState<Sample[]>([]);
  useEffect(() => {
    if (!s || s.now === before.current?.now) return;
    const sample = before.current && sampleOf(s, before.current);
    before.current = s;
    if (sample) setSamples((all) => [...all.slice(1 - SAMPLES), sample]);
  }, [s]);
  return samples;
}

/* ---- parts ---- */

function Now({ s, now }: { s: Status; now: Sample | undefined }) {
  const figures: [string, string, string][] = [
    ['Events per second', now ? brief(Math.round(now.events)) : '–', 'stored, in the last two seconds'],
    ['Spans per second', now ? brief(Math.round(now.spans)) : '–', 'stored, in the last two seconds'],
    ['Logs per second', now ? brief(Math.round(now.logs)) : '–', 'stored, in the last two seconds'],
    ['Requests per second', now ? brief(Math.round(now.requests)) : '–', 'answered, in the last two seconds'],
    [
      'Mean commit',
      duration(s.commits.meanMicroseconds / 1000),
      `of ${s.commits.meanRecords.toFixed(1)} records; longest ${duration(s.commits.maxMicroseconds / 1000)}`,
    ],
    ['Waiting in rings', bytes(s.ringLagBytes), 'taken in, not yet committed'],
    ['Memory', bytes(s.memoryPssKiB * 1024), 'of all processes, shared pages counted once'],
    ['On disk', bytes(s.storage.segmentBytes + s.storage.catalogueBytes), `${bytes(s.storage.freeBytes)} free`],
  ];
  return <Figures of={figures} />;
}

function Live({ samples }: { samples: Sample[] }) {
  const times = useMemo(() => samples.map((s) => s.at), [samples]);
  const to = times[times.length - 1] ?? Math.floor(Date.now() / 1000);
  const range = { from: Math.min(times[0] ?? to, to - 60), to };
  const line = (label: string, colour: string, of: (s: Sample) => number | null): Line => ({
    label,
    colour: `var(--${colour})`,
    values: samples.map(of),
  });
  const lines = useMemo(
    () => ({
      rates: [
        line('events', 'service-0', (s) => s.events),
        line('requests', 'service-1', (s) => s.requests),
        line('spans', 'service-2', (s) => s.spans),
        line('log records', 'service-3', (s) => s.logs),
      ],
      commits: [line('commit', 'service-0', (s) => s.commit), line('last fsync', 'service-1', (s) => s.fsync)],
      lag: [line('waiting', 'service-0', (s) => s.lag)],
      memory: [line('memory', 'service-0', (s) => s.memory)],
    }),
    [samples],
  );
  const rate = (n: number) => brief(n < 10 ? Number(n.toFixed(1)) : Math.round(n));
  return (
    <section class="charts" aria-label="The last five minutes">
      <Chart title="Per second" times={times} lines={lines.rates} show={rate} {...range} />
      <Chart title="Time of a commit" times={times} lines={lines.commits} show={duration} {...range} />
      <Chart title="Bytes waiting in the rings" times={times} lines={lines.lag} show={bytes} binary {...range} />
      <Chart title="Memory of all processes" times={times} lines={lines.memory} show={bytes} binary {...range} />
    </section>
  );
}

function Processes({ of }: { of: Process[] }) {
  const kib = (n: number | null) => (n === null ? '–' : bytes(n * 1024));
  return (
    <section>
      <h2>Processes</h2>
      <Table
        label="Processes"
        columns={[
          { label: 'Process' },
          { label: 'Pid', kind: 'number' },
          { label: 'State' },
          { label: 'Up for' },
          { label: 'Generation', kind: 'number' },
          { label: 'Restarts', kind: 'number' },
          { label: 'Memory (PSS)', kind: 'number' },
          { label: 'Memory (RSS)', kind: 'number' },
          { label: 'Ring' },
        ]}
        rows={of.map((p) => ({
          key: `${p.role}/${p.slot}`,
          cells: [
            p.role === 'worker' ? `worker ${p.slot}` : p.role,
            p.pid,
            p.state,
            <Age at={p.started} />,
            p.generation,
            p.restarts,
            kib(p.memoryPssKiB),
            kib(p.memoryRssKiB),
            p.ringBytes ? <Fill part={p.ringLagBytes ?? 0} of={p.ringBytes} /> : '–',
          ],
        }))}
      />
    </section>
  );
}

function Fill({ part, of }: { part: number; of: number }) {
  const words = `${bytes(part)} of ${bytes(of)}`;
  return (
    <span class="fill">
      <progress value={part} max={of} aria-label={words} />
      <span class="small">{words}</span>
    </span>
  );
}

function Storage({ s }: { s: Status }) {
  const { storage, index } = s;
  const rows: [string, string][] = [
    ['Segments', `${exact(storage.segments)}, ${bytes(storage.segmentBytes)}`],
    ['Catalogue', bytes(storage.catalogueBytes)],
    ['Free on the disk', bytes(storage.freeBytes)],
    ['Oldest event taken in', storage.oldestEvent ? dateTime(storage.oldestEvent) : 'none'],
    ['Fingerprint index', `${exact(index.used)} of ${exact(index.slots)} slots, ${percent(index.used, index.slots)}`],
    ['Events stored so far', exact(s.counters.events_stored)],
    ['Spans stored so far', exact(s.counters.spans_stored)],
    ['Log records stored so far', exact(s.counters.logs_stored)],
    ['Sent twice, counted once', exact(s.counters.events_duplicate)],
    ['Refused because a ring was full', exact(s.counters.ring_full)],
  ];
  return (
    <section>
      <h2>Storage</h2>
      <dl class="pairs">{rows.map(([k, v]) => [<dt key={k}>{k}</dt>, <dd key={v}>{v}</dd>])}</dl>
    </section>
  );
}
