// filter.tsx -- the filter field: completes the last word, "/" puts the cursor here, Enter applies.
import { useEffect, useRef, useState } from 'preact/hooks';
import { typing } from './keys';

/** Completions of the word that is being typed; one that ends with ":" wants a value next. */
export interface Suggest {
  (word: string): Promise<string[]>;
}

export function Filter({
  value,
  change,
  suggest,
  placeholder,
}: {
  value: string;
  change: (text: string) => void;
  suggest?: Suggest;
  placeholder: string;
}) {
  const [text, setText] = useState(value);
  const [offers, setOffers] = useState<string[]>([]);
  const [at, setAt] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const turn = useRef(0);

  useEffect(() => setText(value), [value]);
  useEffect(() => {
    const slash = (e: KeyboardEvent) => {
      if (e.key !== '/' || typing(e) || e.metaKey || e.ctrlKey || document.querySelector('dialog[open]')) return;
      e.preventDefault();
      const room = text === '' || text.endsWith(' ') ? text : `${text} `; // what is typed now is another term
      setText(room);
      if (!input.current) return;
      input.current.value = room;
      input.current.focus();
      input.current.setSelectionRange(room.length, room.length);
    };
    document.addEventListener('keydown', slash);
    return () => document.removeEventListener('keydown', slash);
  }, [text]);

  const typed = async (next: string) => {
    const mine = ++turn.current; // an answer that comes after the next letter is not wanted any more
    setText(next);
    setAt(-1);
    const word = next.match(/(?:[^\s"]|"[^"]*"?)*$/)?.[0] ?? '';
    const found = suggest ? await suggest(word).catch(() => []) : [];
    if (mine === turn.current) setOffers(found.filter((o) => o !== word).slice(0, 12));
  };
  const close = () => {
    turn.current++;
    setOffers([]);
  };
  const apply = (next: string) => {
    close();
    change(next.trim());
  };
  const take = (offer: string) => {
    const next = text.replace(/(?:[^\s"]|"[^"]*"?)*$/, () => offer);
    input.current?.focus();
    if (offer.endsWith(':')) typed(next);
    else {
      setText(next + ' ');
      apply(next);
    }
  };
  const keys = (e: KeyboardEvent) => {
    if (e.key === 'ArrowDown' && offers.length) setAt((at + 1) % offers.length);
    else if (e.key === 'ArrowUp' && offers.length) setAt((at - 1 + offers.length) % offers.length);
    else if (e.key === 'ArrowDown') typed(text);
    else if (e.key === 'Tab' && offers.length && !e.shiftKey) take(offers[Math.max(at, 0)]);
    else if (e.key === 'Enter' && at >= 0 && offers[at]) take(offers[at]);
    else if (e.key === 'Enter') apply(text);
    else if (e.key === 'Escape' && offers.length) close();
    else if (e.key === 'Escape') input.current?.blur();
    else return;
    e.preventDefault();
  };
  return (
    <div class="filter menu">
      <input
        ref={input}
        class="field mono"
        type="search"
        role="combobox"
        aria-label="Filter"
        aria-expanded={offers.length > 0}
        aria-controls="filter-offers"
        aria-autocomplete="list"
        aria-activedescendant={at >= 0 ? `offer-${at}` : undefined}
        autocomplete="off"
        spellcheck={false}
        placeholder={placeholder}
        value={text}
        onInput={(e) => typed(e.currentTarget.value)}
        onKeyDown={keys}
        onBlur={close}
      />
      <div class="menu-list" role="listbox" id="filter-offers" aria-label="Completions" hidden={offers.length === 0}>
        {offers.map((offer, i) => (
          <div
            key={offer}
            id={`offer-${i}`}
            role="option"
            aria-selected={i === at}
            class="offer mono"
            onMouseDown={(e) => {
              e.preventDefault();
              take(offer);
            }}
          >
            {offer}
          </div>
        ))}
      </div>
    </div>
  );
}
