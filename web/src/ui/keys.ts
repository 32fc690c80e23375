// keys.ts -- single keys that do something on a page, except while something is typed or a dialog is open.
import { useEffect, useRef } from 'preact/hooks';

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
