// frame.tsx -- what stands around every page: the bar on the left, and above the content the shared
// context: project, environment, time range, filter.
import { Activity, Bug, ChevronsLeft, ChevronsRight, Package, Settings, UserRound } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { api } from '../api';
import { useGet, usePreference } from '../data';
import { zone } from '../format';
import { me, org, projects, useHref, useQuery } from '../state';
import './controls.css';
import './frame.css';
import { Menu } from './menu';
import { toast } from './toast';

const places = [
  { path: '/issues', label: 'Issues', icon: Bug },
  { path: '/releases', label: 'Releases', icon: Package },
  { path: '/settings', label: 'Settings', icon: Settings },
];

export type Theme = 'system' | 'light' | 'dark';
export function applyTheme(theme: Theme) {
  const dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
}

export function Frame({ children }: { children: ComponentChildren }) {
  const [pinned, pin] = usePreference('sidebar.pinned', false);
  const [theme, setTheme] = usePreference<Theme>('theme', 'system');
  const [path, go] = useLocation();
  const href = useHref();
  useEffect(() => {
    applyTheme(theme);
    const media = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => applyTheme(theme);
    media.addEventListener('change', follow);
    return () => media.removeEventListener('change', follow);
  }, [theme]);
  const leave = async () => {
    await api.send('POST', '/auth/logout/').catch(() => null);
    me.value = null;
    go('/');
  };
  return (
    <div class={`frame ${pinned ? 'pinned' : ''}`}>
      <nav class="sidebar" aria-label="Main">
        <Link class="brand" href={href('/issues')} title="quern"><Activity size={20} aria-hidden="true" /><span class="label">quern</span><span class="only-read">quern</span></Link>
        {places.map((p) => (
          <Link key={p.path} href={href(p.path)} title={p.label} aria-current={path.startsWith(p.path) ? 'page' : undefined}>
            <p.icon size={20} aria-hidden="true" /><span class={pinned ? 'label' : 'only-read'}>{p.label}</span>
          </Link>
        ))}
        <span class="gap" />
        <button type="button" class="pin" onClick={() => pin(!pinned)} title={pinned ? 'Narrow bar' : 'Bar with labels'}>
          {pinned ? <ChevronsLeft size={20} aria-hidden="true" /> : <ChevronsRight size={20} aria-hidden="true" />}
          <span class={pinned ? 'label' : 'only-read'}>{pinned ? 'Narrow' : 'Bar with labels'}</span>
        </button>
        <Menu kind="plain" title={me.value?.email ?? 'Account'} label={<><UserRound size={20} aria-hidden="true" /><span class="only-read">Account</span></>} choices={() => [
          ...(['system', 'light', 'dark'] as Theme[]).map((t) => ({ label: `Theme: ${t}`, checked: t === theme, pick: () => setTheme(t) })),
          { label: 'Account and tokens', pick: () => go('/settings/account') },
          { label: `Log out ${me.value?.email ?? ''}`, pick: leave },
        ]} />
      </nav>
      <div style={{ minWidth: 0 }}>{children}</div>
    </div>
  );
}

export const periods: [string, string][] = [['1h', 'Last hour'], ['24h', 'Last 24 hours'], ['7d', 'Last 7 days'], ['14d', 'Last 14 days'], ['30d', 'Last 30 days'], ['90d', 'Last 90 days']];

