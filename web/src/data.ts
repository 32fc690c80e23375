// data.ts -- reading from the API in components: old data stays until new data is there.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, ApiError, type Page, type Params } from './api';

export interface Loaded<T> {
  data: T | null;       // stays while newer data is on its way
  error: ApiError | null;
  slow: boolean;        // under way for more than 300 ms: dim what is shown
  reload: () => void;
}

function useLoaded<T>(key: string | null, load: (signal: AbortSignal) => Promise<T>, everyMs = 0): Loaded<T> {
  const [state, setState] = useState<{ key: string | null; data: T | null; error: ApiError | null; slow: boolean }>({ key: null, data: null, error: null, slow: false });
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    if (key === null) return;
    const stop = new AbortController();
    const late = setTimeout(() => setState((s) => ({ ...s, slow: true })), 300);
    const read = async () => {
      try {
        const data = await latest.current(stop.signal);
        setState({ key, data, error: null, slow: false });
      } catch (error) {
        if (!stop.signal.aborted) setState((s) => ({ ...s, error: error instanceof ApiError ? error : new ApiError(0, String(error)), slow: false }));
      } finally {
        clearTimeout(late);
      }
    };
    read();
    const timer = everyMs ? setInterval(() => document.hidden || read(), everyMs) : 0;
    return () => {
      stop.abort();
      clearTimeout(late);
      clearInterval(timer);
    };
  }, [key, turn]);
  return { data: state.data, error: state.error, slow: state.slow, reload: () => setTurn((n) => n + 1) };
}

/** GET a JSON document; path null: nothing is asked. everyMs: again while the page is visible. */
export function useGet<T>(path: string | null, params?: Params, everyMs = 0): Loaded<T> {
  const key = path === null ? null : path + JSON.stringify(params ?? {});
  return useLoaded<T>(key, (signal) => api.get<T>(path!, params, signal), everyMs);
}

/** GET one page of a list, with its cursors. */
export function usePage<T>(path: string | null, params?: Params, everyMs = 0): Loaded<Page<T>> {
  const key = path === null ? null : path + JSON.stringify(params ?? {});
  return useLoaded<Page<T>>(key, (signal) => api.page<T>(path!, params, signal), everyMs);
}

/** A preference of this browser. */
export function usePreference<T>(name: string, initial: T): [T, (value: T) => void] {
  const key = 'quern.' + name;
  const [value, setValue] = useState<T>(() => {
    try {
      const kept = localStorage.getItem(key);
      return kept === null ? initial : (JSON.parse(kept) as T);
    } catch {
      return initial;
    }
  });
  return [value, (next) => {
    setValue(next);
    try {
      localStorage.setItem(key, JSON.stringify(next));
    } catch { /* private windows keep nothing; the page works all the same */ }
  }];
}
