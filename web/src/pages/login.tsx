// login.tsx -- e-mail and password; the server's own words when it says no.
import { useState } from 'preact/hooks';
import { api } from '../api';
import './login.css';

export function Login({ ended, done }: { ended: boolean; done: () => Promise<void> }) {
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (e: Event) => {
    e.preventDefault();
    const form = new FormData(e.currentTarget as HTMLFormElement);
    setBusy(true);
    try {
      await api.send('POST', '/auth/login/', { email: form.get('email'), password: form.get('password') });
      await done();
    } catch (error) {
      setWrong((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="login">
      <form onSubmit={submit}>
        <h1>quern</h1>
        {ended && !wrong && (
          <p class="note" role="status">
            Your session has ended. Log in to go on where you were.
          </p>
        )}
        <label>
          E-mail
          <input class="field" name="email" type="email" autocomplete="username" required autofocus />
        </label>
        <label>
          Password
          <input class="field" name="password" type="password" autocomplete="current-password" required />
        </label>
        {wrong && (
          <p class="note error" role="alert">
            {wrong}
          </p>
        )}
        <button class="button main" disabled={busy}>
          Log in
        </button>
        <p class="quiet small">
          The first login was printed when the server first started, and stands in <code>bootstrap.json</code> in its
          data folder.
        </p>
      </form>
    </main>
  );
}
