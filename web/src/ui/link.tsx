// link.tsx -- a link within the application, followed without loading. It does not watch where we are, as a
// router's link does: a list has a hundred of them.
import type { ComponentProps } from 'preact';
import { navigate } from 'wouter-preact/use-browser-location';

/** Go to another page, which begins at its top; `state` is what it finds in the history. */
export function visit(href: string, state?: unknown) {
  navigate(href, { state });
  scrollTo(0, 0);
}

type Props = Omit<ComponentProps<'a'>, 'href' | 'onClick'> & {
  href: string;
  ahead?: () => void; // asks for what the page there begins with: when the button goes down, a tenth of a second early
};

export function Link({ ahead, ...props }: Props) {
  const follow = (e: MouseEvent) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || e.button !== 0 || e.defaultPrevented) return;
    e.preventDefault();
    ahead?.();
    visit((e.currentTarget as HTMLAnchorElement).getAttribute('href')!);
  };
  return <a {...props} onClick={follow} onPointerDown={ahead} onFocus={ahead} />;
}
