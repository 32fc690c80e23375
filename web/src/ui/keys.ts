// keys.ts -- single keys that do something on a page, except while something is typed or a dialog is open.
import { useEffect, useRef, useState } from 'preact/hooks';

export const typing = (e: KeyboardEvent) =>
  /^(INPUT|TEXTAREA|SELECT)$/.test((e.target as HTMLElement).tagName) &&
  !['checkbox', 'radio', 'button'].includes((e.target as HTMLInputElement).type);

export function useKeys(map: Record<string, () => unknown>) {
  const latest = useRef(map);
  latest.current = map;
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      const target = e.target as HTMLElement;
      if (e.metaKey || e.ctrlKey || e.altKey || typing(e) || document.querySelector('dialog[open]')) return;
      if (target.closest('[role="menu"]')) return;
      if ((e.key === 'Enter' || e.key === ' ') && target.closest('a, button, input, summary')) return;
      const action = latest.current[e.key];
      if (!action) return;
      e.preventDefault();
      action();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}

/** The row of a list that keys act on; -1: none, as when another thing is `asked`. Who comes back from what a row opened
 * finds it there again: leave() writes it down. */
export function useRowAt(ids: string[], asked: string) {
  const [state, set] = useState(() => ({ asked, at: ids.indexOf(history.state?.opened) }));
  const at = state.asked === asked ? state.at : -1;
  return {
    at,
    setAt: (place: number) => set({ asked, at: Math.max(0, Math.min(ids.length - 1, place)) }),
    leave: () => history.replaceState({ opened: ids[at] }, ''),
  };
}

const REST_MS = 100;

/** A row that keys stay at for a moment may be opened: what that wants is asked for. */
export function useRest(here: boolean, ahead: () => void) {
  useEffect(() => {
    if (!here) return;
    const rest = setTimeout(ahead, REST_MS);
    return () => clearTimeout(rest);
  }, [here]);
}
