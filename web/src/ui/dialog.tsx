// dialog.tsx -- the browser's own modal dialog: focus stays inside, Escape closes.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const root = useRef<HTMLDialogElement>(null);
  useEffect(() => root.current!.showModal(), []);
  return (
    <dialog class="dialog" ref={root} aria-label={title} onClose={close} onCancel={close}>
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}
