// loglist.ts -- log records as a list that grows at both ends: older ones when one comes to the end, new ones
// while one listens.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { api, ApiError, type Params } from '../api';
import { org } from '../state';
import type { LogLine } from '../ui/loglines';

export interface LogRecord extends LogLine {
  severity: string; // as it was sent
  severityNumber: number;
  project: string | null;
  release: string | null;
  environment: string | null;
  scope: string | null;
  eventName: string | null;
  attributes: [string, unknown][];
  resource: [string, unknown][];
}

const PER_PAGE = 100;
const KEPT_MAX = 20_000; // rows; the oldest go first while one listens
const LISTEN_MS = 1000;
const path = `/organizations/${org}/logs/`;

interface Rows {
  key: string; // of the question that they answer
  rows: LogRecord[];
  next: string | null;
  tail: string | null;
}
const none: Rows = { key: '', rows: [], next: null, tail: null };

/** Newest first; a record that came on two pages is there once. */
function merged(fresh: LogRecord[], have: LogRecord[]): LogRecord[] {
  const known = new Set(have.map((r) => r.id));
  const more = fresh.filter((r) => !known.has(r.id));
  if (more.length === 0) return have;
  more.sort((a, b) => b.timestamp - a.timestamp);
  if (have.length === 0 || more[more.length - 1].timestamp >= have[0].timestamp) return [...more, ...have];
  return [...more, ...have].sort((a, b) => b.timestamp - a.timestamp);
}

export function useLogs(params: Params, live: boolean) {
  const key = JSON.stringify(params);
  const [state, setState] = useState<Rows>(none);
  const [error, setError] = useState<ApiError | null>(null);
  const [slow, setSlow] = useState(false);
  const [turn, setTurn] = useState(0);
  const asking = useRef(false); // for older ones
  const tail = useRef<string | null>(null);
  const failed = (cause: unknown) => setError(cause instanceof ApiError ? cause : new ApiError(0, String(cause)));

  useEffect(() => {
    const stop = new AbortController();
    const late = setTimeout(() => setSlow(true), 300);
    asking.current = false;
    tail.current = null;
    const read = async () => {
      try {
        const page = await api.page<LogRecord[]>(path, { ...params, per_page: PER_PAGE }, stop.signal);
        if (stop.signal.aborted) return;
        tail.current = page.tail;
        setState({ key, rows: page.rows, next: page.next, tail: page.tail });
        setError(null);
      } catch (cause) {
        if (!stop.signal.aborted) failed(cause);
      }
      clearTimeout(late);
      setSlow(false);
    };
    read();
    return () => {
      stop.abort();
      clearTimeout(late);
    };
  }, [key, turn]);

  const more = useCallback(async () => {
    if (asking.current || !state.next || state.key !== key) return;
    asking.current = true;
    try {
      const page = await api.page<LogRecord[]>(path, { ...params, per_page: PER_PAGE, cursor: state.next });
      setState((s) => {
        if (s.key !== key) return s;
        const known = new Set(s.rows.map((r) => r.id));
        return { ...s, rows: [...s.rows, ...page.rows.filter((r) => !known.has(r.id))], next: page.next };
      });
    } catch (cause) {
      failed(cause);
    }
    asking.current = false;
  }, [key, state]);

  useEffect(() => {
    if (!live || state.key !== key || !state.tail) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const listen = async () => {
      if (!document.hidden) {
        try {
          const page = await api.page<LogRecord[]>(
            path,
            { ...params, per_page: PER_PAGE, after: tail.current },
            stop.signal,
          );
          if (stop.signal.aborted) return;
          tail.current = page.tail ?? tail.current;
          setError(null);
          if (page.rows.length)
            setState((s) => (s.key === key ? { ...s, rows: merged(page.rows, s.rows).slice(0, KEPT_MAX) } : s));
        } catch (cause) {
          if (stop.signal.aborted) return;
          failed(cause);
        }
      }
      timer = setTimeout(listen, LISTEN_MS);
    };
    listen();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [live, key, state.key, state.tail]);

  return {
    rows: state.rows,
    loaded: state.key === key,
    next: state.next,
    error,
    slow,
    more,
    reload: () => setTurn((n) => n + 1),
  };
}