/** The bar over a list: pages give the filter field they want. */
export function TopBar({ filter, extra, period = '14d' }: { filter?: ComponentChildren; extra?: ComponentChildren; period?: string }) {
  const { query, set } = useQuery();
  const project = projects.value.find((p) => p.id === query.get('project') || p.slug === query.get('project'));
  const environments = useGet<{ name: string }[]>(`/organizations/${org}/environments/`);
  const environment = query.get('environment') ?? '';
  const chosen = query.get('statsPeriod') ?? period;
  const custom = query.get('start') && query.get('end');
  const names = [...new Set((environments.data ?? []).map((e) => e.name))];
  return (
    <div class="topbar" role="region" aria-label="What is shown">
      <Menu label={project?.slug ?? 'All projects'} title="Project" choices={[
        { label: 'All projects', checked: !project, pick: () => set({ project: null }) },
        ...projects.value.map((p) => ({ label: p.slug, checked: p === project, pick: () => set({ project: p.id }) })),
      ]} />
      <Menu label={environment || 'All environments'} title="Environment" choices={[
        { label: 'All environments', checked: !environment, pick: () => set({ environment: null }) },
        ...names.map((name) => ({ label: name || '(none)', checked: name === environment, pick: () => set({ environment: name }) })),
      ]} />
      <Menu label={custom ? 'Chosen range' : periods.find(([p]) => p === chosen)?.[1] ?? chosen} title={`Time range; times in ${zone}`} choices={
        periods.map(([value, label]) => ({ label, checked: !custom && value === chosen, pick: () => set({ statsPeriod: value, start: null, end: null }) }))
      } />
      {filter}
      {extra}
    </div>
  );
}

export interface Suggest { (text: string): Promise<string[]> }

/** The filter field, with completion of the last word; "/" puts the cursor here. */
export function Filter({ value, change, suggest, placeholder }: { value: string; change: (text: string) => void; suggest?: Suggest; placeholder: string }) {
  const [text, setText] = useState(value);
  const [offers, setOffers] = useState<string[]>([]);
  const [at, setAt] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    const slash = (e: KeyboardEvent) => {
      if (e.key !== '/' || /^(INPUT|TEXTAREA|SELECT)$/.test((e.target as HTMLElement).tagName)) return;
      e.preventDefault();
      input.current?.focus();
    };
    document.addEventListener('keydown', slash);
    return () => document.removeEventListener('keydown', slash);
  }, []);
  const typed = async (next: string) => {
    setText(next);
    setAt(-1);
    const word = next.split(/\s+/).pop() ?? '';
    setOffers(suggest && word ? (await suggest(word).catch(() => [])).slice(0, 12) : []);
  };
  const take = (offer: string) => {
    const next = text.replace(/\S*$/, offer) + (offer.endsWith(':') ? '' : ' ');
    setText(next);
    setOffers([]);
    input.current?.focus();
    if (!offer.endsWith(':')) change(next.trim());
    else typed(next);
  };
  const keys = (e: KeyboardEvent) => {
    if (e.key === 'ArrowDown' && offers.length) setAt((at + 1) % offers.length);
    else if (e.key === 'ArrowUp' && offers.length) setAt((at - 1 + offers.length) % offers.length);
    else if (e.key === 'Enter') {
      if (at >= 0 && offers[at]) take(offers[at]);
      else {
        setOffers([]);
        change(text.trim());
      }
    } else if (e.key === 'Escape') {
      setOffers([]);
      input.current?.blur();
    } else return;
    e.preventDefault();
  };
  return (
    <div class="filter menu">
      <input ref={input} class="field mono" style={{ width: '100%' }} type="search" aria-label="Filter" placeholder={placeholder} value={text}
        role="combobox" aria-expanded={offers.length > 0} aria-controls="filter-offers" aria-autocomplete="list" autocomplete="off" spellcheck={false}
        onInput={(e) => typed(e.currentTarget.value)} onKeyDown={keys} onBlur={() => setTimeout(() => setOffers([]), 150)} />
      {offers.length > 0 && (
        <div class="menu-list" role="listbox" id="filter-offers" aria-label="Completions">
          {offers.map((offer, i) => <button key={offer} type="button" role="option" aria-selected={i === at} class="mono" style={i === at ? { background: 'var(--surface-hover)' } : {}} onMouseDown={(e) => { e.preventDefault(); take(offer); }}>{offer}</button>)}
        </div>
      )}
    </div>
  );
}

/** Run a change, say what happened; true when it was done. */
export async function change(what: string, run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    toast(what);
    return true;
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error), 'error');
    return false;
  }
}
