// small.tsx -- the little things every page uses: ages, counts, levels, copies, empty states, errors.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ApiError } from '../api';
import { age, brief, dateTime, exact } from '../format';
import { toast } from './toast';

/** "3 min", absolute on hover and in what is copied; moves on by itself. */
export function Age({ at, ago }: { at: string | number | null | undefined; ago?: boolean }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  if (!at) return <span class="quiet">–</span>;
  const text = age(at);
  return <time dateTime={new Date(at).toISOString()} title={dateTime(at)}>{text}{ago && text !== 'just now' ? ' ago' : ''}</time>;
}

export const Count = ({ n }: { n: number }) => <span class="mono" title={exact(n)}>{brief(n)}</span>;

export const LevelDot = ({ level }: { level: string }) => <span class="level" data-level={level}>{level}</span>;

export function Copy({ text, label = 'Copy' }: { text: string; label?: string }) {
  return (
    <button type="button" class="button small plain" onClick={async () => {
      try {
        await navigator.clipboard.writeText(text);
        toast('Copied');
      } catch {
        toast('The browser did not allow copying. Select the text instead.', 'error');
      }
    }}>{label}</button>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return <div class="empty"><h2>{title}</h2>{children}</div>;
}

export function Problem({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <div class="note error" role="alert">
      <p>{error.message}</p>
      {retry && <p style={{ marginTop: 8 }}><button type="button" class="button small" onClick={retry}>Try again</button></p>}
    </div>
  );
}

/** Key and value, values as they are; objects as JSON. */
export function Pairs({ of }: { of: [string, unknown][] }) {
  return (
    <dl class="pairs">
      {of.map(([key, value]) => [<dt key={key + ':k'}>{key}</dt>, <dd key={key + ':v'}>{shown(value)}</dd>])}
    </dl>
  );
}
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value);
}
