// data.ts -- reading from the API in components: old data stays until new data is there, and what was
// seen before is there at once when one comes back to it.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { api, ApiError, type Page, type Params } from './api';

export interface Loaded<T> {
  data: T | null; // stays while newer data is on its way
  error: ApiError | null;
  slow: boolean; // under way for more than 300 ms: dim what is shown
  reload: () => void;
}

const kept = new Map<string, unknown>(); // the newest answers, by what was asked
const KEPT_MAX = 60;

function keep(key: string, data: unknown) {
  kept.delete(key);
  kept.set(key, data);
  if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value!);
}

const ahead = new Map<string, Promise<unknown>>(); // asked for before somebody wants it

/** Ask now for what a page will want with useGet once it is there; it is drawn at once if the answer is faster. */
export function prefetch(path: string, params?: Params) {
  const key = keyOf('', path, params)!;
  if (kept.has(key) || ahead.has(key)) return;
  const promise = api.get(path, params);
  promise.then(
    (data) => keep(key, data),
    () => {}, // whoever wants it is told
  );
  ahead.set(key, promise);
  setTimeout(() => ahead.delete(key), 5000);
}

/** Another user must not see what this one saw. */
export const forget = () => kept.clear();

interface State<T> {
  data: T | null;
  error: ApiError | null;
  slow: boolean;
}

function useLoaded<T>(
  key: string | null,
  load: (signal: AbortSignal) => Promise<T>,
  everyMs = 0,
  now = true,
): Loaded<T> {
  const before = (key !== null && (kept.get(key) as T | undefined)) || null;
  const [state, setState] = useState<State<T>>({ data: before, error: null, slow: false });
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  // before what is drawn is painted: the question is under way a frame or two earlier
  useLayoutEffect(() => {
    if (key === null || !now) return;
    const stop = new AbortController();
    const take = (data: T) =>
      setState((s) => (s.data === data && !s.error && !s.slow ? s : { data, error: null, slow: false }));
    const known = kept.get(key) as T | undefined;
    if (known) take(known);
    const late = setTimeout(() => setState((s) => ({ ...s, slow: true })), 300);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      try {
        const asked = ahead.get(key) as Promise<T> | undefined;
        ahead.delete(key);
        const data = await (asked ?? latest.current(stop.signal));
        if (stop.signal.aborted) return;
        keep(key, data);
        take(data);
      } catch (cause) {
        if (stop.signal.aborted) return;
        const error = cause instanceof ApiError ? cause : new ApiError(0, String(cause));
        setState((s) => ({ ...s, error, slow: false }));
      }
      clearTimeout(late);
      if (everyMs && !stop.signal.aborted) timer = setTimeout(again, everyMs);
    };
    const again = () => (document.hidden ? (timer = setTimeout(again, everyMs)) : read());
    read();
    return () => {
      stop.abort();
      clearTimeout(late);
      clearTimeout(timer);
    };
  }, [key, turn, now]);
  return { ...state, reload: () => setTurn((n) => n + 1) };
}

const keyOf = (kind: string, path: string | null, params?: Params) =>
  path === null ? null : kind + path + JSON.stringify(params ?? {});

/** GET a JSON document; path null: nothing is asked. everyMs: again while the page is visible. */
export function useGet<T>(path: string | null, params?: Params, everyMs = 0): Loaded<T> {
  return useLoaded<T>(keyOf('', path, params), (signal) => api.get<T>(path!, params, signal), everyMs);
}

/** The same when nobody waits for it: asked once what is here is shown. */
export function useGetLater<T>(path: string | null, params?: Params, everyMs = 0): Loaded<T> {
  const key = keyOf('', path, params);
  const get = (signal: AbortSignal) => api.get<T>(path!, params, signal);
  return useLoaded<T>(key, get, everyMs, useShown(key)); // what led to the question is to be shown first
}

let waiting: (() => void)[] = [];

/** Once what is drawn now is on the screen: it is handed over in the next frame and gets there in the one after it, and
 * what is drawn and asked meanwhile holds it up where there are few cores. All that waits goes on together. */
function whenShown(go: () => void) {
  const all = () => {
    const now = waiting;
    waiting = [];
    for (const each of now) each();
  };
  if (waiting.push(go) === 1) requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(all)));
}

/** False until what is drawn first is on the screen; again when `of` is another thing. */
export function useShown(of?: unknown): boolean {
  const [shown, show] = useState<{ of: unknown } | null>(null);
  useEffect(() => {
    let here = true;
    whenShown(() => here && show({ of }));
    return () => void (here = false);
  }, [of]);
  return shown !== null && shown.of === of;
}

/** GET one page of a list, with its cursors. */
export function usePage<T>(path: string | null, params?: Params, everyMs = 0): Loaded<Page<T>> {
  return useLoaded<Page<T>>(keyOf('page ', path, params), (signal) => api.page<T>(path!, params, signal), everyMs);
}

/** The name of the page in the window's title and in the history. */
export function useTitle(title: string | null | undefined) {
  useEffect(() => {
    document.title = title ? `${title} – quern` : 'quern';
  }, [title]);
}

/** A preference of this browser. */
export function usePreference<T>(name: string, initial: T): [T, (value: T) => void] {
  const key = 'quern.' + name;
  const [value, setValue] = useState<T>(() => {
    try {
      const found = localStorage.getItem(key);
      return found === null ? initial : (JSON.parse(found) as T);
    } catch {
      return initial;
    }
  });
  return [
    value,
    (next) => {
      setValue(next);
      try {
        localStorage.setItem(key, JSON.stringify(next));
      } catch {
        /* private windows keep nothing; the page works all the same */
      }
    },
  ];
}
