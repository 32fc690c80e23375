// link.tsx -- a link within the application, followed without loading. It does not watch where we are, as a
// router's link does: a list has a hundred of them.
import type { ComponentProps } from 'preact';
import { navigate } from 'wouter-preact/use-browser-location';

function follow(e: MouseEvent) {
  if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || e.button !== 0 || e.defaultPrevented) return;
  e.preventDefault();
  navigate((e.currentTarget as HTMLAnchorElement).getAttribute('href')!);
}

type Props = Omit<ComponentProps<'a'>, 'href' | 'onClick'> & { href: string };
export const Link = (props: Props) => <a {...props} onClick={follow} />;
