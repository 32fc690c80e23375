// rules.tsx -- fingerprint and stack trace rules of a project, with a tester: what would the newest event do?
import { useState } from 'preact/hooks';
import { mayWrite } from '../state';

export function Rules({ fingerprint, stack, save }: {
  base: string; fingerprint: string; stack: string; save: (what: string, body: { fingerprintingRules?: string; groupingEnhancements?: string }) => Promise<boolean>;
}) {
  return (
    <>
      <Text label="Fingerprint rules" before={fingerprint} example={'error.type:DatabaseUnavailable -> system-down\nmessage:"connection reset*" -> {{ default }}, {{ transaction }}'} save={(fingerprintingRules) => save('Fingerprint rules saved', { fingerprintingRules })} />
      <Text label="Stack trace rules" before={stack} example={'stack.module:app.helpers.* -app\nfamily:javascript stack.abs_path:**/vendor/** -group'} save={(groupingEnhancements) => save('Stack trace rules saved', { groupingEnhancements })} />
    </>
  );
}

function Text({ label, before, example, save }: { label: string; before: string; example: string; save: (text: string) => Promise<boolean> }) {
  const [text, setText] = useState(before);
  return (
    <form onSubmit={(e) => { e.preventDefault(); save(text); }}>
      <label class="row" style={{ alignItems: 'start' }}>{label}
        <span style={{ display: 'grid', gap: 6, justifyItems: 'start' }}>
          <textarea class="field" rows={Math.max(4, Math.min(16, text.split('\n').length + 1))} placeholder={example} value={text} onInput={(e) => setText(e.currentTarget.value)} disabled={!mayWrite()} spellcheck={false} />
          <button class="button small" disabled={text === before || !mayWrite()}>Check and save</button>
        </span>
      </label>
    </form>
  );
}
