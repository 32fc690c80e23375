// dialog.tsx -- the browser's own modal dialog: focus stays inside, Escape closes. And the two questions
// that need no page of their own: "are you sure?" and "which name?".
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const root = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => root.current!.showModal(), []);
  return (
    <dialog class="dialog" ref={root} aria-labelledby={id} onClose={close}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

interface Question {
  title: string;
  text?: string;
  verb: string;
  danger?: boolean;
  field?: { label: string; value: string };
  answer: (value: string | null) => void;
}
const asked = signal<Question | null>(null);

const ask = (question: Omit<Question, 'answer'>) =>
  new Promise<string | null>((answer) => {
    asked.value = { ...question, answer };
  });

/** True when the verb was chosen. */
export const sure = async (title: string, text: string, verb: string) =>
  (await ask({ title, text, verb, danger: true })) !== null;

/** What was typed; null when it was given up. */
export const askText = (title: string, label: string, value: string, verb: string) =>
  ask({ title, verb, field: { label, value } });

/** Where such questions appear; once on the page. */
export function Questions() {
  const q = asked.value;
  if (!q) return null;
  const done = (value: string | null) => {
    asked.value = null;
    q.answer(value);
  };
  const submit = (e: SubmitEvent) => {
    e.preventDefault();
    const value = String(new FormData(e.currentTarget as HTMLFormElement).get('value') ?? '');
    if (!q.field || value.trim()) done(value.trim());
  };
  return (
    <Dialog title={q.title} close={() => done(null)}>
      <form onSubmit={submit}>
        {q.text && <p>{q.text}</p>}
        {q.field && (
          <label class="row">
            {q.field.label}
            <input class="field" name="value" value={q.field.value} required autofocus autocomplete="off" />
          </label>
        )}
        <div class="actions">
          <button type="button" class="button" onClick={() => done(null)}>
            Cancel
          </button>
          <button class={`button ${q.danger ? 'danger' : 'main'}`} autofocus={!q.field}>
            {q.verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
