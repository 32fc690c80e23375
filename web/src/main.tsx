// main.tsx -- who is here? then the page for the path.
import { signal } from '@preact/signals';
import { render, type ComponentChildren } from 'preact';
import { useEffect, useErrorBoundary, useRef } from 'preact/hooks';
import { Redirect, Route, Router, Switch, useLocation } from 'wouter-preact';
import { api, ApiError, hasSession, session, type Project, type User } from './api';
import { forget, useTitle } from './data';
import { Issue } from './pages/issue';
import { Issues } from './pages/issues';
import { Login } from './pages/login';
import { Releases } from './pages/releases';
import { me, part, projects, useQuery, useWhere } from './state';
import './theme.css';
import { Questions } from './ui/dialog';
import { applyTheme, Frame } from './ui/frame';
import { fetchRest, later } from './ui/later';
import { Link } from './ui/link';
import { Empty, Problem } from './ui/small';
import { Toasts } from './ui/toast';

// what is not needed for daily triage comes after it
const Trace = later(() => import('./pages/trace').then((m) => m.Trace));
const Traces = later(() => import('./pages/traces').then((m) => m.Traces));
const Services = later(() => import('./pages/services').then((m) => m.Services));
const Service = later(() => import('./pages/service').then((m) => m.Service));
const Logs = later(() => import('./pages/logs').then((m) => m.Logs));
const Welcome = later(() => import('./pages/welcome').then((m) => m.Welcome));
const Release = later(() => import('./pages/release').then((m) => m.Release));
const Server = later(() => import('./pages/server').then((m) => m.Server));
const Settings = later(() => import('./pages/settings').then((m) => m.Settings));

const trouble = signal<ApiError | null>(null);
const ended = signal(false); // a session, before whoever had it left

async function whoIsHere() {
  trouble.value = null;
  if (!hasSession()) {
    me.value = null; // nobody; no need to ask
    return;
  }
  try {
    const [user, list] = await Promise.all([
      api.get<User>('/users/me/'),
      api.get<Project[]>('/projects/', { per_page: 100 }),
    ]);
    projects.value = list;
    me.value = user;
    ended.value = false;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401 || error.status === 403) me.value = null;
    else trouble.value = error;
  }
}

session.lost = () => {
  forget();
  ended.value = me.value !== null;
  me.value = null;
};

/** Two traces by their ids: the left one's page, beside the right one. */
function ToComparison() {
  const { query } = useQuery();
  const [left, right] = [query.get('left'), query.get('right')];
  return <Redirect to={left ? `/traces/${left}${right ? `?compare=${right}` : ''}` : '/traces'} />;
}

function NoPage() {
  useTitle('No such page');
  return (
    <main>
      <Empty title="There is no such page" page>
        <Link class="button" href="/issues">
          Go to the issues
        </Link>
      </Empty>
    </main>
  );
}

function Pages() {
  useEffect(fetchRest, []);
  const events = projects.value.some((p) => p.firstEvent);
  const spans = projects.value.some((p) => p.firstTransactionEvent);
  const home = events || projects.value.length === 0 ? '/issues' : spans ? '/traces' : '/welcome';
  return (
    <Switch>
      <Route path="/">
        <Redirect to={home} />
      </Route>
      <Route path="/welcome" component={Welcome} />
      <Route path="/issues" component={Issues} />
      <Route path="/issues/:issue/events/:event">
        {(p) => <Issue key={p.issue} issue={p.issue} event={p.event} />}
      </Route>
      <Route path="/issues/:issue">{(p) => <Issue key={p.issue} issue={p.issue} event="latest" />}</Route>
      {/* as Sentry's tools print them: permalinks, links to traces, where sentry-cli finds a token */}
      <Route path="/organizations/:org/issues/:issue">{(p) => <Redirect to={`/issues/${p.issue}`} />}</Route>
      <Route path="/organizations/:org/issues/:issue/events/:event">
        {(p) => <Redirect to={`/issues/${p.issue}/events/${p.event}`} />}
      </Route>
      <Route path="/organizations/:org/releases/:version">{(p) => <Redirect to={`/releases/${p.version}`} />}</Route>
      <Route path="/organizations/:org/issues">
        <Redirect to={`/issues${location.search}`} />
      </Route>
      <Route path="/organizations/:org/explore/:list">
        {(p) => <Redirect to={`/${p.list === 'logs' ? 'logs' : 'traces'}${location.search}`} />}
      </Route>
      <Route path="/organizations/:org/*/trace/:trace">{(p) => <Redirect to={`/traces/${p.trace}`} />}</Route>
      <Route path="/orgredirect/*">
        <Redirect to="/settings/account" />
      </Route>
      <Route path="/releases" component={Releases} />
      <Route path="/releases/:version">{(p) => <Release key={p.version} version={part(p.version)} />}</Route>
      <Route path="/traces" component={Traces} />
      <Route path="/traces/compare" component={ToComparison} />
      <Route path="/services" component={Services} />
      <Route path="/services/:service">{(p) => <Service key={p.service} service={part(p.service)} />}</Route>
      <Route path="/logs" component={Logs} />
      <Route path="/traces/:trace">{(p) => <Trace key={p.trace} trace={p.trace} />}</Route>
      <Route path="/server" component={Server} />
      <Route path="/settings/*?" component={Settings} />
      <Route component={NoPage} />
    </Switch>
  );
}

/** A page that breaks says so, and leaves the way to the others open. */
function Guarded({ children }: { children: ComponentChildren }) {
  const [path] = useLocation();
  const broken = useRef('');
  const [problem] = useErrorBoundary((error) => {
    console.error(error);
    broken.current = path;
  });
  if (!problem || broken.current !== path) return <>{children}</>;
  const words = `This page cannot be shown: ${problem.message ?? problem}. Nothing was changed.`;
  return (
    <main class="content">
      <Problem error={new ApiError(0, words)} retry={() => location.reload()} />
    </main>
  );
}

function App() {
  useEffect(() => void whoIsHere(), []);
  if (trouble.value)
    return (
      <main class="content">
        <Problem error={trouble.value} retry={whoIsHere} />
      </main>
    );
  if (me.value === undefined) return null;
  return (
    <>
      {me.value === null ? (
        <Login ended={ended.value} done={whoIsHere} />
      ) : (
        <Frame>
          <Guarded>
            <Pages />
          </Guarded>
        </Frame>
      )}
      <Questions />
      <Toasts />
    </>
  );
}

applyTheme('system');
render(
  <Router hook={useWhere}>
    <App />
  </Router>,
  document.getElementById('app')!,
);
