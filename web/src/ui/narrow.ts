// narrow.ts -- is this a phone? For lists whose rows are placed by number: there a row has two lines.
import { useEffect, useMemo, useState } from 'preact/hooks';

export function useNarrow(): boolean {
  const media = useMemo(() => matchMedia('(max-width: 720px)'), []);
  const [narrow, set] = useState(media.matches);
  useEffect(() => {
    const follow = () => set(media.matches);
    media.addEventListener('change', follow);
    return () => media.removeEventListener('change', follow);
  }, []);
  return narrow;
}
