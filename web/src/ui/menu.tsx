// menu.tsx -- a button that opens a list of choices: arrows and first letters move, Escape and clicks
// outside close.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

export interface Choice {
  label: string;
  pick: () => void;
  checked?: boolean;
}

export function Menu({
  label,
  choices,
  right,
  kind = '',
  title,
}: {
  label: ComponentChildren;
  choices: Choice[] | (() => Choice[]);
  right?: boolean;
  kind?: string;
  title?: string;
}) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const items = () => [...root.current!.querySelectorAll<HTMLElement>('[role^="menuitem"]')];

  useEffect(() => {
    if (!open) return;
    const away = (e: Event) => {
      if (!root.current?.contains(e.target as Node)) setOpen(false);
    };
    document.addEventListener('mousedown', away);
    document.addEventListener('focusin', away);
    (items().find((i) => i.getAttribute('aria-checked') === 'true') ?? items()[0])?.focus();
    return () => {
      document.removeEventListener('mousedown', away);
      document.removeEventListener('focusin', away);
    };
  }, [open]);

  const close = () => {
    setOpen(false);
    root.current!.querySelector('button')!.focus();
  };
  const keys = (e: KeyboardEvent) => {
    if (!open) return;
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const after = [...all.slice(at + 1), ...all.slice(0, at + 1)];
    if (e.key === 'Escape' || e.key === 'Tab') close();
    else if (e.key === 'ArrowDown') after[0]?.focus();
    else if (e.key === 'ArrowUp') all[(at - 1 + all.length) % all.length]?.focus();
    else if (e.key === 'Home') all[0]?.focus();
    else if (e.key === 'End') all[all.length - 1]?.focus();
    else if (/^\S$/.test(e.key))
      after.find((i) => i.textContent!.toLowerCase().startsWith(e.key.toLowerCase()))?.focus();
    else return;
    e.preventDefault();
    e.stopPropagation();
  };

  return (
    <div class="menu" ref={root} onKeyDown={keys}>
      <button
        type="button"
        class={`button ${kind}`}
        aria-haspopup="menu"
        aria-expanded={open}
        title={title}
        onClick={() => setOpen(!open)}
      >
        {typeof label === 'string' ? <span>{label}</span> : label}
      </button>
      {open && (
        <div class={`menu-list ${right ? 'right' : ''}`} role="menu" aria-label={title}>
          {(typeof choices === 'function' ? choices() : choices).map((c, i) => (
            <button
              key={i}
              type="button"
              role={c.checked === undefined ? 'menuitem' : 'menuitemradio'}
              aria-checked={c.checked}
              onClick={() => {
                close();
                c.pick();
              }}
            >
              {c.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
