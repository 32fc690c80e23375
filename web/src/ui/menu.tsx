// menu.tsx -- a button that opens a list of choices: arrows move, Escape and clicks outside close.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

export interface Choice { label: ComponentChildren; pick: () => void; checked?: boolean }

export function Menu({ label, choices, right, kind = '', title, disabled }: {
  label: ComponentChildren; choices: Choice[] | (() => Choice[]); right?: boolean; kind?: string; title?: string; disabled?: boolean;
}) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!open) return;
    const away = (e: Event) => { if (!root.current?.contains(e.target as Node)) setOpen(false); };
    document.addEventListener('mousedown', away);
    root.current?.querySelector<HTMLElement>('[role^="menuitem"]')?.focus();
    return () => document.removeEventListener('mousedown', away);
  }, [open]);

  const keys = (e: KeyboardEvent) => {
    if (!open) return;
    const items = [...root.current!.querySelectorAll<HTMLElement>('[role^="menuitem"]')];
    const at = items.indexOf(document.activeElement as HTMLElement);
    if (e.key === 'Escape') {
      setOpen(false);
      root.current!.querySelector('button')!.focus();
    } else if (e.key === 'ArrowDown') items[(at + 1) % items.length]?.focus();
    else if (e.key === 'ArrowUp') items[(at - 1 + items.length) % items.length]?.focus();
    else return;
    e.preventDefault();
    e.stopPropagation();
  };

  return (
    <div class="menu" ref={root} onKeyDown={keys}>
      <button type="button" class={`button ${kind}`} aria-haspopup="menu" aria-expanded={open} title={title} disabled={disabled} onClick={() => setOpen(!open)}>{label}</button>
      {open && (
        <div class={`menu-list ${right ? 'right' : ''}`} role="menu">
          {(typeof choices === 'function' ? choices() : choices).map((c, i) => (
            <button key={i} type="button" role={c.checked === undefined ? 'menuitem' : 'menuitemradio'} aria-checked={c.checked} onClick={() => { setOpen(false); c.pick(); }}>{c.label}</button>
          ))}
        </div>
      )}
    </div>
  );
}
