// form.tsx -- small forms for settings: each thing is saved by itself, at once.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { mayConfigure } from '../state';
import { Dialog } from './dialog';
import './form.css';

export function Part({ title, what, children }: { title: string; what?: string; children: ComponentChildren }) {
  return (
    <section class="part">
      <h2>{title}</h2>
      {what && <p class="quiet small">{what}</p>}
      {children}
    </section>
  );
}

export function Line({ label, value, save }: { label: string; value: string; save: (v: string) => void }) {
  const [text, setText] = useState(value);
  const submit = (e: Event) => {
    e.preventDefault();
    save(text);
  };
  return (
    <form onSubmit={submit}>
      <label class="row">
        {label}
        <span class="beside">
          <input
            class="field"
            value={text}
            onInput={(e) => setText(e.currentTarget.value)}
            disabled={!mayConfigure()}
          />
          {text !== value && mayConfigure() && <button class="button">Save</button>}
        </span>
      </label>
    </form>
  );
}

/** A list, one thing a line. */
export function Lines({ label, value, save }: { label: string; value: string[]; save: (v: string[]) => void }) {
  const before = value.join('\n');
  const list = (text: string) =>
    text
      .split('\n')
      .map((l) => l.trim())
      .filter(Boolean);
  return <Text label={label} before={before} rows={2} verb="Save" save={(text) => save(list(text))} />;
}

/** Several lines of text; the button appears when they differ from what is saved. */
export function Text({
  label,
  before,
  rows,
  verb,
  save,
  example,
  changed,
}: {
  label: string;
  before: string;
  rows: number;
  verb: string;
  save: (text: string) => void;
  example?: string;
  changed?: (text: string) => void;
}) {
  const [text, setText] = useState(before);
  const submit = (e: Event) => {
    e.preventDefault();
    save(text);
  };
  return (
    <form onSubmit={submit}>
      <label class="row top">
        {label}
        <span class="below">
          <textarea
            class="field"
            rows={Math.max(rows, Math.min(16, text.split('\n').length + 1))}
            placeholder={example}
            value={text}
            spellcheck={false}
            onInput={(e) => {
              setText(e.currentTarget.value);
              changed?.(e.currentTarget.value);
            }}
            disabled={!mayConfigure()}
          />
          {text !== before && mayConfigure() && <button class="button small">{verb}</button>}
        </span>
      </label>
    </form>
  );
}

export function Check({ label, value, save }: { label: string; value: boolean; save: (v: boolean) => void }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={value}
        disabled={!mayConfigure()}
        onChange={(e) => save(e.currentTarget.checked)}
      />{' '}
      {label}
    </label>
  );
}

export interface AskField {
  name: string;
  label: string;
  type?: string;
  required?: boolean;
  options?: string[];
  value?: string;
  hint?: string;
}

/** A button that opens a dialog with a few fields; closes when `done` says that it was done. */
export function Ask({
  label,
  verb = label,
  fields,
  done,
  small,
}: {
  label: string;
  verb?: string;
  fields: AskField[];
  done: (values: Record<string, string>) => Promise<boolean>;
  small?: boolean;
}) {
  const [open, setOpen] = useState(false);
  const submit = async (e: Event) => {
    e.preventDefault();
    const values = Object.fromEntries(new FormData(e.currentTarget as HTMLFormElement)) as Record<string, string>;
    if (await done(values)) setOpen(false);
  };
  return (
    <>
      <button type="button" class={`button ${small ? 'small' : ''}`} onClick={() => setOpen(true)}>
        {label}
      </button>
      {open && (
        <Dialog title={label} close={() => setOpen(false)}>
          <form onSubmit={submit}>
            {fields.map((f, i) => (
              <label key={f.name} class="row">
                {f.label}
                {f.options ? (
                  <select class="field" name={f.name} autofocus={i === 0}>
                    {f.options.map((o) => (
                      <option key={o} selected={o === f.value}>
                        {o}
                      </option>
                    ))}
                  </select>
                ) : (
                  <input
                    class="field"
                    name={f.name}
                    type={f.type ?? 'text'}
                    value={f.value}
                    required={f.required}
                    min={f.type === 'number' ? 0 : undefined}
                    minLength={f.type === 'password' ? 8 : undefined}
                    placeholder={f.hint}
                    autocomplete={f.type === 'password' ? 'new-password' : 'off'}
                    autofocus={i === 0}
                  />
                )}
              </label>
            ))}
            <div class="actions">
              <button type="button" class="button" onClick={() => setOpen(false)}>
                Cancel
              </button>
              <button class="button main">{verb}</button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}
