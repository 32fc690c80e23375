// frame.tsx -- what stands around every page: the bar on the left, at the bottom on a phone.
import {
  Activity,
  Bug,
  ChartGantt,
  ChevronsLeft,
  ChevronsRight,
  Gauge,
  Network,
  Package,
  ScrollText,
  Settings,
  UserRound,
} from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { api } from '../api';
import { usePreference } from '../data';
import { me, useHref } from '../state';
import { change } from './change';
import './controls.css';
import './frame.css';
import { Link } from './link';
import { Menu } from './menu';

const places = [
  { path: '/issues', label: 'Issues', icon: Bug },
  { path: '/traces', label: 'Traces', icon: ChartGantt },
  { path: '/services', label: 'Services', icon: Network },
  { path: '/logs', label: 'Logs', icon: ScrollText },
  { path: '/releases', label: 'Releases', icon: Package },
  { path: '/server', label: 'Server', icon: Gauge },
  { path: '/settings', label: 'Settings', icon: Settings },
];

const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

export function applyTheme(theme: Theme) {
  const dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  const name = dark ? 'dark' : 'light';
  if (document.documentElement.dataset.theme === name) return;
  document.documentElement.dataset.theme = name;
  dispatchEvent(new Event('themechange')); // charts are drawn, not styled
}

function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = usePreference<Theme>('theme', 'system');
  useEffect(() => {
    applyTheme(theme);
    const media = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => applyTheme(theme);
    media.addEventListener('change', follow);
    return () => media.removeEventListener('change', follow);
  }, [theme]);
  return [theme, setTheme];
}

export function Frame({ children }: { children: ComponentChildren }) {
  const [pinned, pin] = usePreference('sidebar.pinned', false);
  const [theme, setTheme] = useTheme();
  const [path, go] = useLocation();
  const href = useHref();
  const label = pinned ? 'label' : 'only-read';
  const leave = async () => {
    if (!(await change('Logged out', () => api.send('POST', '/auth/logout/')))) return;
    me.value = null;
    go('/');
  };
  const account = () => [
    ...themes.map((t) => ({ label: `Theme: ${t}`, checked: t === theme, pick: () => setTheme(t) })),
    { label: 'Account and tokens', pick: () => go('/settings/account') },
    { label: `Log out ${me.value?.email ?? ''}`, pick: leave },
  ];
  return (
    <div class={`frame ${pinned ? 'pinned' : ''}`}>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <nav class="sidebar" aria-label="Main">
        <Link class="brand" href={href('/issues')} title="quern">
          <Activity size={20} aria-hidden="true" />
          <span class={label}>quern</span>
        </Link>
        {places.map((p) => (
          <Link
            key={p.path}
            href={href(p.path)}
            title={p.label}
            aria-current={path.startsWith(p.path) ? 'page' : undefined}
          >
            <p.icon size={20} aria-hidden="true" />
            <span class={label}>{p.label}</span>
          </Link>
        ))}
        <span class="gap" />
        <button
          type="button"
          class="pin"
          onClick={() => pin(!pinned)}
          title={pinned ? 'Narrow bar' : 'Bar with labels'}
        >
          {pinned ? <ChevronsLeft size={20} aria-hidden="true" /> : <ChevronsRight size={20} aria-hidden="true" />}
          <span class={label}>{pinned ? 'Narrow bar' : 'Bar with labels'}</span>
        </button>
        <Menu
          kind="plain"
          title={me.value?.email ?? 'Account'}
          label={
            <>
              <UserRound size={20} aria-hidden="true" />
              <span class={label}>Account</span>
            </>
          }
          choices={account}
        />
      </nav>
      <div class="page" id="content" tabIndex={-1}>
        {children}
      </div>
    </div>
  );
}
