// main.tsx -- who is here? then the page for the path.
import { render } from 'preact';
import { lazy, Suspense } from 'preact/compat';
import { useEffect } from 'preact/hooks';
import { Redirect, Route, Switch } from 'wouter-preact';
import { api, ApiError, type Project, type User } from './api';
import { Login } from './pages/login';
import { Issues } from './pages/issues';
import { Issue } from './pages/issue';
import { me, projects } from './state';
import './theme.css';
import { applyTheme, Frame } from './ui/frame';
import { Empty } from './ui/small';
import { Toasts } from './ui/toast';

// what is not needed for daily triage comes when it is asked for
const Welcome = lazy(() => import('./pages/welcome').then((m) => m.Welcome));
const Releases = lazy(() => import('./pages/releases').then((m) => m.Releases));
const Release = lazy(() => import('./pages/release').then((m) => m.Release));
const Settings = lazy(() => import('./pages/settings').then((m) => m.Settings));

async function whoIsHere() {
  try {
    me.value = await api.get<User>('/users/me/');
    projects.value = await api.get<Project[]>('/projects/');
  } catch (error) {
    me.value = null;
    if (!(error instanceof ApiError && (error.status === 401 || error.status === 403))) throw error;
  }
}

function App() {
  useEffect(() => void whoIsHere(), []);
  if (me.value === undefined) return null;
  if (me.value === null) return <><Login done={whoIsHere} /><Toasts /></>;
  const waiting = projects.value.length > 0 && projects.value.every((p) => !p.firstEvent);
  return (
    <Frame>
      <Suspense fallback={<div class="content" aria-busy="true" />}>
        <Switch>
          <Route path="/">{waiting ? <Redirect to="/welcome" /> : <Redirect to="/issues" />}</Route>
          <Route path="/welcome" component={Welcome} />
          <Route path="/issues" component={Issues} />
          <Route path="/issues/:issue/events/:event">{(p) => <Issue issue={p.issue} event={p.event} />}</Route>
          <Route path="/issues/:issue">{(p) => <Issue issue={p.issue} event="latest" />}</Route>
          <Route path="/organizations/:org/issues/:issue">{(p) => <Redirect to={`/issues/${p.issue}`} />}</Route>
          <Route path="/releases" component={Releases} />
          <Route path="/releases/:version">{(p) => <Release version={decodeURIComponent(p.version)} />}</Route>
          <Route path="/settings/*?" component={Settings} />
          <Route><Empty title="There is no such page"><a class="button" href="/issues">Go to the issues</a></Empty></Route>
        </Switch>
      </Suspense>
      <Toasts />
    </Frame>
  );
}

applyTheme('system');
render(<App />, document.getElementById('app')!);
