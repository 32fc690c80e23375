// later.tsx -- a part of the application that comes when it is asked for, or before, while nothing else is to be done.
import type { FunctionComponent } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

const waiting: (() => Promise<void>)[] = [];

export function later<P extends object>(load: () => Promise<FunctionComponent<P>>): FunctionComponent<P> {
  let Part: FunctionComponent<P> | null = null;
  let coming: Promise<void> | null = null;
  const take = (part: FunctionComponent<P>) => void (Part = part);
  const fail = (problem: unknown) => {
    coming = null; // whoever needs it tries again
    throw problem;
  };
  const fetch = () => (coming ??= load().then(take, fail));
  waiting.push(fetch);
  return (props: P) => {
    const [state, set] = useState<{ problem?: unknown }>({});
    useLayoutEffect(() => {
      if (!Part)
        fetch().then(
          () => set({}),
          (problem) => set({ problem }),
        );
    }, []);
    if (state.problem) throw state.problem;
    return Part ? <Part {...props} /> : <div class="content" aria-busy="true" />;
  };
}

const AFTER_MS = 1000; // what the first page shows comes first

/** Fetch all parts, one in each pause. */
export function fetchRest() {
  const idle = window.requestIdleCallback ?? setTimeout; // Safari has none
  const next = () => {
    waiting
      .shift()?.()
      .catch(() => {});
    if (waiting.length) idle(next);
  };
  setTimeout(() => idle(next), AFTER_MS);
}
