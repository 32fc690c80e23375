// toast.tsx -- short words about what just happened. Errors stay until they are clicked away.
import { signal } from '@preact/signals';

interface Said {
  id: number;
  text: string;
  kind: 'note' | 'error';
}
const said = signal<Said[]>([]);
let last = 0;

const drop = (id: number) => (said.value = said.value.filter((s) => s.id !== id));

export function toast(text: string, kind: 'note' | 'error' = 'note') {
  const id = ++last;
  said.value = [...said.value.slice(-3), { id, text, kind }];
  if (kind === 'note') setTimeout(() => drop(id), 4000);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {said.value.map((s) => (
        <button
          key={s.id}
          type="button"
          class={s.kind === 'error' ? 'toast error' : 'toast'}
          title="Dismiss"
          onClick={() => drop(s.id)}
        >
          {s.text}
        </button>
      ))}
    </div>
  );
}
