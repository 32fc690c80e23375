// small.tsx -- the little things every page uses: ages, counts, levels, copies, empty states, errors.
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api';
import type { Loaded } from '../data';
import { age, brief, dateTime, exact, zone } from '../format';
import { toast } from './toast';

const now = signal(Date.now());
setInterval(() => document.hidden || (now.value = Date.now()), 15_000);

/** "3 min", absolute on hover and in what is copied; moves on by itself. */
export function Age({ at, ago }: { at: string | number | null | undefined; ago?: boolean }) {
  if (!at) return <span class="quiet">–</span>;
  const text = age(at, Math.max(now.value, Date.now()));
  return (
    <time dateTime={new Date(at).toISOString()} title={`${dateTime(at)} ${zone}`}>
      {text}
      {ago && text !== 'just now' && !text.startsWith('in ') ? ' ago' : ''}
    </time>
  );
}

export const Count = ({ n }: { n: number }) => (
  <span class="mono" title={exact(n)}>
    {brief(n)}
  </span>
);

/** The level's dot with its word; bare: the word is only read out. */
export const LevelDot = ({ level, bare }: { level: string; bare?: boolean }) => (
  <span class="level" data-level={level}>
    {bare ? <span class="only-read">{level}</span> : level}
  </span>
);

/** Pages without https have no clipboard of their own: select and copy as of old. */
async function copy(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  (document.querySelector('dialog[open]') ?? document.body).append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  if (!done) throw new Error('not allowed');
}

export async function copied(text: string): Promise<void> {
  try {
    await copy(text);
    toast('Copied');
  } catch {
    toast('The browser did not allow copying. Select the text instead.', 'error');
  }
}

export const Copy = ({ text, label = 'Copy', of }: { text: string; label?: string; of?: string }) => (
  <button type="button" class="button small plain" aria-label={of && `Copy ${of}`} onClick={() => copied(text)}>
    {label}
  </button>
);

/** `page`: there is nothing else on the page. */
export function Empty({ title, page, children }: { title: string; page?: boolean; children?: ComponentChildren }) {
  const Heading = page ? 'h1' : 'h2';
  return (
    <div class="empty">
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}

export function Problem({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <div class="note error" role="alert">
      <p>{error.message}</p>
      {retry && (
        <button type="button" class="button small" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Where data is not shown, or not the newest: why. Nothing is said of an answer that comes at once. */
export function Missing({ of }: { of: Loaded<unknown> }) {
  if (of.error) return <Problem error={of.error} retry={of.reload} />;
  if (of.data || !of.slow) return null;
  return (
    <p class="quiet" role="status">
      Reading …
    </p>
  );
}

/** Key and value; objects as JSON. */
export function Pairs({ of }: { of: [string, unknown][] }) {
  return (
    <dl class="pairs">
      {of.map(([key, value]) => [
        <dt key={key + ':k'}>{key}</dt>,
        <dd key={key + ':v'}>
          <Value of={value} />
        </dd>,
      ])}
    </dl>
  );
}

export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value);
}

/** A value; long ones, stack traces above all, open on demand. */
export function Value({ of }: { of: unknown }) {
  const flat = typeof of === 'object' ? JSON.stringify(of) : '';
  const text = flat && flat.length < 100 ? flat : shown(of);
  const lines = text.split('\n');
  if (text.length < 600 && lines.length < 9) return <>{text}</>;
  return (
    <details class="long-value">
      <summary>
        {(flat || lines[0]).slice(0, 200)}
        {lines.length > 1 ? ` … ${exact(lines.length)} lines` : ` … ${exact(text.length)} characters`}
      </summary>
      {text}
    </details>
  );
}

/** A row of large figures: what it is, how much, and more of it in small. */
export const Figures = ({ of }: { of: [string, string, string][] }) => (
  <dl class="figures-row">
    {of.map(([name, value, more]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>
          <strong class="mono">{value}</strong>
          <span class="quiet small">{more}</span>
        </dd>
      </div>
    ))}
  </dl>
);
