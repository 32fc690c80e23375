// rows.ts -- a long list of rows of one height, of which only those in sight are in the page. Below one of
// them something of its own height may be open.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

const MORE = 12; // rows above and below, so that scrolling shows no gaps
const ABOVE = 280; // pixels above the rows, about
const SETTLED = 200; // milliseconds until they are drawn: at first only what is seen

export interface Gap {
  place: number; // it is below this row; -1: nothing is open
  height: number;
}

export function useRows(count: number, rowHeight: number, gap: Gap) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [fit, setFit] = useState(() => Math.max(1, Math.floor((innerHeight - ABOVE) / rowHeight))); // rows
  const [more, setMore] = useState(1);

  useLayoutEffect(() => {
    const watch = new ResizeObserver(() => {
      const b = box.current;
      if (!b) return;
      setFit(Math.floor(b.clientHeight / rowHeight));
      // for what stands above the rows; a property, since nothing is to be drawn anew because of it
      b.parentElement!.style.setProperty('--gutter', `${b.offsetWidth - b.clientWidth}px`);
    });
    watch.observe(box.current!);
    watch.observe(box.current!.firstElementChild!); // its width changes when the scroll bar comes
    return () => watch.disconnect();
  }, [rowHeight]);

  useEffect(() => {
    const timer = setTimeout(() => setMore(MORE), SETTLED);
    return () => clearTimeout(timer);
  }, []);

  const open = gap.place >= 0;
  const yOf = (place: number) => place * rowHeight + (open && place > gap.place ? gap.height : 0);
  const placeAt = (y: number) => {
    if (!open || y <= (gap.place + 1) * rowHeight) return Math.floor(y / rowHeight);
    return Math.max(gap.place, Math.floor((y - gap.height) / rowHeight));
  };
  const places: number[] = [];
  const last = Math.min(count, placeAt(top + (fit + 1) * rowHeight) + more);
  for (let place = Math.max(0, placeAt(top) - more); place < last; place++) places.push(place);

  /** Scroll so that the row is in sight with what is open below it, as far as there is room. */
  const reveal = (place: number, below = 0) => {
    const b = box.current!;
    const y = yOf(place);
    const room = b.clientHeight;
    if (y < b.scrollTop) b.scrollTop = Math.max(0, y - rowHeight);
    else if (y > b.scrollTop + room) b.scrollTop = y - Math.floor(room / 3);
    const end = y + rowHeight + Math.min(below, room - 2 * rowHeight);
    if (end > b.scrollTop + room) b.scrollTop = end - room + (below ? 0 : rowHeight);
  };
  return {
    box,
    places,
    yOf,
    reveal,
    page: Math.max(1, fit - 1),
    total: count * rowHeight + (open ? gap.height : 0),
    onScroll: (e: { currentTarget: HTMLElement }) => {
      setTop(e.currentTarget.scrollTop);
      setMore(MORE);
    },
  };
}
